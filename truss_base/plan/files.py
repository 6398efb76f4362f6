"""What a change of a file leads to, whatever it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from truss_base import paths, requirements
from truss_base.plan.python import text_change
from truss_base.plan.result import Change
from truss_base.strategy import Strategy

if TYPE_CHECKING:
    from truss_base.config import TrussConfig
    from truss_base.config.field import Effect
    from truss_base.patch import TreeFile
    from truss_base.plan.abilities import Installed
    from truss_base.plan.hot import AnalysisCache
    from truss_base.plan.observers import Sources

# Documents and settings of other tools, which a running model has no reason to read.
_DOCUMENT = re.compile(
    r"(README|LICEN[CS]E|NOTICE|AUTHORS|CHANGELOG|CONTRIBUTING|CODEOWNERS|CITATION)(\.\w+)?"
    r"|[^/]+\.(md|rst|adoc)"
    r"|\.(truss_ignore|gitignore|gitattributes|dockerignore|editorconfig|pre-commit-config\.yaml)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Surroundings:
    """What a single file's change is judged by: the new config, all sources, whether the tree
    holds links, through which a file may be read under another name, which files the environment
    is made from, what a change of that leads to, and the code analysed before."""

    config: TrussConfig
    sources: Sources
    has_links: bool
    installed: Installed
    of_requirements: Effect
    cache: AnalysisCache


def file_change(
    path: str, before: bytes | None, after: TreeFile | None, around: Surroundings
) -> Change | None:
    """The change of the file at `path`, None standing for its absence.

    None if it is code, and more than its text changed: what that leads to depends on all code.
    """
    config = around.config
    if path == requirements_path(config):
        return _requirements(path, before, after, around.of_requirements)
    if around.installed.holds(path):
        return _installs(path, before, after, around.of_requirements)
    if paths.below(path, paths.directory(config.data_dir)) is not None:
        return _reload(path, _verb(before, after), "the model may read its data")
    if _is_document(path, config):
        return _document(path, _verb(before, after), around)
    if path.endswith(".py") and (after is None or after.symlink is None):
        return _code(path, before, after, around)
    return _reload(path, _verb(before, after), "the model may depend on it")


def _code(
    path: str, before: bytes | None, after: TreeFile | None, around: Surroundings
) -> Change | None:
    if after is not None and after.blob is not None:
        return _reload(path, _verb(before, after), "its text came apart, and is not known here")
    if before is not None and after is not None:
        change = text_change(path, before, after.content, around.sources, around.cache)
        if change is not None:
            return change
    if around.has_links:
        return _reload(path, _verb(before, after), "a symbolic link may lead to it")
    return None


def requirements_path(config: TrussConfig) -> str | None:
    """The path of the config's requirements file. Raises PathError when it leaves the Truss."""
    return paths.normalize(config.requirements_file) if config.requirements_file else None


def _verb(before: bytes | None, after: TreeFile | None) -> str:
    if after is None:
        return "removed"
    return "added" if before is None else "changed"


def _reload(path: str, verb: str, because: str) -> Change:
    return Change(path, Strategy.RELOAD, f"{path} {verb}: {because}: reload")


def _requirements(
    path: str, before: bytes | None, after: TreeFile | None, effect: Effect
) -> Change:
    is_text = after is not None and after.symlink is None and after.blob is None
    if before is not None and after is not None and is_text:
        old, new = (text.decode("utf-8", "replace") for text in (before, after.content))
        lines = requirements.parse(path, new)
        # Only pip's format says everything in its lines; a lock file has more than versions.
        if not path.endswith((".toml", ".lock")) and requirements.parse(path, old) == lines:
            return Change(path, Strategy.SYNC, f"{path}: the same requirements as before: sync")
    return _installs(path, before, after, effect)


def _installs(path: str, before: bytes | None, after: TreeFile | None, effect: Effect) -> Change:
    reason = f"{path} {_verb(before, after)}: {effect.reason}: {effect.strategy.title}"
    return Change(path, effect.strategy, reason)


def _is_document(path: str, config: TrussConfig) -> bool:
    # Below model/ and packages/ a text may be a prompt; at the top it is there for people.
    inside = (config.model_module_dir, config.bundled_packages_dir)
    if any(paths.below(path, paths.directory(base)) is not None for base in inside):
        return False
    if path == config.examples_filename:
        return True
    return _DOCUMENT.fullmatch(path.removeprefix("docs/")) is not None


def _document(path: str, verb: str, around: Surroundings) -> Change:
    reader = around.sources.reader_of_file(path)
    if reader is None and around.has_links:
        reader = "a symbolic link in the Truss"
    if reader:
        return _reload(path, verb, f"{reader} may read it")
    return Change(path, Strategy.SYNC, f"{path} {verb}: nothing that runs reads it: sync")
