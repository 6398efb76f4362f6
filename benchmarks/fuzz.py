"""Validation under fire: mutated configs for as long as asked, each within its time.

On demand, not part of the tests: `scripts/fuzz --minutes 10 --seed 1`. Seeds are the fixtures, the
shared corpus where it is, and pieces known to hurt parsers. A text that raises, or costs more
processor time than a keystroke may, is written down under the system's folder for temporary files.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from benchmarks.corpus import real_configs
from truss_base.config import every_field
from truss_base.examples import ExamplesError, parse_examples
from truss_base.validation import is_truss_config, validate
from truss_base.validation.outline import outline_of
from truss_base.validation.requirements import requirement_lines

ROOT = Path(__file__).resolve().parent.parent
LONGEST = 100_000
MOST_MILLISECONDS = 200
PIECES = (
    *(": ", ":", "- ", "? ", "[", "]", "{", "}", "{{", "}}", "'", '"', "|", ">", "|-\n", "#", " #"),
    *("\n", "\r\n", "\r", "\t", "  ", " ", "\n\n", "\n  ", "\n- ", "\n\t", ", ", ",", "---\n"),
    *("...\n", "%YAML 1.1\n", "&a ", "*a", "<<: *a", "<<: ", "!!str ", "!!binary ", "!!omap "),
    *("!!set ", "!!python/object:os.system ", "!x ", "=", "~", "null", "010", "12:30", "1e400"),
    *("2024-13-45", ".inf", "0x", "\0", "\x07", "\ud800", "\ufeff", "\u2028", "\x85", "😀", "é"),
    *("@", "`", "\\", "${X}", "a=1", "torch=2.1", "A10G:2:3", "# truss: ignore[type]", "9" * 400),
)
Operation = Callable[[random.Random, str, list[str]], str]


def main() -> int:
    options = _options()
    chance = random.Random(options.seed)
    pool = list(_seeds())
    slowest, count, failures = 0.0, 0, 0
    end = time.monotonic() + options.minutes * 60
    while time.monotonic() < end:
        text = _mutated(chance, pool)
        for call in CALLS:
            elapsed, reason = _judged(call, text)
            slowest = max(slowest, elapsed)
            if reason is not None:
                failures += 1
                _keep(text, f"{call.__name__}: {reason}")
        count += 1
        if len(text) < 20_000 and len(pool) < 5_000 and chance.random() < 0.05:
            pool.append(text)
    print(f"{count:,} texts, {failures} failures, slowest {slowest:.0f} ms")
    return 1 if failures else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _seeds() -> Iterator[str]:
    yield ""
    yield from (path.read_text() for path in sorted(ROOT.glob("fixtures/*/config.yaml")))
    yield from (path.read_text() for path in sorted(ROOT.glob("fixtures/*/model/*.py")))
    yield from (text for _, text in real_configs())
    for path, field in every_field():
        lines = [f"{'  ' * depth}{step}:" for depth, step in enumerate(path)]
        yield "\n".join(lines) + f" {field.example}\n"


def requirements(text: str) -> None:
    list(requirement_lines(text, "requirements.txt"))


def examples(text: str) -> None:
    with suppress(ExamplesError):
        parse_examples(text)


CALLS: tuple[Callable[[str], object], ...] = (
    *(validate, is_truss_config, outline_of, requirements, examples),
)


def _judged(call: Callable[[str], object], text: str) -> tuple[float, str | None]:
    """Milliseconds of processor time, and why the call is a failure, if it is one."""
    elapsed = float("inf")
    # The best of three: a machine that is busy with other things is no slow text.
    for _ in range(3):
        began = time.process_time()
        try:
            call(text)
        except Exception as error:  # anything at all is what is looked for
            return 0, f"{type(error).__name__}: {error}"
        elapsed = min(elapsed, (time.process_time() - began) * 1000)
        if elapsed <= MOST_MILLISECONDS:
            return elapsed, None
    return elapsed, f"{elapsed:.0f} ms"


def _mutated(chance: random.Random, pool: list[str]) -> str:
    text = chance.choice(pool)
    for _ in range(chance.choice((1, 1, 2, 3, 5, 10))):
        text = chance.choice(OPERATIONS)(chance, text, pool)[:LONGEST]
    return text


def _insert(chance: random.Random, text: str, pool: list[str]) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + chance.choice(PIECES) + text[at:]


def _delete(chance: random.Random, text: str, pool: list[str]) -> str:
    at = chance.randint(0, len(text))
    return text[:at] + text[at + chance.choice((1, 1, 2, 5, 40)) :]


def _reindent(chance: random.Random, text: str, pool: list[str]) -> str:
    lines = text.split("\n")
    at = chance.randrange(len(lines))
    lines[at] = " " * chance.randint(0, 6) + lines[at].lstrip()
    return "\n".join(lines)


def _move_line(chance: random.Random, text: str, pool: list[str]) -> str:
    lines = text.split("\n")
    line = lines.pop(chance.randrange(len(lines)))
    lines.insert(chance.randint(0, len(lines)), line)
    return "\n".join(lines)


def _splice(chance: random.Random, text: str, pool: list[str]) -> str:
    other = chance.choice(pool)
    return text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]


def _repeat(chance: random.Random, text: str, pool: list[str]) -> str:
    """A part of the text, or a few pieces, until the text is as long as a text may be."""
    at = chance.randint(0, len(text))
    part = text[at : at + chance.choice((1, 5, 30, 300))] if chance.random() < 0.5 else ""
    part = part or "".join(chance.choices(PIECES, k=chance.randint(1, 4)))
    room = chance.choice((100, 5_000, LONGEST)) // len(part)
    return text[:at] + part * room + text[at:]


OPERATIONS: tuple[Operation, ...] = (
    *(_insert, _insert, _insert, _delete, _delete, _reindent, _move_line, _splice, _repeat),
)


def _keep(text: str, reason: str) -> None:
    folder = Path(tempfile.gettempdir()) / "control-truss-fuzz"
    folder.mkdir(exist_ok=True)
    file = folder / f"{abs(hash(text)):x}.txt"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    print(f"{reason}\n  {len(text):,} characters in {file}: {text[:70]!r}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
