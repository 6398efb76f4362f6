"""`python -m drift`: exit status 0 in step, 1 drifted, 2 when `truss` cannot be had."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from drift import accepted, corpus, environment, report
from drift.asking import Probe, ProbeError, probing
from drift.difference import (
    Difference,
    compare_python_versions,
    compare_schemas,
    compare_shapes,
)
from drift.schemas import flatten
from drift.shapes import our_shapes, their_shapes
from drift.strategies import samples
from drift.verdicts import Sample, Tally
from truss_base.config.definitions.root_rules import PYTHON_VERSIONS
from truss_base.schema import config_schema

IN_STEP, DRIFTED, UNAVAILABLE = 0, 1, 2
EXAMPLES = 2000


def main(argv: list[str] | None = None) -> int:
    """Compares everything and says what is different; the exit status."""
    options = _options(argv)
    try:
        entries = accepted.read(accepted.FILE.read_text(encoding="utf-8"))
        python = _python(fresh=not options.keep)
        with probing(python) as probe:
            found = [*_definitions(probe), *_verdicts(probe, options.examples, options.seed)]
    except (environment.OfflineError, ProbeError, ValueError) as error:
        print(f"drift: {error}", file=sys.stderr)
        return UNAVAILABLE
    review = accepted.review(found, entries)
    print(*report.lines(review), sep="\n")
    drifted = bool(review.left or review.stale)
    print("drifted: see above" if drifted else "in step: every difference is a meant one")
    return DRIFTED if drifted else IN_STEP


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drift", description=__doc__)
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="configs to generate")
    parser.add_argument("--seed", type=int, default=0, help="which configs are generated")
    parser.add_argument("--keep", action="store_true", help="use the environment as it is")
    return parser.parse_args(argv)


def _python(*, fresh: bool) -> Path:
    known = environment.python_in()
    return environment.prepare() if fresh or not known.exists() else known


def _definitions(probe: Probe) -> Iterator[Difference]:
    theirs = probe.description
    shapes = their_shapes(theirs)
    print(f"truss {theirs['version']}: {len(shapes)} fields, types, defaults and enums compared")
    yield from compare_shapes(our_shapes(), shapes)
    yield from compare_python_versions(PYTHON_VERSIONS, theirs["python_versions"])
    places = flatten(theirs["schema"])
    print(f"JSON schema: {len(places)} places compared")
    yield from compare_schemas(flatten(config_schema()), places)


def _verdicts(probe: Probe, examples: int, seed: int) -> Iterator[Difference]:
    tally = Tally()
    for name, configs in _configs(examples, seed):
        if not configs:
            print(f"{name}: not there, so skipped")
            continue
        before, accepted_before, started = tally.compared, tally.accepted, time.monotonic()
        for sample, verdict in zip(configs, probe.judge(configs), strict=True):
            tally.add(sample, verdict)
        number, taken = tally.compared - before, tally.accepted - accepted_before
        spent = time.monotonic() - started
        print(f"{name}: {number} verdicts compared ({taken} accepted by us) in {spent:.0f} s")
    yield from tally.differences()


def _configs(examples: int, seed: int) -> Iterator[tuple[str, list[Sample]]]:
    yield "corpus", corpus.corpus()
    yield "fixtures", corpus.fixtures()
    yield "oddities", corpus.oddities()
    yield f"generated (seed {seed})", samples(examples, seed)


if __name__ == "__main__":
    sys.exit(main())
