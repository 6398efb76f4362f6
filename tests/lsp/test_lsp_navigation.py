"""Definitions, references, renames and links, as functions of a Truss's texts with a cursor."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_marks import Marked, marked

from lsp_server.errors import CannotRename
from lsp_server.features.links import links
from lsp_server.features.navigation import definition, highlights, references
from lsp_server.features.rename import prepare_rename, rename
from lsp_server.items import Location, Position
from lsp_server.snapshot import Snapshot
from lsp_server.view import View

TRUSS = Path("/truss")
CONFIG, MODEL, OTHER = "config.yaml", "model/model.py", "packages/other.py"
Files = dict[str, str]


def view_of(files: Files) -> tuple[View, dict[str, Marked]]:
    """A Truss of texts; the marks in them say where the cursor is and what is expected."""
    texts = {name: marked(text) for name, text in files.items()}
    snapshots = {
        name: Snapshot((TRUSS / name).as_uri(), TRUSS / name, 1, text.text, "utf-16", TRUSS)
        for name, text in texts.items()
    }
    sources = tuple(snapshot for name, snapshot in snapshots.items() if name != CONFIG)
    return View(TRUSS, snapshots[CONFIG], sources), texts


def at_cursor(files: Files) -> tuple[View, Snapshot, Position, dict[str, Marked]]:
    view, texts = view_of(files)
    (name,) = [name for name, text in texts.items() if text.cursors]
    (file,) = [one for one in view.files if one.path == TRUSS / name]
    return view, file, file.position(texts[name].cursors[0]), texts


def expected(view: View, texts: dict[str, Marked]) -> set[Location]:
    """Everything marked «so», as locations."""
    files = {file.path: file for file in view.files}
    return {
        Location(files[TRUSS / name].uri, files[TRUSS / name].range(start, end))
        for name, text in texts.items()
        for start, end in text.ranges
    }


DEFINITIONS: dict[str, Files] = {
    "a secret in Python": {
        CONFIG: "secrets:\n  «hf_token»: null\n",
        MODEL: "class Model:\n  def load(self):\n    self._secrets['hf_│token']\n",
    },
    "a secret in the config": {
        CONFIG: "secrets:\n  hf│_token: null\n",
        MODEL: "class Model:\n  def load(self):\n    self._secrets['«hf_token»']\n",
        OTHER: "def f(secrets):\n    return secrets.get('«hf_token»')\n",
    },
    "a quoted key": {
        CONFIG: "secrets:\n  '«hf_token»': null\n",
        MODEL: "class Model:\n  def load(self):\n    self._secrets['hf_│token']\n",
    },
    "a variable in Python": {
        CONFIG: "environment_variables:\n  «MODE»: fast\n",
        MODEL: "import os\nMODE = os.environ['│MODE']\n",
    },
    "a variable in the config": {
        CONFIG: "environment_variables:\n  MODE│: fast\n",
        MODEL: "import os\na = os.getenv('«MODE»', '')\nb = '«MODE»' in os.environ\n",
        OTHER: 'from os import environ as e\nc = e.get("«MODE»")\nf = e\nf["«MODE»"]\n',
    },
    "the class named in the config": {
        CONFIG: "model_class_name: Gre│eter\n",
        MODEL: "class Helper: ...\nclass «Greeter»:\n  pass\n",
    },
    "an alias": {CONFIG: "a: &«base» {x: 1}\nb: *ba│se\n", MODEL: ""},
    "an anchor": {CONFIG: "a: &ba│se {x: 1}\nb: *«base»\nc: [*«base»]\n", MODEL: ""},
    "nothing known": {CONFIG: "model_name: 🚀 x│y\n", MODEL: "class Model: ...\n"},
    "a declared secret nobody reads": {CONFIG: "secrets:\n  lo│st: null\n", MODEL: ""},
}


@pytest.mark.parametrize("files", DEFINITIONS.values(), ids=DEFINITIONS.keys())
def test_definition_leads_from_use_to_declaration_and_back(files: Files) -> None:
    view, file, position, texts = at_cursor(files)
    assert set(definition(view, file, position)) == expected(view, texts)


@pytest.mark.parametrize(
    ("config", "target"),
    [
        ("requirements_file: ./req│s.txt\n", "reqs.txt"),
        ("model_class_filename: my.│py\n", "model/my.py"),
        ("model_module_dir: src\nmodel_class_filename: my.│py\n", "src/my.py"),
        ("external_package_dirs:\n- ../sha│red\n", "../shared"),
        ("examples_filename: 'e│x.yaml'\n", "ex.yaml"),
        ("data_dir: da│ta\n", "data"),
        ("bundled_packages_dir: lib│s\n", "libs"),
    ],
)
def test_a_path_leads_to_the_file(config: str, target: str) -> None:
    view, file, position, _ = at_cursor({CONFIG: config, MODEL: ""})
    (found,) = definition(view, file, position)
    assert found.uri == Path("/truss", target).resolve().as_uri()
    assert found.uri in {link.target.as_uri() for link in links(view)}


def test_references_are_all_places_and_highlights_those_of_one_file() -> None:
    files = {
        CONFIG: "secrets:\n  «key»: null\n",
        MODEL: "def f(secrets):\n  '🚀'; secrets['«k│ey»']; secrets['«key»']\n",
        OTHER: "def f(secrets):\n  secrets['«key»']\n",
    }
    view, file, position, texts = at_cursor(files)
    everywhere = expected(view, texts)
    assert set(references(view, file, position, declaration=True)) == everywhere
    uses = {place for place in everywhere if place.uri != view.config.uri}
    assert set(references(view, file, position, declaration=False)) == uses
    here = {span for span, _ in highlights(view, file, position)}
    assert here == {place.range for place in everywhere if place.uri == file.uri}


def renamed(files: Files, new: str) -> Files:
    """The texts of a Truss after a rename, cursor marks gone."""
    view, file, position, texts = at_cursor(files)
    after = {name: text.text for name, text in texts.items()}
    for change in rename(view, file, position, new):
        (changed,) = [one for one in view.files if one.uri == change.uri]
        text = changed.text
        for edit in sorted(change.edits, key=lambda edit: edit.range.start, reverse=True):
            start, end = changed.index(edit.range.start), changed.index(edit.range.end)
            text = text[:start] + edit.new_text + text[end:]
        assert changed.path is not None
        after[changed.path.relative_to(TRUSS).as_posix()] = text
    return after


def test_a_secret_is_renamed_in_config_and_python() -> None:
    files = {
        CONFIG: "secrets:\n  'old': null # old stays here\n",
        MODEL: "def f(secrets):\n  # old\n  return secrets[\"o│ld\"], 'old'\n",
    }
    assert renamed(files, "hf-token.v2") == {
        CONFIG: "secrets:\n  'hf-token.v2': null # old stays here\n",
        MODEL: "def f(secrets):\n  # old\n  return secrets[\"hf-token.v2\"], 'old'\n",
    }


def test_a_class_is_renamed_wherever_it_is_imported() -> None:
    files = {
        CONFIG: "model_class_name: Greeter\n",
        MODEL: "class Gre│eter:\n  def me(self) -> 'Greeter':\n    return super(Greeter, self)\n",
        OTHER: "from model.model import Greeter\nGreeter.x\nthing.Greeter\n",
        "packages/third.py": "from model.model import Greeter as G\nGreeter = G\n",
    }
    after = renamed(files, "Host")
    assert after[CONFIG] == "model_class_name: Host\n"
    assert after[MODEL] == "class Host:\n  def me(self) -> 'Host':\n    return super(Host, self)\n"
    assert after[OTHER] == "from model.model import Host\nHost.x\nthing.Greeter\n"
    assert after["packages/third.py"] == "from model.model import Host as G\nGreeter = G\n"


def test_a_class_with_the_usual_name_gets_its_new_one_into_the_config() -> None:
    files = {CONFIG: "model_name: x\n", MODEL: "class │Model: ...\n"}
    assert renamed(files, "Host") == {
        CONFIG: "model_name: x\nmodel_class_name: Host\n",
        MODEL: "class Host: ...\n",
    }


def test_an_anchor_is_renamed_with_its_aliases() -> None:
    files = {CONFIG: "a: &ol│d x\nb: *old\nc: old\n", MODEL: ""}
    assert renamed(files, "new")[CONFIG] == "a: &new x\nb: *new\nc: old\n"


@pytest.mark.parametrize(
    ("config", "new", "why"),
    [
        ("secrets:\n  o│ld: null\n", "no", "cannot name a secret"),
        ("secrets:\n  o│ld: null\n", "a b", "cannot name a secret"),
        ("secrets:\n  o│ld: null\n  new: null\n", "new", "already"),
        ("environment_variables:\n  O│LD: x\n", "1ST", "cannot name"),
        ("environment_variables:\n  O│LD: x\n  NEW: y\n", "NEW", "There is an environment"),
        ("model_class_name: Mod│el\n", "class", "a meaning of its own"),
        ("model_class_name: Mod│el\n", "object", "a meaning of its own"),
        ("model_class_name: Mod│el\n", "1st", "a Python name"),
        ("model_class_name: Mod│el\n", "Helper", "model.py uses the name"),
        ('secrets:\n  "o\\x│6cd": null\n', "new", "escapes"),
        ("model_name: │x\n", "y", "Nothing"),
    ],
)
def test_a_rename_that_would_break_something_is_refused(config: str, new: str, why: str) -> None:
    with pytest.raises(CannotRename, match=why):
        renamed({CONFIG: config, MODEL: "import os as Helper\nclass Model: ...\n"}, new)


def test_what_would_be_renamed_is_shown_first() -> None:
    view, file, position, texts = at_cursor({CONFIG: "secrets:\n  '«o│ld»': x\n", MODEL: ""})
    ((start, end),) = texts[CONFIG].ranges
    assert prepare_rename(view, file, position) == (file.range(start, end), "old")
