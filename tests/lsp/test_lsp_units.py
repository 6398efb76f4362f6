"""The pure parts: lines, settings, URIs, edits, plans as text, failures found again after edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsp_server.failures import Failures, failure_of
from lsp_server.features.plan import markdown
from lsp_server.settings import Settings
from lsp_server.text import one_line, split_lines
from lsp_server.uris import path_of, uri_of


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a\nb\r\nc\rd", ["a\n", "b\r\n", "c\r", "d"]),
        ("a\n", ["a\n"]),
        ("a\u2028b\x0cc\x85d\n", ["a\u2028b\x0cc\x85d\n"]),
        ("\n\n", ["\n", "\n"]),
    ],
)
def test_lines_end_where_the_protocol_says(text: str, lines: list[str]) -> None:
    assert split_lines(text) == lines


def test_one_line_squeezes_and_cuts() -> None:
    assert one_line("a\n  b\tc") == "a b c"
    assert one_line("x" * 600, 10) == "x" * 9 + "…"


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (None, Settings()),
        ("nonsense", Settings()),
        ({}, Settings()),
        ({"patchOnSave": "on"}, Settings(patch_on_save="on")),
        ({"patchOnSave": "sometimes"}, Settings()),
        ({"patchOnSave": True, "runtime": 3, "anyPython": "yes"}, Settings()),
        (
            {"patchOnSave": "off", "runtime": "docker", "anyPython": True},
            Settings("off", "docker", any_python=True),
        ),
    ],
)
def test_settings_take_what_is_valid(section: object, expected: Settings) -> None:
    assert Settings.parse(section) == expected


@pytest.mark.parametrize("name", ["a b.yaml", "ä/#1.yaml", "100%.yaml"])
def test_paths_survive_the_way_through_a_uri(tmp_path: Path, name: str) -> None:
    assert path_of(uri_of(tmp_path / name)) == tmp_path / name
    assert path_of((tmp_path / name).as_uri()) == tmp_path / name


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "git:/a/config.yaml", "", "file:"])
def test_documents_that_are_no_files_have_no_path(uri: str) -> None:
    assert path_of(uri) is None


def test_a_plan_is_a_readable_table() -> None:
    plan = {
        "strategy": "S4",
        "title": "rebuild",
        "upper_bound": False,
        "reasons": [
            {"subject": "requirements", "strategy": "S4", "reason": "the image | is built from it"}
        ],
    }
    text = markdown("iris", plan)
    assert "**S4 rebuild**" in text
    assert "| requirements | S4 | the image \\| is built from it |" in text


def test_a_plan_that_is_not_certain_says_so() -> None:
    reasons = [{"subject": "a", "strategy": "S1", "reason": "b"}]
    plan = {"strategy": "S1", "title": "hot swap", "reservation": "unless so"}
    text = markdown("iris", {**plan, "reasons": reasons})
    assert "A patch would take **S1 hot swap**, unless so.\n" in text


def test_a_plan_without_changes_says_so() -> None:
    assert "Nothing to patch" in markdown("iris", {"strategy": "S0", "reasons": []})


ERROR = {
    "id": "e1",
    "phase": "load",
    "type": "ValueError",
    "message": "no weights",
    "traceback": "…",
    "frames": [
        {"path": "model/model.py", "line": 2, "function": "load"},
        {"path": "packages/own/weights.py", "line": 1, "function": "read"},
    ],
    "path": "model/model.py",
    "line": 2,
}
FILES = {"model/model.py": "def load():\n    read()\n"}


def read(path: Path) -> str | None:
    return FILES.get(path.relative_to("/truss").as_posix())


def test_a_failure_knows_its_line_and_the_way_there() -> None:
    failure = failure_of(Path("/truss"), ERROR, read)
    assert (failure.at.path, failure.at.line) == (Path("/truss/model/model.py"), 2)
    assert failure.at.text == "    read()"
    assert [frame.function for frame in failure.frames] == ["load", "read"]


def test_a_failure_without_any_line_is_the_configs() -> None:
    failure = failure_of(Path("/truss"), {"id": "e", "phase": "load", "type": "MemoryError"}, read)
    assert failure.at.path == Path("/truss/config.yaml")


def test_success_overcomes_a_failure_for_good() -> None:
    failures = Failures(read)
    truss = Path("/truss")
    assert failures.note(truss, ERROR) == {truss / "model/model.py"}
    assert failures.note(truss, ERROR) == frozenset(), "the same one is no news"
    assert failures.overcome(truss, "predict") == frozenset(), "a prediction proves no version"
    assert failures.overcome(truss, "version") == {truss / "model/model.py"}
    assert failures.note(truss, ERROR) == frozenset(), "a status goes on reporting it"
    assert failures.at(truss / "model/model.py") == ()
