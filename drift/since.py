"""Since which release of `truss` each key is known: `python -m drift.since`.

Writes `truss_base/config/definitions/since.py`. Released versions are downloaded, and their sources
read as text: one in every dozen, and between two that differ, by halves. To be run when a release
brings a key; what is downloaded once is kept.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache

import uv

from drift.environment import PLACE
from drift.places import DEFINITIONS
from drift.release import Release, read_release
from truss_base.config import every_field

OUTPUT = DEFINITIONS / "since.py"
_WHEELS = PLACE / "releases"
_STRIDE = 12
_AVAILABLE = re.compile(r"Available versions: (.*)")
_RELEASED = re.compile(r"[0-9]+(\.[0-9]+)*")
_HEAD = '''\
"""Since which release of `truss` a key is known. Generated: `python -m drift.since`.

A key that is not listed is as old as {oldest}, the oldest release there is, or none of truss.
"""

from __future__ import annotations

SINCE = {{
'''
Keys = tuple[str, ...]


def main() -> int:
    """Looks at releases until every key's first one is known, and writes them down."""
    versions = _versions()
    paths = sorted({path for path, _ in every_field()})
    first = {path: version for path in paths if (version := _first(path, versions))}
    text = _HEAD.format(oldest=versions[0])
    text += "".join(
        f"    {json.dumps('.'.join(path))}: {json.dumps(version)},\n"
        for path, version in first.items()
        if version != versions[0]
    )
    OUTPUT.write_text(text + "}\n")
    print(f"{len(paths)} keys, {_release.cache_info().currsize} of {len(versions)} releases read")
    return 0


def _first(path: Keys, versions: Sequence[str]) -> str | None:
    """The first release from which on the newest ones know a key; None where not even the last."""
    if not _release(versions[-1]).knows(path):
        return None
    known = len(versions) - 1
    unknown = next((at for at in _looks(known) if not _release(versions[at]).knows(path)), None)
    if unknown is None:
        return versions[0]
    known = min(at for at in (*_looks(known), known) if at > unknown)
    while known - unknown > 1:
        middle = (known + unknown) // 2
        if _release(versions[middle]).knows(path):
            known = middle
        else:
            unknown = middle
    return versions[known]


def _looks(newest: int) -> Iterator[int]:
    """The releases that are looked at in any case, from the newest back to the first."""
    yield from range(newest - _STRIDE, 0, -_STRIDE)
    yield 0


def _versions() -> list[str]:
    """The released versions, oldest first."""
    outcome = _pip("index", "versions", "truss")
    match = _AVAILABLE.search(outcome)
    if match is None:
        raise SystemExit(f"the package index names no versions of truss: {outcome[:200]}")
    found = [version for version in match[1].split(", ") if _RELEASED.fullmatch(version)]
    return found[::-1]


@cache
def _release(version: str) -> Release:
    wheels = list(_WHEELS.glob(f"truss-{version}-*.whl"))
    if not wheels:
        _pip(
            *("download", f"truss=={version}", "--no-deps", "--ignore-requires-python"),
            *("--only-binary", ":all:", "--dest", str(_WHEELS)),
        )
        wheels = list(_WHEELS.glob(f"truss-{version}-*.whl"))
    return read_release(wheels[0])


def _pip(*arguments: str) -> str:
    # uv itself neither lists versions nor downloads without installing.
    command = [uv.find_uv_bin(), "tool", "run", "--quiet", "pip", *arguments]
    outcome = subprocess.run(command, capture_output=True, text=True)
    if outcome.returncode != 0:
        said = " ".join(outcome.stderr.split())[-300:]
        raise SystemExit(f"the package index cannot be asked: {said}")
    return outcome.stdout


if __name__ == "__main__":
    sys.exit(main())
