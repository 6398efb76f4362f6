"""`docs/validation.md`, from the registry: `python -m truss_base.validation.catalogue`."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from truss_base.validation.codes import CODES, Code

_HEAD = """\
# What validation finds

This page is generated from `truss_base/validation/codes.py`:
`python -m truss_base.validation.catalogue > docs/validation.md`.

`truss_base.validate(text, directory)` yields findings; the language server, `control-truss
validate` and your own code see the same ones. An **error** is what the existing loader refuses. A
**warning** is accepted when loading but surely not meant, or refused by a push. A **hint** is old
style, or a better form. A comment hides findings one does not want to see: `# truss: ignore[code]`
at the end of a line for that line, on a line of its own for the next one, above the first key for
the whole file; several codes are separated by commas, and without brackets every code is meant. It
works in the config, in the requirements file, in the file of examples and in the model's Python.

| code | severity | title |
| --- | --- | --- |
"""


def catalogue() -> str:
    """The page as Markdown."""
    rows = (
        f"| [`{code.code}`](#{code.code}) | {' or '.join(code.severities)} | {code.title} |\n"
        for code in CODES.values()
    )
    return "".join((_HEAD, *rows, *_sections()))


def _sections() -> Iterator[str]:
    for code in CODES.values():
        yield f"\n## {code.code}\n\n**{code.title}** ({' or '.join(code.severities)})\n\n"
        yield f"{code.doc}\n\nWhat to do: {_remedy(code)}\n"


def _remedy(code: Code) -> str:
    return f"{code.remedy} An editor offers this as a quick fix." if code.offered else code.remedy


if __name__ == "__main__":
    sys.stdout.write(catalogue())
