"""The code of docs/truss-base.md, run as it stands there; and what its comments claim."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

MODEL = "class Model:\n    def predict(self, x):\n        return 1\n"


@pytest.fixture
def namespace(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names that are there after the document's last block."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-truss" / "model").mkdir(parents=True)
    (tmp_path / "my-truss" / "config.yaml").write_text("use_control_plane: true\n")
    (tmp_path / "my-truss" / "model" / "model.py").write_text(MODEL)
    text = (repository / "docs" / "truss-base.md").read_text()
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(block, names)
    return names


def test_the_document_does_what_it_says(namespace: dict[str, Any]) -> None:
    config, finding, field = (namespace[name] for name in ("config", "finding", "field"))
    assert config.accelerator.count == 2
    assert config.python_tag == "3.11"
    assert namespace["paths"][:2] == [("resources", "cpu"), ("resources", "memory")]
    assert len(namespace["paths"]) == 3
    assert "\n" not in namespace["message"]
    assert (finding.severity, finding.code) == ("error", "format")
    assert finding.fixes[0].edits[0].replacement == "16Gi"
    assert (field.unit, field.default, field.leads_to.strategy.label) == ("requests", 1, "S2")
    anchor = namespace["reference_anchor"](("weights", 0, "source"))
    assert anchor == "weights.source"
    plan = namespace["plan"](None, namespace["patches"], old_config=namespace["before"].config)
    assert plan.strategy.label == "S2"
