"""What decides how an image is built, from config, options and environment."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from truss_base.config import TrussConfig
from truss_handle.exceptions import ImageFailed
from truss_handle.runtimes.image.recipe import Recipe, make_recipe
from truss_handle.runtimes.image.requirements import Requirements, read_requirements
from truss_handle.values import StartOptions


def recipe_of(
    config: str, options: StartOptions | None = None, environ: dict[str, str] | None = None
) -> Recipe:
    return make_recipe(
        TrussConfig.from_text(dedent(config)),
        Requirements(),
        options or StartOptions(),
        environ or {},
        ca_bundle=False,
    )


@pytest.mark.parametrize(
    ("config", "options", "environ", "image"),
    [
        ("python_version: py312", {}, {}, "python:3.12-slim-bookworm"),
        ("python_version: py312", {}, {"CONTROL_TRUSS_BASE_IMAGE": "mine"}, "mine"),
        ("", {"base_image": "asked"}, {"CONTROL_TRUSS_BASE_IMAGE": "mine"}, "asked"),
        ("base_image: {image: own}", {"base_image": "asked"}, {}, "own"),
    ],
)
def test_the_base_image_is_the_trusss_own_before_any_other(
    config: str, options: dict[str, str], environ: dict[str, str], image: str
) -> None:
    assert (
        recipe_of(config, StartOptions(base_image=options.get("base_image")), environ).base_image
        == image
    )


def test_a_base_image_from_outside_has_to_have_the_right_python() -> None:
    outside = StartOptions(base_image="asked")
    assert recipe_of("python_version: py312", outside).expected_version == "3.12"
    lenient = StartOptions(base_image="asked", any_python=True)
    assert recipe_of("python_version: py312", lenient).expected_version == ""
    assert recipe_of("base_image: {image: own}").expected_version == ""


def test_the_python_of_the_trusss_own_image() -> None:
    config = "base_image: {image: own, python_executable_path: /opt/py/bin/python}"
    assert recipe_of(config).python == "/opt/py/bin/python"
    assert recipe_of("base_image: {image: own}").python == "python3"


def test_a_truss_with_a_server_of_its_own_is_refused_by_name() -> None:
    config = """
        docker_server:
          start_command: serve
          server_port: 8000
          predict_endpoint: /p
          readiness_endpoint: /r
          liveness_endpoint: /l
        """
    with pytest.raises(ImageFailed, match=r"^docker_server: ") as refused:
        recipe_of(config)
    assert "docker_server" in refused.value.hint


def requirements_of(folder: Path, config: str, **files: str) -> Requirements:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_txt", ".txt").replace("_toml", ".toml")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_requirements(folder, TrussConfig.from_text(dedent(config)))


def test_requirements_of_the_config(tmp_path: Path) -> None:
    found = requirements_of(tmp_path, "requirements: [numpy, torch==2.9]")
    assert found == Requirements(("numpy", "torch==2.9"))


def test_a_requirements_file_brings_the_files_that_it_includes(tmp_path: Path) -> None:
    found = requirements_of(
        tmp_path,
        "requirements_file: deps/main.txt",
        deps__main_txt="-r more.txt\n-c ../pins.txt\nnumpy\n",
        deps__more_txt="-r main.txt\n",
        pins_txt="numpy<3\n",
    )
    assert found.main == "deps/main.txt"
    assert {Path(name).name for name in found.files} == {"main.txt", "more.txt", "pins.txt"}


@pytest.mark.parametrize("line", ["./packages/mine", "-e .", "mine @ file:///x", "../mine"])
def test_requirements_that_name_paths_are_noticed(tmp_path: Path, line: str) -> None:
    config = "requirements_file: r.txt"
    assert requirements_of(tmp_path, config, r_txt=f"numpy\n{line}\n").local
    assert not requirements_of(tmp_path, config, r_txt="numpy\ngit+https://h/x.git\n").local


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("requirements_file: missing.txt", "missing.txt cannot be read"),
        ("requirements_file: ../outside.txt", "outside the Truss"),
        ("requirements_file: uv.lock", "the lock .* cannot be read"),
    ],
)
def test_a_requirements_file_that_cannot_be_used(tmp_path: Path, config: str, message: str) -> None:
    (tmp_path / "uv.lock").write_text("version = 1\n")
    with pytest.raises(ImageFailed, match=message):
        requirements_of(tmp_path, config)
