"""The registry of codes: one entry per kind of finding, with what to know about it.

A code is what `# truss: ignore[code]` names; it never changes its meaning.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """A kind of finding.

    A title for lists, a text for those who want to know more, the severities it comes with, and
    what to do about it. `offered`: an editor can do that, at least in the usual cases.
    """

    code: str
    title: str
    doc: str
    severities: tuple[str, ...]
    remedy: str
    offered: bool = False


_ERROR, _WARNING, _HINT = ("error",), ("warning",), ("hint",)

CODES = {
    code.code: code
    for code in (
        Code(
            "syntax",
            "No YAML",
            "The text cannot be read as YAML 1.1, which the loader uses.",
            _ERROR,
            "Mend the marked characters: a colon, a space, a quote or an indentation.",
            offered=True,
        ),
        Code(
            "not-a-mapping",
            "No mapping",
            "A config is a mapping of keys to values; this document is something else. An empty"
            " list or a zero is taken for an empty config: a warning.",
            ("error", "warning"),
            "Write keys with values, such as `model_name: My model`.",
        ),
        Code(
            "too-large",
            "Too large to read",
            "Nested too deeply, or aliases that unfold to more than any config needs; a warning"
            " where only a push refuses the depth.",
            ("error", "warning"),
            "Write the values out, or move them into a file of the Truss.",
        ),
        Code(
            "duplicate-key",
            "Key given twice",
            "YAML keeps the last of two equal keys, so the first one is lost without a word.",
            _WARNING,
            "Remove one of them; the other one is shown with the finding.",
        ),
        Code(
            "unknown-key",
            "Unknown key",
            "The loader keeps keys it does not know and nothing reads them; a push refuses them."
            " An error where the misspelt key is one that is needed.",
            ("error", "warning"),
            "Rename it to the key that was meant, or remove it.",
            offered=True,
        ),
        Code(
            "missing-key",
            "Missing key",
            "A section lacks a key without which it is refused.",
            _ERROR,
            "Add the key.",
            offered=True,
        ),
        Code(
            "type",
            "Wrong type",
            "The value is of a type the loader does not convert: a number is never made text.",
            _ERROR,
            "Put quotes around what is meant as text; give lists and mappings their form.",
            offered=True,
        ),
        Code(
            "value",
            "Not allowed",
            "The value is none of those that are allowed.",
            _ERROR,
            "Choose one of the values the message lists.",
            offered=True,
        ),
        Code(
            "format",
            "Wrong form",
            "The text does not have the form it needs.",
            _ERROR,
            "Write it as in the message's example.",
            offered=True,
        ),
        Code(
            "range",
            "Out of range",
            "The number is outside of what is allowed; a warning where it is allowed but useless.",
            ("error", "warning"),
            "Choose a number within the bounds the message names.",
        ),
        Code(
            "conflict",
            "Conflict",
            "Two keys exclude each other, or one needs another.",
            _ERROR,
            "Keep one of the two; the other one is shown with the finding.",
        ),
        Code(
            "deprecated",
            "Deprecated",
            "Still accepted when loading, but there is a newer form; a warning where a push"
            " refuses the old one.",
            ("warning", "hint"),
            "Use what the message names instead.",
            offered=True,
        ),
        Code(
            "coerced",
            "Changed by YAML",
            "YAML reads the plain value as something else, so other text arrives than was written.",
            _WARNING,
            "Put quotes around it.",
            offered=True,
        ),
        Code(
            "reserved",
            "Reserved",
            "The platform uses this name or number itself.",
            _WARNING,
            "Choose another one, or remove it.",
            offered=True,
        ),
        Code(
            "ignored",
            "Without effect",
            "What is written here changes nothing.",
            _WARNING,
            "Remove it.",
            offered=True,
        ),
        Code(
            "requirement",
            "No requirement",
            "The line is none that pip understands, so the build will fail. Lines of the"
            " requirements file are marked there.",
            _WARNING,
            "Write `name==1.2`, a URL, or an option of pip.",
            offered=True,
        ),
        Code(
            "missing-file",
            "Missing file",
            "The config names a file or a folder that is not there.",
            _WARNING,
            "Create it, or correct the name.",
        ),
        Code(
            "model-class",
            "No usable model class",
            "The model's file has no class of the configured name, or one that cannot serve.",
            _WARNING,
            "Name one of the classes there are, or give the class a method `predict`.",
            offered=True,
        ),
        Code(
            "model-syntax",
            "No Python",
            "The model's file cannot be read as Python.",
            _WARNING,
            "Mend the marked characters.",
        ),
        Code(
            "secret",
            "Undeclared secret",
            "The model reads a secret no config declares, and only declared ones are there.",
            _WARNING,
            "Add the name under `secrets`, with null as its value.",
            offered=True,
        ),
        Code(
            "unused-secret",
            "Unused secret",
            "The config declares a secret that nothing in the Truss speaks of. Silent where the"
            " code may read any secret.",
            _HINT,
            "Remove it.",
        ),
        Code(
            "import",
            "Nothing provides the module",
            "The code imports a module that is of no declared requirement, nor of what those"
            " need. Silent unless the contents of every requirement are known where this runs.",
            _HINT,
            "Add the distribution that provides it under `requirements`.",
        ),
        Code(
            "openai-tag",
            "No choice of API",
            "A model that `trt_llm` builds is tagged as one that OpenAI's clients can talk to, or"
            " as one they cannot; a push adds the first where there is none.",
            _HINT,
            "Add the tag under `model_metadata.tags`.",
            offered=True,
        ),
        Code(
            "examples",
            "Unusable examples",
            "The file of example inputs cannot be read.",
            _WARNING,
            "Write a list of entries with `name` and `input`, or a mapping of names to inputs.",
        ),
    )
}
