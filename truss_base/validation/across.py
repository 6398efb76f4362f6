"""Across files: what the config names in its Truss, and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from truss_base.document import LineIndex, read_text
from truss_base.examples import ExamplesError, parse_examples
from truss_base.exceptions import ConfigError
from truss_base.model_place import needs_model
from truss_base.validation.findings import Finding
from truss_base.validation.imports import unprovided_imports
from truss_base.validation.model_file import class_findings
from truss_base.validation.outline import outline_of
from truss_base.validation.placing import key_range, value_range
from truss_base.validation.requirements import requirement_lines
from truss_base.validation.secrets import undeclared_secrets, unused_secrets
from truss_base.validation.sources import Source, python_sources
from truss_base.validation.suppression import unsuppressed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from truss_base.config import TrussConfig
    from truss_base.document import Document


def across_files(document: Document, config: TrussConfig, directory: Path) -> Iterator[Finding]:
    """Findings about the files of a Truss; ranges in another file's text carry its path."""
    if needs_model(config):
        yield from _model(document, config, directory)
    yield from _requirements(document, config, directory)
    yield from _package_dirs(document, config, directory)
    yield from _examples(config, directory)


def _model(document: Document, config: TrussConfig, directory: Path) -> Iterator[Finding]:
    relative = f"{config.model_module_dir}/{config.model_class_filename}"
    file = directory / relative
    sources = python_sources(config, directory)
    known = {source.path: source for source in sources.files}
    if relative not in known and not _is_file(file):
        written = [
            name
            for name in ("model_class_filename", "model_module_dir")
            if document.entry((name,)) is not None
        ]
        where = value_range(document, (written[0],)) if written else key_range(document, ())
        yield _missing(where, f"there is no file {relative}: the model's class belongs there")
        return
    try:
        model = known.get(relative) or _source(file, relative)
    except ConfigError as error:
        message = str(error).replace(str(file), relative)
        yield Finding(0, 0, "model-syntax", "warning", message, path=relative)
        return
    found = _of_model(document, config, model)
    found += unused_secrets(document, config, sources)
    found += unprovided_imports(config, directory, sources)
    texts = {source.path: source.text for source in (*sources.files, model)}
    yield from _shown(found, texts)


def _source(file: Path, relative: str) -> Source:
    text = read_text(file)
    return Source(relative, text, outline_of(text))


def _of_model(document: Document, config: TrussConfig, model: Source) -> list[Finding]:
    error = model.outline.error
    if error is not None:
        where = (error.start, error.end)
        return [Finding(*where, "model-syntax", "warning", error.name, path=model.path)]
    found = list(class_findings(document, config, model.outline, model.path))
    return [*found, *undeclared_secrets(document, config, model)]


def _shown(findings: list[Finding], texts: dict[str, str]) -> Iterator[Finding]:
    """Without those that a comment in their own file asks not to see."""
    yield from (finding for finding in findings if finding.path is None)
    for path in dict.fromkeys(finding.path for finding in findings):
        if path is not None:
            own = [finding for finding in findings if finding.path == path]
            yield from unsuppressed(own, texts[path], LineIndex(texts[path]))


def _requirements(document: Document, config: TrussConfig, directory: Path) -> Iterator[Finding]:
    name = config.requirements_file
    if not name:
        return
    if not _is_file(directory / name):
        yield _missing(value_range(document, ("requirements_file",)), f"there is no file {name}")
        return
    try:
        text = read_text(directory / name)
        yield from in_requirements(text, name)
    except ConfigError as error:
        where = value_range(document, ("requirements_file",))
        yield Finding(*where, "requirement", "warning", str(error))


def in_requirements(text: str, name: str) -> Iterator[Finding]:
    """What is wrong in the text of a requirements file; of its other forms nothing is read."""
    if not name.endswith((".toml", ".lock")):
        yield from _shown(list(requirement_lines(text, name)), {name: text})


def in_examples(text: str, name: str) -> Iterator[Finding]:
    """What is wrong in the text of a file of examples."""
    try:
        parse_examples(text)
    except ExamplesError as error:
        found = Finding(error.start, error.end, "examples", "warning", str(error), path=name)
        yield from _shown([found], {name: text})


def _package_dirs(document: Document, config: TrussConfig, directory: Path) -> Iterator[Finding]:
    for index, name in enumerate(config.external_package_dirs):
        if not _is_directory(directory / name):
            where = value_range(document, ("external_package_dirs", index))
            yield _missing(where, f"there is no folder {name}, seen from the Truss")


def _examples(config: TrussConfig, directory: Path) -> Iterator[Finding]:
    name = config.examples_filename
    if not _is_file(directory / name):
        return
    try:
        text = read_text(directory / name)
    except ConfigError as error:
        yield Finding(0, 0, "examples", "warning", str(error), path=name)
    else:
        yield from in_examples(text, name)


def _missing(where: tuple[int, int], message: str) -> Finding:
    return Finding(*where, "missing-file", "warning", message)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _is_directory(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False
