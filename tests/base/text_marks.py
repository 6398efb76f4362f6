"""Ranges written into the text of a test: `a: «wrong»`."""

from __future__ import annotations


def marked(text: str) -> tuple[str, list[str]]:
    """The text without marks, and the ranges as `start:end` of characters."""
    clean, ranges, opened = "", [], 0
    for character in text:
        if character == "«":
            opened = len(clean)
        elif character == "»":
            ranges.append(f"{opened}:{len(clean)}")
        else:
            clean += character
    return clean, ranges
