"""The text of a Dockerfile, as a pure function of a recipe.

The steps go from what changes least to what changes most: after an edit of the code only the last
copies run again, after an edit of the requirements only what follows them. Everything is plain
Dockerfile syntax: the engine's classic builder is what every engine has.
"""

from __future__ import annotations

import json
import posixpath
import shlex
from typing import TYPE_CHECKING

from truss_handle.runtimes.image import layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_handle.runtimes.image.recipe import Recipe


def dockerfile(recipe: Recipe) -> str:
    """The Dockerfile of `recipe`, for a build context laid out as `layout` says."""
    steps = [
        *(_base(recipe), _system_packages(recipe), _environments(recipe), _requirements(recipe)),
        *(_tree(), _build_commands(recipe), _bundle(), _config(recipe), _start(recipe)),
    ]
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in map(list, steps) if lines)


def _base(recipe: Recipe) -> Iterator[str]:
    yield f"FROM {recipe.base_image}"
    # A base image may end on another user, who could not install anything.
    yield "USER root"
    # What a base image starts for itself is not what this one starts.
    yield "ENTRYPOINT []"
    if recipe.ca_bundle:
        yield from _ca_bundle()


def _ca_bundle() -> Iterator[str]:
    system, extra = "/etc/ssl/certs/ca-certificates.crt", f"{layout.CA_FOLDER}/extra.pem"
    yield f"COPY {layout.CONTEXT_CA} {extra}"
    # The variables below replace the system's list, so the new one has to contain it.
    yield f"RUN cat $(ls {system} 2>/dev/null) {extra} > {layout.CA_BUNDLE}"
    names = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    yield "ENV " + " ".join(f"{name}={layout.CA_BUNDLE}" for name in names)


def _system_packages(recipe: Recipe) -> Iterator[str]:
    if recipe.system_packages:
        names = shlex.join(recipe.system_packages)
        yield (
            "RUN apt-get update"
            f" && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends {names}"
            " && rm -rf /var/lib/apt/lists/*"
        )


def _environments(recipe: Recipe) -> Iterator[str]:
    # Before the user's requirements: editing those must not install the control plane again.
    yield f"COPY {layout.CONTEXT_SETUP}/ /control/setup/"
    command = [
        recipe.python,
        f"/control/setup/{layout.SETUP_SCRIPT}",
        f"/control/setup/{layout.CONTROL_REQUIREMENTS}",
        recipe.expected_version,
    ]
    yield f"RUN {json.dumps(command)}"
    yield f"ENV PATH={posixpath.dirname(layout.USER_PYTHON)}:$PATH PYTHONUNBUFFERED=1"


def _requirements(recipe: Recipe) -> Iterator[str]:
    # pip and not uv: only pip leaves alone what the base image already has (astral-sh/uv#4466).
    own = f"{layout.REQUIREMENTS}/{layout.OWN_REQUIREMENTS}"
    inference = f"{layout.REQUIREMENTS}/{layout.INFERENCE_REQUIREMENTS}"
    folder = layout.SOURCE if recipe.whole_tree else layout.REQUIREMENTS
    named = (recipe.requirements_file,) if recipe.requirements_file else ()
    files = (own, *named, inference)
    yield f"COPY {layout.CONTEXT_REQUIREMENTS}/ {layout.REQUIREMENTS}/"
    if recipe.whole_tree:
        # A copy: building a package leaves files beside its sources, and the Truss must stay what
        # its hash says.
        yield f"COPY {layout.CONTEXT_TRUSS}/ {layout.SOURCE}/"
    yield f"WORKDIR {folder}"
    yield (
        f"RUN {layout.TOOLS}/bin/pip --python {layout.USER_PYTHON} install"
        " --no-cache-dir --disable-pip-version-check --root-user-action ignore "
        + " ".join(f"-r {shlex.quote(file)}" for file in files)
    )


def _tree() -> Iterator[str]:
    yield f"COPY {layout.CONTEXT_TRUSS}/ {layout.TRUSS}/"


def _build_commands(recipe: Recipe) -> Iterator[str]:
    """After the tree, which they may read. They run in /app, where they see the Truss's files."""
    if not recipe.build_commands:
        return
    yield f"WORKDIR {layout.APP}"
    yield f"RUN ln -s {layout.TRUSS}/* {layout.APP}/"
    for command in recipe.build_commands:
        yield f"RUN {_one_line(command)}"
    # Later patches do not reach these links: a file that is missing is better than a stale one.
    yield f"RUN find {layout.APP} -maxdepth 1 -type l -lname '{layout.TRUSS}/*' -delete"


def _one_line(command: str) -> str:
    """A shell command of several lines as one instruction."""
    return command if "\n" not in command.strip() else json.dumps(["/bin/sh", "-c", command])


def _bundle() -> Iterator[str]:
    yield f"COPY {layout.CONTEXT_BUNDLE}/ {layout.BUNDLE}/"


def _config(recipe: Recipe) -> Iterator[str]:
    yield f"COPY {layout.CONTEXT_CONFIG}/config.yaml {layout.TRUSS}/config.yaml"
    if not recipe.control:
        yield f"COPY {layout.CONTEXT_CONFIG}/config.json {layout.PLAIN_CONFIG}"


def _start(recipe: Recipe) -> Iterator[str]:
    # `python -m` finds the control plane in the folder it is started in: nothing is set that the
    # model's process would inherit.
    yield f"WORKDIR {layout.BUNDLE if recipe.control else layout.APP}"
    yield f"EXPOSE {layout.PORT}"
    yield f"ENTRYPOINT {json.dumps(_control_command() if recipe.control else _plain_command())}"


def _control_command() -> list[str]:
    return [
        layout.CONTROL_PYTHON,
        *("-m", "control.plane", "--host", "0.0.0.0", "--port", str(layout.PORT)),
        *("--state", layout.STATE, "--truss", layout.TRUSS),
        *("--inference-python", layout.USER_PYTHON),
        *("--token-file", layout.TOKEN, "--secrets-dir", layout.SECRETS),
        # Patches install here what the image would have been built with.
        *("--system-packages", "apt", "--index-settings", layout.NETWORK),
        # What the base image sets (CUDA's variables, for one) is meant for the model.
        "--inherit-environment",
    ]


def _plain_command() -> list[str]:
    boot = (
        f"import sys; sys.path.append({layout.BUNDLE + '/control/inference'!r}); "
        "from control_truss_inference.__main__ import main; main()"
    )
    return [
        layout.USER_PYTHON,
        *("-c", boot, "--plain", "--host", "0.0.0.0", "--port", str(layout.PORT)),
        *("--release-dir", layout.TRUSS, "--config-file", layout.PLAIN_CONFIG),
        *("--secrets-dir", layout.SECRETS),
    ]
