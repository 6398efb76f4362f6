"""The model's class under its new name, wherever the Python of a Truss calls it by the old one."""

from __future__ import annotations

from pathlib import Path

import pytest
from lsp_clients import capable
from lsp_editor import OpenEditor
from lsp_questions import at, edited
from lsp_truss import SPEAKER_MODEL
from lsprotocol import types

from lsp_server.errors import CannotRename
from lsp_server.features.rename import rename
from lsp_server.snapshot import Snapshot
from lsp_server.view import View

TRUSS = Path("/truss")
MODEL, OTHER = "model/model.py", "packages/other.py"
CLASS = "class Model:\n    pass\n"


def renamed(files: dict[str, str], new: str = "Host") -> dict[str, str]:
    """The texts of a Truss whose class `Model` is renamed in its own file."""
    texts = {"config.yaml": "model_class_name: Model\n", MODEL: CLASS, **files}
    snapshots = {
        name: Snapshot((TRUSS / name).as_uri(), TRUSS / name, 1, text, "utf-16", TRUSS)
        for name, text in texts.items()
    }
    config, *sources = snapshots.values()
    model = snapshots[MODEL]
    view = View(TRUSS, config, tuple(sources))
    after = dict(texts)
    for change in rename(view, model, model.position(texts[MODEL].index("Model")), new):
        (name,) = [name for name, one in snapshots.items() if one.uri == change.uri]
        for edit in sorted(change.edits, key=lambda edit: edit.range.start, reverse=True):
            start, end = map(snapshots[name].index, (edit.range.start, edit.range.end))
            after[name] = after[name][:start] + edit.new_text + after[name][end:]
    return after


# What «Model» stands for is renamed; without marks it is another's, and stays.
USES = {
    "by its own name": "from model.model import «Model»\n«Model»()\nx.Model\n",
    "under another name": "from model.model import «Model» as M\nM.x\nModel = M\n",
    "under the same name on purpose": "from model.model import «Model» as Model\nModel()\n",
    "a module under another name": "import model.model as m\nm.«Model»().Model\nm.other.Model\n",
    "a module by its full name": "import model.model\nmodel.model.«Model»\nmodel.Model\n",
    "a module of its package": "from model import model\nmodel.«Model»(model)\n",
    "a module of its package, renamed": "from model import model as m\n[m.«Model» for _ in y]\n",
    "everything": "from model.model import *\n«Model».x\ndef f(): return «Model»\n",
    "an import within a function": (
        "def f():\n    import model.model as m\n    return m.«Model»\ndef g(m): return m.Model\n"
    ),
    "an attempt": (
        "try:\n    from model.model import «Model»\nexcept ImportError:\n    «Model» = None\n"
    ),
    "a parameter that hides the module": (
        "from model import model\ndef f(model): return model.Model\nlambda model: model.Model\n"
        "def g(): return model.«Model»\n"
    ),
    "a local name that hides the class": (
        "from model.model import «Model»\ndef f():\n    Model = 1\n    return Model\n«Model»\n"
    ),
    "a name of a class body": (
        "from model.model import «Model»\nclass A:\n    Model = 1\n    x = Model\n"
        "    def f(self): return «Model»\n"
    ),
    "a variable of a comprehension": (
        "import model.model as m\n[m.Model for m in m.«Model».all]\n{(m := 1): m.«Model»}\n"
    ),
    "a global statement": (
        "from model.model import «Model»\ndef f():\n    global «Model»\n    «Model» = None\n"
    ),
    "annotations between quotes": (
        "import model.model as m\nfrom typing import Literal, Optional\nx: 'm.«Model»'\n"
        "def f(a: Optional['m.«Model»'], b: Literal['m.Model']) -> \"list[m.«Model»]\": 'm.Model'\n"
    ),
    "over several lines, behind signs": (
        "from model.model import (\n    «Model»,\n)\n'🚀é'; y = «Model»; 'é'\n"
        "z = (\n    «Model»\n    .x)\n"
    ),
    "a base, a decorator and a keyword": (
        "import model.model as m\n@m.«Model»\nclass A(m.«Model», metaclass=m.«Model»): ...\n"
        "f(Model=m.«Model»)\n"
    ),
    "another module of that name": (
        "from library.model import Model\nimport library.model as m\nm.Model\n"
    ),
    "more dots than packages": "from ...model import Model\nModel()\n",
    "what a module hands on": (
        "from model.model import «Model»\n__all__: list[str] = ['«Model»']\n"
        "__all__ += ('«Model»', 'x')\nothers = ['Model']\n"
    ),
    "patterns": (
        "from model.model import «Model»\nmatch x:\n    case «Model»(): ...\n"
        "    case Other(y=m): m.Model\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("marked", USES.values(), ids=USES)
def test_only_what_is_the_class_is_renamed(marked: str) -> None:
    before = marked.replace("«", "").replace("»", "")
    assert renamed({OTHER: before})[OTHER] == marked.replace("«Model»", "Host")


def test_within_the_package_of_the_model_names_are_relative() -> None:
    after = renamed(
        {
            "model/__init__.py": "from .model import Model\n__all__ = ['Model', 'x']\n",
            "model/near.py": (
                "from . import model as m, Model\nfrom .model import Model as M\nm.Model\n"
            ),
            "packages/far.py": (
                "import model.near\nfrom model import *\nmodel.Model, model.near.m.Model, Model\n"
            ),
            "packages/away.py": "from near import Model\nfrom .model import Model as B\n",
        }
    )
    assert after["model/__init__.py"] == "from .model import Host\n__all__ = ['Host', 'x']\n"
    near = "from . import model as m, Host\nfrom .model import Host as M\nm.Host\n"
    assert after["model/near.py"] == near
    far = "import model.near\nfrom model import *\nmodel.Host, model.near.m.Host, Host\n"
    assert after["packages/far.py"] == far
    assert after["packages/away.py"] == "from near import Model\nfrom .model import Model as B\n"


def test_who_passes_it_on_is_renamed_too() -> None:
    files = {
        "packages/first.py": "from model.model import Model\n",
        "packages/second.py": "from first import Model as Kept, Model\n",
        "packages/third.py": "import second\nsecond.Model, second.Kept\n",
    }
    after = renamed(files)
    assert after["packages/second.py"] == "from first import Host as Kept, Host\n"
    assert after["packages/third.py"] == "import second\nsecond.Host, second.Kept\n"


def test_a_name_behind_a_module_stands_in_no_ones_way() -> None:
    own = "import model.model as m\nclass Host(m.Model): ...\n"
    assert renamed({OTHER: own})[OTHER] == "import model.model as m\nclass Host(m.Host): ...\n"
    with pytest.raises(CannotRename, match=r"other\.py uses the name 'Host'"):
        renamed({OTHER: "from model.model import Model\nclass Host(Model): ...\n"})


def test_modules_that_import_from_each_other_come_to_an_end() -> None:
    files = {
        "packages/one.py": "from two import x\nx.Model\n",
        "packages/two.py": "from one import x\nfrom two import *\nModel\n",
    }
    assert renamed(files) == {
        "config.yaml": "model_class_name: Host\n",
        MODEL: CLASS.replace("Model", "Host"),
        **files,
    }


@pytest.mark.asyncio(loop_scope="module")
async def test_over_the_wire_files_that_are_not_open_follow(
    speaker: Path, shared_editor: OpenEditor
) -> None:
    """From a file that only knows the module, through which the class is called."""
    uses = "import model.model as m\nfrom model.model import Speaker as S\n\nm.Speaker(S)\n"
    (speaker / "packages/own/uses.py").write_text(uses)
    (speaker / "packages/own/again.py").write_text("from model import model\nmodel.Speaker\n")
    editor = await shared_editor(speaker, capable())
    cursor = at(editor, "packages/own/uses.py", uses.replace("m.Speaker", "m.Spea│ker"))
    shown = await editor.client.text_document_prepare_rename_async(
        types.PrepareRenameParams(*cursor)
    )
    assert isinstance(shown, types.PrepareRenamePlaceholder)
    assert shown.placeholder == "Speaker"
    edit = await editor.client.text_document_rename_async(types.RenameParams(*cursor, "Voice"))
    after = edited(editor, edit)
    assert after["packages/own/uses.py"] == uses.replace("Speaker", "Voice")
    assert after["packages/own/again.py"] == "from model import model\nmodel.Voice\n"
    assert after["packages/own/tools.py"].splitlines()[1] == "from model.model import Voice"
    assert after["model/model.py"] == SPEAKER_MODEL.replace("Speaker", "Voice")
    assert "model_class_name: Voice\n" in after["config.yaml"]
    editor.close("packages/own/uses.py")
