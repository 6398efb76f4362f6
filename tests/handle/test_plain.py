"""A Truss without a control plane: it runs and answers, and takes no patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_handle import operations
from truss_handle.exceptions import ModelLoadFailed, NotControlTruss
from truss_handle.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

PLAIN = "python_version: py{python}\n"
RAISES = """\
class Model:
    def load(self):
        1 / 0

    def predict(self, x):
        return x
"""


async def test_it_runs_and_refuses_patches_naming_the_key(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base=PLAIN)
    running = await operations.start(truss)
    assert not running.control
    assert (await operations.predict(truss, {"name": "x"})).body["says"] == "hello"
    with pytest.raises(NotControlTruss, match="`use_control_plane: true`") as caught:
        await operations.patch(truss)
    assert caught.value.key == "use_control_plane"
    status = await operations.status(truss)
    assert (status.state, status.control, status.in_sync) == ("ready", False, True)
    assert "ready" in "\n".join([line async for line in operations.logs(truss)])


async def test_what_runs_does_not_follow_the_files(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(
        base=PLAIN,
        model="class Model:\n    def predict(self, x):\n        import m\n        return m.x\n",
        files={"packages/m.py": "x = 'old'\n"},
    )
    first = await operations.start(truss)
    replace_in(truss / "packages" / "m.py", "old", "new")
    assert (await operations.predict(truss, {})).body == "old"
    status = await operations.status(truss)
    assert status.in_sync is None
    assert "control-truss up" in str(status.message)
    plan = await operations.plan(truss)
    assert (plan["strategy"], plan["upper_bound"], plan["reservation"]) == ("S4", False, "")
    assert "takes no patches" in plan["reasons"][0]["reason"]
    # Starting again starts it anew.
    second = await operations.start(truss)
    assert second.details["pid"] != first.details["pid"]
    assert (await operations.predict(truss, {})).body == "new"


async def test_a_load_that_fails_is_told_with_its_line_and_leaves_nothing(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base=PLAIN, model=RAISES)
    with pytest.raises(ModelLoadFailed, match=r"ZeroDivisionError: .* \(model/model\.py:3\)") as e:
        await operations.start(truss)
    assert e.value.model_error is not None
    assert Registry(home).folders() == []


async def test_what_cannot_load_replaces_nothing(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base=PLAIN)
    await operations.start(truss)
    replace_in(truss / "model" / "model.py", "def load(self)", "def load(self")
    with pytest.raises(ModelLoadFailed, match=r"model/model\.py:2:.*still answers") as caught:
        await operations.start(truss)
    assert "--rebuild" in caught.value.hint
    assert (await operations.predict(truss, {"name": "x"})).body["says"] == "hello"


async def test_it_becomes_a_control_truss_with_the_key(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    truss = make_truss(base=PLAIN)
    await operations.start(truss)
    with (truss / "config.yaml").open("a") as config:
        config.write("use_control_plane: true\n")
    with pytest.raises(NotControlTruss, match="started without") as caught:
        await operations.patch(truss)
    assert "it replaces the plain server" in caught.value.hint
    assert (await operations.start(truss)).control
    replace_in(truss / "model" / "model.py", "hello", "good day")
    assert (await operations.patch(truss)).changed


async def test_secrets_and_environment_variables_reach_it(
    home: Settings, make_truss: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRUSS_SECRET_token", "s3cret")
    monkeypatch.setenv("TRUSS_SECRET_undeclared", "other")
    model = """\
import os


class Model:
    def __init__(self, secrets):
        self._secrets = secrets

    def predict(self, x):
        return [self._secrets["token"], os.environ["WORD"], "TRUSS_SECRET_undeclared" in os.environ]
"""
    config = "secrets: {token: null}\nenvironment_variables: {WORD: one}\n"
    for name, base in [("plain", PLAIN), ("control", PLAIN + "use_control_plane: true\n")]:
        truss = make_truss(name, base=base, config=config, model=model)
        running = await operations.start(truss)
        assert (await operations.predict(truss, {})).body == ["s3cret", "one", False]
        record = (home.instances / running.id / "instance.json").read_text()
        assert "s3cret" not in record
