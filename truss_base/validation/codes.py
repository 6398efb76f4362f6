"""The registry of codes: one entry per kind of finding, with a title and what to know about it.

A code is what `# truss: ignore[code]` names; it never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding: a title for lists, and a text for those who want to know more."""

    code: str
    title: str
    doc: str


CODES = {
    code.code: code
    for code in (
        Code("syntax", "No YAML", "The text cannot be read as YAML 1.1, which the loader uses."),
        Code(
            "not-a-mapping",
            "No mapping",
            "A config is a mapping of keys to values; this document is something else.",
        ),
        Code(
            "too-large",
            "Too large to read",
            "Nested too deeply, or aliases that unfold to more than any config needs.",
        ),
        Code(
            "duplicate-key",
            "Key given twice",
            "YAML keeps the last of two equal keys, so the first one is lost without a word.",
        ),
        Code(
            "unknown-key",
            "Unknown key",
            "The loader keeps keys it does not know and nothing reads them; a push refuses them.",
        ),
        Code("missing-key", "Missing key", "A section lacks a key without which it is refused."),
        Code(
            "type",
            "Wrong type",
            "The value is of a type the loader does not convert: a number is never made text.",
        ),
        Code("value", "Not allowed", "The value is none of those that are allowed."),
        Code("format", "Wrong form", "The text does not have the form it needs."),
        Code("range", "Out of range", "The number is outside of what is allowed or useful."),
        Code("conflict", "Conflict", "Two keys exclude each other, or one needs another."),
        Code(
            "deprecated",
            "Deprecated",
            "Still accepted when loading, but there is a newer form.",
        ),
        Code(
            "coerced",
            "Changed by YAML",
            "YAML reads the plain value as something else, so other text arrives than was written.",
        ),
        Code("reserved", "Reserved", "The platform uses this name or number itself."),
        Code("ignored", "Without effect", "What is written here changes nothing."),
        Code(
            "requirement",
            "No requirement",
            "The line is none that pip understands, so the build will fail.",
        ),
        Code("missing-file", "Missing file", "The config names a file that is not there."),
        Code(
            "model-class",
            "No usable model class",
            "The model's file has no class of the configured name, or one that cannot serve.",
        ),
        Code("model-syntax", "No Python", "The model's file cannot be read as Python."),
        Code("secret", "Undeclared secret", "The model reads a secret no config declares."),
        Code(
            "unused-secret",
            "Unused secret",
            "The config declares a secret that nothing in the Truss speaks of.",
        ),
        Code(
            "import",
            "Nothing provides the module",
            "The code imports a module that is of no declared requirement, nor of what they need.",
        ),
        Code(
            "openai-tag",
            "No choice of API",
            "A TensorRT-LLM model is tagged as one that OpenAI clients can talk to; a push asks.",
        ),
        Code("examples", "Unusable examples", "The file of example inputs cannot be read."),
    )
}
