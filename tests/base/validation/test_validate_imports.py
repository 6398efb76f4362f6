"""Imports that nothing declared provides: a hint where that is sure, silence in any doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from truss_base.validation import validate

MODEL = "{}\n\nclass Model:\n    def predict(self, request):\n        return request\n"

# The config, the model's imports, the modules that are marked. `pygls`, `pytest` and `packaging`
# are installed where these tests run; `zzz-unknown` is nowhere.
CASES = [
    ("model_name: x", "import cv2", ["cv2"]),
    ("model_name: x", "import cv2.dnn as dnn, json", ["cv2.dnn"]),
    ("model_name: x", "from sklearn.svm import SVC", ["sklearn.svm"]),
    ("model_name: x", "import pygls", ["pygls"]),
    ("requirements: [packaging]", "import pygls\nimport packaging.version", ["pygls"]),
    ("requirements: [PyYAML, pygls]", "import yaml, pygls", []),
    # What a requirement needs itself comes with it.
    ("requirements: ['pytest>=8']", "import pluggy", []),
    # The standard library, of any version; the server's own packages; the Truss's own modules.
    ("model_name: x", "import os.path, imp, tomllib, zoneinfo\nfrom __future__ import x", []),
    ("model_name: x", "import numpy, fastapi, requests, pydantic, yaml, truss_transfer", []),
    ("model_name: x", "import model, helper\nfrom .other import x\nfrom . import y", []),
    ("model_name: x", "import bundled", []),
    # No more than an attempt.
    ("model_name: x", "try:\n    import cv2\nexcept ImportError:\n    cv2 = None", []),
    ("model_name: x", "if TYPE_CHECKING:\n    import cv2", []),
    # What is declared may bring anything along.
    ("requirements: [zzz-unknown]", "import cv2", []),
    ("requirements: ['git+https://github.com/a/b']", "import cv2", []),
    ("requirements: [--pre, pygls]", "import cv2", []),
    ("base_image: {image: a}", "import cv2", []),
    ("build_commands: [pip install opencv-python]", "import cv2", []),
    ("system_packages: [python3-opencv]", "import cv2", []),
    ("requirements_file: requirements.txt", "import cv2", []),
]  # fmt: skip


@pytest.mark.parametrize(("config", "imports", "expected"), CASES)
def test_only_what_surely_is_missing_is_marked(
    config: str, imports: str, expected: list[str], tmp_path: Path
) -> None:
    files = {
        "model/model.py": MODEL.format(imports),
        "model/helper.py": "",
        "packages/bundled/__init__.py": "",
        "requirements.txt": "zzz-unknown\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    findings = validate(f"{config}\n", tmp_path)
    assert {f.code for f in findings} <= {"import"}
    assert {f.severity for f in findings} <= {"hint"}
    assert [files[f.path or ""][f.start : f.end] for f in findings] == expected


def test_a_file_with_more_requirements_than_the_config_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.py").write_text(MODEL.format("import cv2, pygls"))
    (tmp_path / "requirements.txt").write_text("pygls>=0.12  # ours\n")
    (finding,) = validate("requirements_file: requirements.txt\n", tmp_path)
    assert finding.message == "nothing declared under `requirements` provides the module `cv2`"
