"""Which packages own files of an environment, by what their installer recorded."""

from __future__ import annotations

import csv
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BYTE_CODE = "__pycache__"


def owners(environment: Path, names: Sequence[str]) -> set[str]:
    """The packages that brought the files `names`, relative to the environment.

    Byte code belongs to nobody: it is made from what does.
    """
    wanted = {name for name in names if BYTE_CODE not in PurePosixPath(name).parts}
    if not wanted:
        return set()
    return {
        record.parent.name.partition("-")[0]
        for record in environment.glob("lib/python*/site-packages/*.dist-info/RECORD")
        if not wanted.isdisjoint(_recorded(environment, record))
    }


def _recorded(environment: Path, record: Path) -> Iterator[str]:
    packages = record.parent.parent.relative_to(environment)
    with record.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if row and not row[0].startswith(("/", "..")):
                yield f"{packages}/{row[0]}"
