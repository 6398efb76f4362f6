"""External packages on the local runtime: part of the first version, of patches and of restarts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handle.conftest import replace_in
from truss_handle import operations
from truss_handle.client import ServerClient

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from truss_handle.settings import Settings

MODEL = """\
from shared import hi


class Model:
    def predict(self, model_input):
        return hi.hi()
"""
FILES = {
    "../extlib/shared/__init__.py": "",
    "../extlib/shared/hi.py": "def hi():\n    return 'hi1'\n",
}


@pytest.mark.parametrize("base", [None, "python_version: py{python}\n"], ids=["control", "plain"])
async def test_the_first_version_has_them(
    home: Settings, make_truss: Callable[..., Path], base: str | None
) -> None:
    options = {} if base is None else {"base": base}
    config = "external_package_dirs:\n  - ../extlib\n"
    truss = make_truss(config=config, model=MODEL, files=FILES, **options)
    await operations.start(truss)
    assert (await operations.predict(truss, {})).body == "hi1"
    assert (await operations.status(truss)).in_sync


async def test_they_are_patched_and_outlive_a_restart(
    home: Settings, make_truss: Callable[..., Path]
) -> None:
    config = "external_package_dirs:\n  - ../extlib\n"
    truss = make_truss(config=config, model=MODEL, files=FILES)
    running = await operations.start(truss)
    replace_in(truss.parent / "extlib/shared/hi.py", "hi1", "hi2")
    assert (await operations.patch(truss)).changed
    assert (await operations.predict(truss, {})).body == "hi2"
    await ServerClient(running).restart_inference_server()
    assert (await operations.predict(truss, {})).body == "hi2"
    await operations.rebuild(truss)
    assert (await operations.predict(truss, {})).body == "hi2"
    assert (await operations.status(truss)).in_sync
