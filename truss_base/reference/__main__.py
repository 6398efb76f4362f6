"""`python -m truss_base.reference [DIRECTORY]`: writes the generated files of a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

from truss_base.reference.files import generated_files


def main(arguments: list[str]) -> int:
    """Write what has changed, and say so."""
    root = Path(arguments[0] if arguments else ".")
    for path, text in generated_files().items():
        file = root / path
        if not file.is_file() or file.read_bytes() != text.encode():
            file.write_bytes(text.encode())
            print(f"wrote {path}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
