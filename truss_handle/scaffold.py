"""A new Truss that runs, patches and answers as it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from truss_handle.exceptions import InputInvalid

if TYPE_CHECKING:
    from pathlib import Path

_MODEL = '''\
class Model:
    """Answers predictions. Save a change, and the running server answers with it."""

    def __init__(self, **kwargs):
        self._config = kwargs["config"]
        self._greeting = None

    def load(self):
        # Slow work belongs here, and no request waits for it. It runs at every start, and again,
        # beside the version that answers, when a patch changes what it depends on.
        self._greeting = "Hello"

    def predict(self, model_input):
        return {"greeting": f"{self._greeting}, {model_input['name']}!"}
'''

_CONFIG = """\
model_name: {name}
python_version: py{version}
# Lets a change reach the running server. Code that load() does not depend on is swapped in at once;
# anything else loads beside the version that answers. No request waits for it.
use_control_plane: true
requirements: []
"""

_EXAMPLES = """\
- name: a greeting
  input:
    name: World
"""


def create_truss(directory: Path, *, name: str | None, python: tuple[int, int]) -> list[Path]:
    """Write the files of a new Truss; the paths written.

    Raises InputInvalid, with nothing written, where one of them is there already.
    """
    title = name or re.sub(r"[-_\s]+", " ", directory.name).strip() or "Model"
    contents = {
        "config.yaml": _CONFIG.format(
            name=json.dumps(title, ensure_ascii=False), version=f"{python[0]}{python[1]}"
        ),
        "model/model.py": _MODEL,
        "examples.yaml": _EXAMPLES,
    }
    for relative in contents:
        if (directory / relative).exists():
            raise InputInvalid(
                f"{directory / relative} is there already, and init overwrites nothing",
                hint="choose an empty folder",
            )
    try:
        return [_write(directory / relative, text) for relative, text in contents.items()]
    except OSError as error:
        raise InputInvalid(f"{directory} cannot be written: {error.strerror}") from error


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
    return path
