"""The Dockerfile: which steps, in which order, for which recipe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from truss_handle.runtimes.image.dockerfile import dockerfile
from truss_handle.runtimes.image.recipe import Recipe

PLAIN = Recipe(base_image="python:3.11-slim-bookworm")


def steps(recipe: Recipe) -> list[str]:
    return [line for line in dockerfile(recipe).splitlines() if line]


def position(recipe: Recipe, start: str) -> int:
    """Which step begins with `start`; exactly one does."""
    (found,) = [number for number, step in enumerate(steps(recipe)) if step.startswith(start)]
    return found


def test_starts_from_the_base_image_as_root() -> None:
    assert steps(PLAIN)[:2] == ["FROM python:3.11-slim-bookworm", "USER root"]


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        ("COPY ca/", "RUN apt-get"),
        ("RUN apt-get", "COPY setup/"),
        ("COPY setup/", "COPY requirements/"),
        ("COPY requirements/", "RUN /control/tools/bin/pip"),
        ("RUN /control/tools/bin/pip", "COPY truss/"),
        ("COPY truss/", "RUN echo built"),
        ("RUN echo built", "COPY bundle/"),
        ("COPY bundle/", "COPY config/config.yaml"),
        ("COPY config/config.yaml", 'ENTRYPOINT ["/control/.venv'),
    ],
)
def test_what_changes_less_comes_first(earlier: str, later: str) -> None:
    full = replace(
        PLAIN,
        ca_bundle=True,
        system_packages=("ffmpeg",),
        requirements_file="requirements.txt",
        build_commands=("echo built",),
    )
    assert position(full, earlier) < position(full, later)


def test_requirements_that_name_paths_find_the_truss_around_them() -> None:
    local = replace(PLAIN, whole_tree=True)
    installs = position(local, "RUN /control/tools/bin/pip")
    assert steps(local)[installs - 2 : installs] == [
        "COPY truss/ /control/source/",
        "WORKDIR /control/source",
    ]
    assert position(local, "COPY truss/ /truss/") > installs


def test_the_users_requirements_and_the_servers_are_resolved_together() -> None:
    recipe = replace(PLAIN, requirements_file="model/needs it.txt")
    step = steps(recipe)[position(recipe, "RUN /control/tools/bin/pip")]
    assert step.endswith(
        "-r /control/requirements/.config.txt"
        " -r 'model/needs it.txt'"
        " -r /control/requirements/.inference.txt"
    )


def test_names_of_system_packages_are_no_shell_text() -> None:
    recipe = replace(PLAIN, system_packages=("git", "libfoo=1.2; rm -rf /"))
    assert "--no-install-recommends git 'libfoo=1.2; rm -rf /' &&" in dockerfile(recipe)


def test_build_commands_of_several_lines_stay_one_step() -> None:
    recipe = replace(PLAIN, build_commands=("set -e\necho one\necho two",))
    assert 'RUN ["/bin/sh", "-c", "set -e\\necho one\\necho two"]' in steps(recipe)


def test_a_ca_bundle_holds_for_the_build_and_for_the_model() -> None:
    text = dockerfile(replace(PLAIN, ca_bundle=True))
    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE"):
        assert f"{name}=/etc/control-truss/ca-bundle.pem" in text
    assert "SSL_CERT_FILE" not in dockerfile(PLAIN)


def test_the_base_images_python_makes_the_environments_and_checks_its_version() -> None:
    recipe = replace(PLAIN, python="/opt/conda/bin/python", expected_version="3.12")
    assert (
        'RUN ["/opt/conda/bin/python", "/control/setup/make_environments.py",'
        ' "/control/setup/control.txt", "3.12"]'
    ) in steps(recipe)


def test_a_plain_truss_starts_the_models_server_alone() -> None:
    plain = replace(PLAIN, control=False)
    start = steps(plain)[-1]
    assert start.startswith('ENTRYPOINT ["/app/.venv/bin/python"')
    assert '"--plain"' in start
    assert "control.plane" not in start
    assert "COPY config/config.json /app/config.json" in steps(plain)


def test_neither_token_nor_secrets_are_in_the_image() -> None:
    copies = [step for step in steps(PLAIN) if step.startswith(("COPY", "ADD"))]
    assert not [step for step in copies if "token" in step or "secret" in step]
