"""What hashing, signing, comparing and planning cost for Trusses of 1,000 and 20,000 files."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.report import Row, publish, sample
from truss_base.diff import diff
from truss_base.hash import tree_hash, truss_hash
from truss_base.patch import Patch
from truss_base.plan import plan
from truss_base.signature import Signature

SIZES = (1_000, 20_000)
MODEL = "class Model:\n    def predict(self, request):\n        return {}\n"
FILES_PER_FOLDER = 50
TIMES = 9


def main() -> None:
    rows = _import_rows()
    for count in SIZES:
        with tempfile.TemporaryDirectory() as directory:
            rows += _tree_rows(_write_truss(Path(directory), count), count)
    publish("tree", "Hash, signature, diff and plan (files in the page cache)", rows)


def _import_rows() -> list[Row]:
    bare, package = (
        _import_times(statement)
        for statement in (
            "pass",
            "import truss_base",
        )
    )
    return [
        Row("start Python", bare),
        Row("start Python, import truss_base", package, target=150),
    ]


def _import_times(statement: str) -> tuple[float, ...]:
    return sample(lambda: subprocess.run([sys.executable, "-c", statement], check=True), TIMES)


def _tree_rows(root: Path, count: int) -> list[Row]:
    signed = Signature.of(root)
    old = {path: (root / path).read_bytes() for path in signed.content_hashes_by_path}
    (root / "model/model.py").write_text(MODEL.replace("{}", "request"))
    patches: list[Patch] = diff(signed, root)
    hashes = signed.content_hashes_by_path
    label = f"{count:,} files: "
    return [
        Row(label + "hash of the directory", sample(lambda: truss_hash(root), TIMES)),
        Row(label + "hash of the digests alone", sample(lambda: tree_hash(hashes), TIMES)),
        Row(label + "signature", sample(lambda: Signature.of(root), TIMES)),
        Row(label + "diff after one save", sample(lambda: diff(signed, root), TIMES)),
        Row(label + "plan of that save", sample(lambda: plan(old, patches), TIMES)),
    ]


def _write_truss(root: Path, count: int) -> Path:
    (root / "model").mkdir()
    (root / "config.yaml").write_text("model_name: benchmark\n")
    (root / "model/model.py").write_text(MODEL)
    for number in range(count - 2):
        folder = root / f"packages/part{number // FILES_PER_FOLDER}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"module{number}.py").write_text(f"VALUE = {number}\n" * 20)
    return root


if __name__ == "__main__":
    main()
