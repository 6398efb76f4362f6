"""Changes of other files, plans as a whole, and plans without the old text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from truss_base.exceptions import PatchError
from truss_base.patch import Action, ConfigPatch, FilePatch, Patch
from truss_base.plan import Change, Plan, Strategy, plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    PlanOf = Callable[..., Plan]

S0, S2, S3, S4 = Strategy.SYNC, Strategy.RELOAD, Strategy.NEW_ENVIRONMENT, Strategy.REBUILD


@pytest.mark.parametrize(
    ("path", "content", "strategy", "reason"),
    [
        ("README.md", b"x", S0, "README.md changed: nothing that runs reads it: sync"),
        ("README.md", None, S0, "README.md removed: nothing that runs reads it: sync"),
        ("CHANGELOG.md", b"x", S0, "CHANGELOG.md added: nothing that runs reads it: sync"),
        ("docs/use.md", b"x", S0, "docs/use.md added: nothing that runs reads it: sync"),
        ("LICENSE", b"x", S0, "LICENSE added: nothing that runs reads it: sync"),
        (".gitignore", b"x", S0, ".gitignore added: nothing that runs reads it: sync"),
        (".truss_ignore", b"x", S0, ".truss_ignore added: nothing that runs reads it: sync"),
        ("examples.yaml", b"x", S0, "examples.yaml changed: nothing that runs reads it: sync"),
        ("notes.txt", b"x", S2, "notes.txt added: the model may depend on it: reload"),
        ("model/README.md", b"x", S2, "model/README.md added: the model may depend on it: reload"),
        ("packages/p.md", b"x", S2, "packages/p.md added: the model may depend on it: reload"),
        ("data/README.md", b"x", S2, "data/README.md added: the model may read its data: reload"),
        ("data/code.py", b"#", S2, "data/code.py added: the model may read its data: reload"),
        ("setup.py", b"x", S0, "setup.py added: nothing that runs imports it: sync"),
        (
            "model_extra/spare.py",
            b"x",
            S0,
            "model_extra/spare.py added: nothing that runs imports it: sync",
        ),
    ],
)
def test_what_a_file_leads_to(
    plan_of: PlanOf, path: str, content: bytes | None, strategy: Strategy, reason: str
) -> None:
    assert plan_of(path, content).changes == (Change(path, strategy, reason),)


@pytest.mark.parametrize(
    "reader",
    [
        b"prompt = open('README.md').read()\n",
        b"prompt = read('readme')\n",
        b"for file in Path('.').glob('*.md'): ...\n",
        b"for file in os.listdir('.'): ...\n",
        b"for folder in os.walk('.'): ...\n",
    ],
)
def test_a_document_that_code_may_read_is_a_reload(plan_of: PlanOf, reader: bytes) -> None:
    [change] = plan_of("README.md", b"x", {"packages/reader.py": reader}).changes
    assert change.strategy is S2
    assert "in packages/reader.py may read it" in change.reason


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("config.yaml", b"model_metadata: {prompt: readme.md}\n"),
        ("model/prompts.toml", b"system = '../README.md'\n"),
        ("model/start.sh", b"cat README.md\n"),
    ],
)
def test_a_document_that_settings_name_is_a_reload(
    plan_of: PlanOf, path: str, content: bytes
) -> None:
    [change] = plan_of("README.md", b"x", {path: content}).changes
    assert change.strategy is S2
    assert f"in {path} may read it" in change.reason


def test_a_document_may_be_read_through_a_link(plan_of: PlanOf) -> None:
    [change] = plan_of("README.md", b"x", has_links=True).changes
    assert change.strategy is S2
    assert "a symbolic link in the Truss may read it" in change.reason


@pytest.mark.parametrize(
    "patch",
    [
        FilePatch("model_code", Action.UPDATE, "model.py", symlink="other.py"),
        FilePatch("file", Action.ADD, "README.rst", symlink="README.md"),
    ],
)
def test_a_link_is_a_reload(patch: FilePatch, model: bytes) -> None:
    assert plan({"config.yaml": b"", "model/model.py": model}, [patch]).strategy is S2


def test_a_path_is_judged_by_where_it_lies_not_by_its_type(model: bytes) -> None:
    tree = {"config.yaml": b"", "model/model.py": model}
    patch = FilePatch("file", Action.UPDATE, "model/model.py", b"# hello\n" + model)
    [change] = plan(tree, [patch]).changes
    assert (change.subject, change.strategy) == ("model/model.py", S0)


def test_no_patches_need_nothing() -> None:
    assert plan({"config.yaml": b""}, []) == Plan(S0, ())
    assert plan(None, []) == Plan(S0, ())


def test_the_strongest_change_decides(model: bytes) -> None:
    tree = {"config.yaml": b"", "model/model.py": model}
    patches: list[Patch] = [
        FilePatch("file", Action.ADD, "README.md", b""),
        FilePatch("model_code", Action.UPDATE, "model.py", b"x = 1\n"),
        ConfigPatch(Action.UPDATE, "config.yaml", {}, "environment_variables: {A: b}\n"),
    ]
    found = plan(tree, patches)
    assert found.strategy is S3
    assert [change.strategy for change in found.changes] == [S3, S2, S0]
    assert plan(tree, patches[::-1]) == found
    assert found.to_dict() == {
        "strategy": "S3",
        "title": "new environment",
        "upper_bound": False,
        "reasons": [
            {"subject": change.subject, "strategy": change.strategy.label, "reason": change.reason}
            for change in found.changes
        ],
    }


def test_without_the_old_text_a_plan_is_an_upper_bound(model: bytes) -> None:
    tree = {"config.yaml": b"requirements_file: r.txt\n", "model/model.py": model, "r.txt": b"a"}
    config = tree["config.yaml"].decode()
    cases: list[tuple[Patch, Strategy, Strategy]] = [
        (FilePatch("model_code", Action.UPDATE, "model.py", model + b"#"), S0, S2),
        (FilePatch("model_code", Action.UPDATE, "model.py", b""), S2, S2),
        (FilePatch("file", Action.ADD, "README.md", b""), S0, S2),
        (FilePatch("file", Action.UPDATE, "r.txt", b"a # why"), S0, S4),
        (ConfigPatch(Action.UPDATE, "config.yaml", {}, f"# hello\n{config}"), S0, S0),
        (ConfigPatch(Action.UPDATE, "config.yaml", {}, f"{config}model_name: x\n"), S2, S2),
    ]
    for patch, exact, bound in cases:
        assert plan(tree, [patch]).strategy is exact
        offline = plan(None, [patch], old_config=config)
        assert (offline.strategy, offline.upper_bound) == (bound, True)


@pytest.mark.parametrize(
    "patch",
    [
        FilePatch("file", Action.UPDATE, "r.txt", b"a"),
        ConfigPatch(Action.UPDATE, "config.yaml", {}, "model_name: x\n"),
    ],
)
def test_knowing_nothing_leads_to_the_strongest(patch: Patch) -> None:
    [change] = plan(None, [patch]).changes
    assert change.strategy is S4
    assert "not known here: rebuild at most" in change.reason


@pytest.mark.parametrize("instead", [None, "fruit.py", "model/__init__.py", "model.py/code.py"])
@pytest.mark.parametrize("is_known", [True, False])
def test_a_truss_needs_the_file_of_its_model(
    model: bytes, instead: str | None, is_known: bool
) -> None:
    patches: list[Patch] = [FilePatch("model_code", Action.REMOVE, "model.py")]
    if instead is not None:
        patches.append(FilePatch("model_code", Action.ADD, instead, model))
    with pytest.raises(PatchError, match=r"model/model.py is missing: it has to define .* Model"):
        plan({"model/model.py": model} if is_known else None, patches)


def test_the_config_may_name_another_file(model: bytes) -> None:
    config = "model_class_filename: fruit.py\n"
    patches = [
        ConfigPatch(Action.UPDATE, "config.yaml", {}, config),
        FilePatch("model_code", Action.REMOVE, "model.py"),
        FilePatch("model_code", Action.ADD, "fruit.py", model),
    ]
    assert plan({"config.yaml": b"", "model/model.py": model}, patches).strategy is S2


def test_the_config_names_no_file_that_is_missing(model: bytes) -> None:
    patch = ConfigPatch(Action.UPDATE, "config.yaml", {}, "model_class_filename: other.py\n")
    old = {"config.yaml": b"", "model/model.py": model}
    with pytest.raises(PatchError, match=r"model/other.py is missing: it has to define .* Model"):
        plan(old, [patch])
    assert plan({**old, "model/other.py": model}, [patch]).strategy is S2


def test_a_server_of_its_own_needs_no_model(model: bytes) -> None:
    config = b"docker_server: {start_command: s, server_port: 1, predict_endpoint: /, \
readiness_endpoint: /, liveness_endpoint: /}\n"
    old = {"config.yaml": config, "model/model.py": model}
    assert plan(old, [FilePatch("model_code", Action.REMOVE, "model.py")]).changes


def test_a_model_that_was_missing_is_loaded(model: bytes) -> None:
    found = plan({"config.yaml": b""}, [FilePatch("model_code", Action.ADD, "model.py", model)])
    assert found.strategy is S2


def test_a_folder_of_the_models_name_is_not_its_file(model: bytes) -> None:
    old = {"config.yaml": b"", "model/model.py": model, "model/model/__init__.py": b"x = 1\n"}
    patch = FilePatch("model_code", Action.UPDATE, "model.py", model + b"\nNEW = 1\n")
    reason = "model/model.py: `NEW` added; nothing that `load` needs: hot swap"
    assert plan(old, [patch]).changes[0].reason == reason


def test_patches_that_contradict_are_not_planned() -> None:
    patch = FilePatch("model_code", Action.UPDATE, "model.py", b"")
    with pytest.raises(PatchError, match=r"two patches change model/model.py"):
        plan({"config.yaml": b""}, [patch, patch])


class Disk(Mapping[str, bytes]):
    """A tree that is read on demand and remembers what was."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files = files
        self.read: set[str] = set()

    def __getitem__(self, path: str) -> bytes:
        content = self.files[path]
        self.read.add(path)
        return content

    def __contains__(self, path: object) -> bool:
        return path in self.files

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def test_only_what_is_needed_is_read(model: bytes) -> None:
    disk = Disk({"config.yaml": b"", "model/model.py": model, "packages/big.py": b"x = 1\n"})
    plan(disk, [FilePatch("model_code", Action.UPDATE, "model.py", b"x = 2\n")])
    assert disk.read == {"config.yaml", "model/model.py"}
