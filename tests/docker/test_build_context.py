"""The build context: exactly the Truss's files, always the same bytes, never a secret."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from truss_base.config import TrussConfig
from truss_base.hash import truss_hash
from truss_handle.runtimes.docker_container import private_files
from truss_handle.runtimes.image.context import write_context
from truss_handle.runtimes.image.recipe import Recipe
from truss_handle.runtimes.image.requirements import Requirements

Context = dict[str, tarfile.TarInfo]


@pytest.fixture
def truss(tmp_path: Path) -> Path:
    folder = tmp_path / "truss"
    (folder / "model").mkdir(parents=True)
    (folder / "config.yaml").write_text("use_control_plane: true\n")
    (folder / "model" / "model.py").write_text("class Model: ...\n")
    return folder


def written(truss: Path, *, control: bool = True) -> tuple[bytes, str]:
    stream = io.BytesIO()
    config = TrussConfig.from_yaml(truss / "config.yaml")
    recipe = Recipe("base", control=control)
    content_hash = write_context(stream, recipe, truss, config, Requirements(("numpy",)), None)
    return stream.getvalue(), content_hash


def members(truss: Path) -> Context:
    with tarfile.open(fileobj=io.BytesIO(written(truss)[0])) as tar:
        return {member.name: member for member in tar}


def below(context: Context, folder: str) -> set[str]:
    return {name.removeprefix(f"{folder}/") for name in context if name.startswith(f"{folder}/")}


def test_holds_what_the_dockerfile_copies(truss: Path) -> None:
    context = members(truss)
    assert below(context, "truss") == {"model/model.py"}
    assert below(context, "config") == {"config.yaml"}
    assert below(context, "requirements") == {".config.txt", ".inference.txt"}
    assert below(context, "setup") == {"control.txt", "make_environments.py"}
    assert {"control/plane/__main__.py", "truss_base/tree.py"} <= below(context, "bundle")


def test_says_which_version_of_the_truss_it_holds(truss: Path) -> None:
    assert written(truss)[1] == truss_hash(truss)


def test_ignored_files_stay_out(truss: Path) -> None:
    (truss / ".truss_ignore").write_text("*.bin\n")
    (truss / "weights.bin").write_bytes(b"big")
    (truss / ".git").mkdir()
    (truss / ".git" / "HEAD").write_text("ref")
    assert below(members(truss), "truss") == {"model/model.py", ".truss_ignore"}


def test_executable_files_and_links_stay_what_they_are(truss: Path) -> None:
    (truss / "run.sh").write_text("#!/bin/sh\n")
    (truss / "run.sh").chmod(0o700)
    (truss / "link").symlink_to("model/model.py")
    context = members(truss)
    assert context["truss/run.sh"].mode == 0o755
    assert context["truss/model/model.py"].mode == 0o644
    assert context["truss/link"].linkname == "model/model.py"


def test_external_packages_are_where_the_container_expects_them(truss: Path) -> None:
    shared = truss.parent / "shared" / "mine"
    shared.mkdir(parents=True)
    (shared / "__init__.py").touch()
    (truss / "config.yaml").write_text("external_package_dirs: [../shared]\n")
    assert "packages/mine/__init__.py" in below(members(truss), "truss")


def test_the_same_files_give_the_same_bytes_elsewhere_and_later(truss: Path) -> None:
    copy = shutil.copytree(truss, truss.parent / "copy")
    (copy / "model" / "model.py").touch()
    assert written(copy)[0] == written(truss)[0]


def test_a_plain_server_gets_the_complete_config(truss: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(written(truss, control=False)[0])) as tar:
        assert "config/config.json" in tar.getnames()


def test_token_and_secrets_are_for_root_alone() -> None:
    archive = private_files(b"token", {"api_key": b"value"})
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        modes = {member.name: (member.mode, member.uid) for member in tar}
    assert modes == {
        "control/token": (0o600, 0),
        "secrets": (0o700, 0),
        "secrets/api_key": (0o600, 0),
    }
