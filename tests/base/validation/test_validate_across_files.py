"""A config against the files of its Truss."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from truss_base.examples import ExamplesError, parse_examples
from truss_base.validation import validate

MODEL = "class Model:\n    def predict(self, request):\n        return request\n"
OK = {"model/model.py": MODEL}

# The config, the other files, and the findings as "code: the characters meant, in which file".
CASES: list[tuple[str, dict[str, str], list[str]]] = [
    ("model_name: x\n", OK, []),
    ("", OK, []),
    ("model_name: x\n", {}, ["missing-file: model_name"]),
    ("model_class_filename: other.py\n", OK, ["missing-file: other.py"]),
    ("model_module_dir: src\n", OK, ["missing-file: src"]),
    ("model_class_name: Other\n", OK, ["model-class: Other"]),
    ("model_name: x\n", {"model/model.py": "from .base import Model\n"}, []),
    ("model_name: x\n", {"model/model.py": "from .base import *\n"}, []),
    ("model_name: x\n", {"model/model.py": "if 1:\n    class Model: pass\n"}, []),
    ("model_name: x\n", {"model/model.py": "class Other: pass\n"}, ["model-class: model_name"]),
    (
        "model_name: x\n",
        {"model/model.py": "class Model:\n    def load(self): ...\n"},
        ["model-class: Model in model/model.py"],
    ),
    ("model_name: x\n", {"model/model.py": "class Model(Base):\n    pass\n"}, []),
    ("model_name: x\n", {"model/model.py": "class Model:\n    async def websocket(self, w): ...\n"},
     []),
    (
        "model_name: x\n",
        {"model/model.py": "class Model:\n    def predict(self:\n"},
        ["model-syntax: ( in model/model.py"],
    ),
    (
        "secrets: {a: null}\n",
        {"model/model.py": MODEL + "        self._secrets['a'] + self._secrets['b']\n"},
        ["secret: 'b' in model/model.py"],
    ),
    ("model_name: x\n", {"model/model.py": "import nothing_provides\n" + MODEL},
     ["import: nothing_provides in model/model.py"]),
    # A comment in a file hides what is found in it.
    ("requirements_file: r.txt\n", {**OK, "r.txt": "a=1  # truss: ignore[requirement]\nb=1\n"},
     ["requirement: b=1 in r.txt"]),
    ("requirements_file: r.txt\n", {**OK, "r.txt": "# truss: ignore\na=1\nb=1\n"}, []),
    ("# truss: ignore[requirement]\nrequirements_file: r.txt\n", {**OK, "r.txt": "a=1\n"},
     ["requirement: a=1 in r.txt"]),
    # Served without a model of the user's.
    ("trt_llm: {inference_stack: v2, runtime: {}, build: {skip_build_result: true}}\n", {}, []),
    # Other files.
    ("requirements_file: r.txt\n", OK, ["missing-file: r.txt"]),
    ("requirements_file: r.txt\n", {**OK, "r.txt": "a=1\n"}, ["requirement: a=1 in r.txt"]),
    ("requirements_file: uv.lock\n", {**OK, "uv.lock": "a=1\n"}, []),
    ("external_package_dirs:\n- ../shared\n- lib\n", {**OK, "lib/a.py": ""},
     ["missing-file: ../shared"]),
    ("model_name: x\n", {**OK, "examples.yaml": "- name: a\n  input: 1\n"}, []),
    (
        "model_name: x\n",
        {**OK, "examples.yaml": "- name: a\n  inptu: 1\n"},
        ["examples: name: a\n  inptu: 1 in examples.yaml"],
    ),
    ("model_name: x\n", {**OK, "examples.yaml": "a: [1\n"}, ["examples: [ in examples.yaml"]),
    # A text with a fault of syntax names nothing for sure.
    ("model_class_filename: [x\n", {}, ["syntax: ["]),
]  # fmt: skip


@pytest.mark.parametrize(("config", "files", "expected"), CASES)
def test_files_are_looked_at(
    config: str, files: dict[str, str], expected: list[str], tmp_path: Path
) -> None:
    for name, content in files.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    found = []
    for finding in validate(config, tmp_path):
        text = config if finding.path is None else files[finding.path]
        where = f" in {finding.path}" if finding.path else ""
        found.append(f"{finding.code}: {text[finding.start : finding.end]}{where}")
    assert found == expected


def test_classes_that_are_there_are_named_and_offered(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.py").write_text("class A: ...\nclass B: ...\n")
    (finding,) = validate("model_class_name: 'C'\n", tmp_path)
    assert finding.message == "there is no class `C` in model/model.py: there are `A`, `B`"
    assert [edit.replacement for fix in finding.fixes for edit in fix.edits] == ["'A'", "'B'"]
    (finding,) = validate("model_name: x\n", tmp_path)
    assert finding.fixes[0].edits[0].replacement == "model_class_name: A\n"


def test_without_a_directory_no_file_is_missed() -> None:
    assert validate("requirements_file: r.txt\nmodel_class_filename: x.py\n") == []


@pytest.mark.parametrize(
    "config",
    [
        "requirements_file: '/'\n",
        f"data_dir: {'x' * 5000}\n",
        f"model_class_filename: {'x' * 5000}\n",
        "external_package_dirs: ['']\n",
        'model_module_dir: "a\\0b"\n',
    ],
)
def test_paths_no_system_knows_are_no_exception(config: str, tmp_path: Path) -> None:
    assert isinstance(validate(config, tmp_path), list)


def test_a_model_that_is_not_utf8_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.py").write_bytes(b"# \xff\n")
    (finding,) = validate("model_name: x\n", tmp_path)
    assert (finding.code, finding.path) == ("model-syntax", "model/model.py")


@pytest.mark.parametrize(
    ("text", "inputs"),
    [
        ("- name: a\n  input: {x: 1}\n- name: b\n  input: 2\n", [{"x": 1}, 2]),
        ("- input: 5\n", [5]),
        ("a: {input: 5}\nb: {x: 1}\n", [5, {"x": 1}]),
        ("", []),
    ],
)
def test_examples_are_a_list_or_a_mapping(text: str, inputs: list[Any]) -> None:
    assert [example.input for example in parse_examples(text)] == inputs


@pytest.mark.parametrize("text", ["- 5\n", "- {name: a}\n", "text\n", "a: [\n"])
def test_other_examples_are_refused(text: str) -> None:
    with pytest.raises(ExamplesError):
        parse_examples(text)
