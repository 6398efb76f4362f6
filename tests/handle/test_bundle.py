"""What runs beside a model travels as source, complete and nothing more."""

from __future__ import annotations

from pathlib import Path

from truss_handle.bundle import ensure_bundle, source_files


def test_everything_a_server_needs_travels() -> None:
    names = [name for name, _ in source_files()]
    assert {"truss_base/signature.py", "control/plane/__main__.py"} <= set(names)
    assert "control/inference/control_truss_inference/__main__.py" in names
    assert "control/inference/requirements.txt" in names
    assert names == sorted(names)


def test_nothing_else_travels() -> None:
    names = [name for name, _ in source_files()]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]
    assert {name.split("/")[0] for name in names} == {"truss_base", "control"}


def test_the_same_content_is_copied_once(tmp_path: Path) -> None:
    first = ensure_bundle(tmp_path)
    assert first.control_requirements.is_file()
    assert first.inference_requirements.is_file()
    assert (first.inference_dir / "control_truss_inference").is_dir()
    assert ensure_bundle(tmp_path) == first
    assert list(tmp_path.iterdir()) == [first.root]
