"""`model_cache` rewritten as `weights`, where the same files appear at the same place.

That is so for what is mounted (`use_volume: true`). What is copied into the image lies in the cache
of a library, and the model's code may read it from there: nothing is offered for it. The mapping of
one to the other is that of `truss migrate`; comments stay where they are.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from truss_base.config.definitions.weights import source_rule
from truss_base.document import Document, Entry, Mapping, Scalar, Sequence
from truss_base.validation.findings import Edit, Fix
from truss_base.validation.rewriting import leads_to, written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from truss_base.config.faults import Fault
    from truss_base.document import Node

_FOLDER = PurePosixPath("/app/model_cache")
_SCHEMES = {"hf": "hf", "gcs": "gs", "s3": "s3", "azure": "azure"}
_SECRET, _DEFAULT_SECRET = "runtime_secret_name", "hf_access_token"
_PATTERNS = ("allow_patterns", "ignore_patterns")
_TEXTS = ("repo_id", "revision", "volume_folder", "kind", _SECRET)
_KNOWN = frozenset((*_TEXTS, *_PATTERNS, "use_volume"))


def to_weights(document: Document, fault: Fault) -> Iterator[Fix]:
    """The fix of a deprecated `model_cache`; none where anything would be lost or moved."""
    (name,) = fault.path
    entry = document.entry((name,))
    if entry is None or not isinstance(entry.value, Sequence) or "weights" in document.data:
        return
    sources = [_source(repository) for repository in document.data[name]]
    edits = [Edit(entry.key.start, entry.key.end, "weights")]
    for node, source in zip(entry.value.items, sources, strict=True):
        if source is None or not isinstance(node, Mapping):
            return
        edits += _rewritten(document, node, source)
    if len({source["mount_location"] for source in sources if source}) < len(sources):
        return
    wanted = {key: value for key, value in document.data.items() if key != name}
    if leads_to(document, edits, {**wanted, "weights": sources}):
        yield Fix("Mount them by `weights`, at the same place", tuple(edits))


def _source(repository: Any) -> dict[str, Any] | None:
    """The entry of `weights` that says the same; None where none does."""
    if not isinstance(repository, dict) or repository.get("use_volume") is not True:
        return None
    texts = {key: repository.get(key, "") for key in _TEXTS}
    known = _KNOWN.issuperset(repository) and all(isinstance(v, str) for v in texts.values())
    place = _place(texts) if known and texts["volume_folder"] else None
    if place is None or source_rule(place) is not None:
        return None
    source: dict[str, Any] = {
        "source": place,
        "mount_location": str(_FOLDER / texts["volume_folder"]),
    }
    secret = repository.get(_SECRET, _DEFAULT_SECRET)
    if secret:
        source["auth_secret_name"] = secret
    for key in _PATTERNS:
        if repository.get(key) == []:  # nothing says whether that lets all pass, or none
            return None
        if key in repository:
            source[key] = repository[key]
    return source


def _place(texts: dict[str, str]) -> str | None:
    scheme = _SCHEMES.get(texts["kind"] or "hf")
    if scheme is None:
        return None
    place = texts["repo_id"].removeprefix(f"{scheme}://" if scheme != "hf" else "")
    if scheme == "hf":
        is_plain = "@" not in place and "://" not in place
        return f"hf://{place}@{texts['revision']}" if is_plain and texts["revision"] else None
    return None if texts["revision"] else f"{scheme}://{place}"


def _rewritten(document: Document, node: Mapping, source: dict[str, Any]) -> Iterator[Edit]:
    if node.flow:
        yield Edit(node.start, node.end, _in_braces(document, node, source))
        return
    said = {str(getattr(entry.key, "text", "")): entry for entry in node.entries}
    first = node.entries[0].key.start
    indent = " " * document.lines.column(first)
    # Up to the first key that stays, what goes leaves its dash to the next one.
    leads = True
    for name, entry in said.items():
        new = _renamed(name, entry, source)
        if new is None:
            following = _next(node, entry) if leads else None
            yield _removal(document, entry, following)
            continue
        leads = False
        if name == "volume_folder" and _SECRET not in said and "auth_secret_name" in source:
            new += f"{document.lines.newline}{indent}auth_secret_name: {_DEFAULT_SECRET}"
        if name not in _PATTERNS:
            yield Edit(entry.key.start, entry.value.end, new)


def _renamed(name: str, entry: Entry, source: dict[str, Any]) -> str | None:
    """What a key and its value become; None where they say nothing any more."""
    renamed = {"repo_id": "source", "volume_folder": "mount_location", _SECRET: "auth_secret_name"}
    key = renamed.get(name, name)
    if key not in source:
        return None
    style = entry.value.style if isinstance(entry.value, Scalar) else ""
    return f"{key}: {written(str(source[key]), style)}"


def _next(node: Mapping, entry: Entry) -> Entry | None:
    at = node.entries.index(entry) + 1
    return node.entries[at] if at < len(node.entries) else None


def _removal(document: Document, entry: Entry, following: Entry | None) -> Edit:
    """The entry and its line, but never a comment; on the line of a dash, up to the next key."""
    start, end = entry.key.start, entry.value.end
    if following is not None:
        has_comment = "#" in document.text[end : following.key.start]
        return Edit(start, end if has_comment else following.key.start, "")
    lines = document.lines
    line = lines.line_at(start)
    begin, stop = lines.span(line)
    if document.text[begin:start].strip() or document.text[end:stop].strip():
        return Edit(start, end, "")
    return Edit(begin, lines.starts[line + 1] if line + 1 < len(lines) else stop, "")


def _in_braces(document: Document, node: Mapping, source: dict[str, Any]) -> str:
    values: dict[str, Node] = {
        entry.key.text: entry.value for entry in node.entries if isinstance(entry.key, Scalar)
    }
    parts = [
        f"{key}: {_raw(document, values[key]) if key in values else written(str(value), '')}"
        for key, value in source.items()
    ]
    return f"{{{', '.join(parts)}}}"


def _raw(document: Document, node: Node) -> str:
    return document.text[node.start : node.end]
