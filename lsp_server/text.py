"""Lines as LSP and Python's own tokenizer see them."""

from __future__ import annotations

import re

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def split_lines(text: str) -> list[str]:
    """Lines with their endings. ``str.splitlines`` also breaks at U+2028, form feeds and more."""
    return _LINE.findall(text) or [""]


def one_line(text: str, limit: int = 500) -> str:
    """Whitespace squeezed and the rest cut: fit for a status bar or the list of problems."""
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
