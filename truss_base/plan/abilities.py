"""What the container can do for a patch beside loading it: data, found out where it runs."""

from __future__ import annotations

from dataclasses import dataclass

from truss_base.config.definitions.effects import REQUIREMENTS, SYSTEM_PACKAGES
from truss_base.config.field import Effect
from truss_base.strategy import Strategy

_KEYS_OF_REQUIREMENTS = ("requirements", "requirements_file")
_ADDED = Effect(Strategy.NEW_ENVIRONMENT, "packages are installed beside what runs")
_REMOVED = Effect(Strategy.REBUILD, "what runs may use what was removed")


@dataclass(frozen=True, slots=True)
class Abilities:
    """Each field is None where the container can install such things, else why it cannot.

    What is said without asking any container is true of most.
    """

    requirements: str | None = None
    system_packages: str | None = SYSTEM_PACKAGES.reason

    def effect(self, key: str, effect: Effect, *, removes: bool) -> Effect:
        """The effect here of a change of the top-level `key`, which has `effect` in general."""
        if key in _KEYS_OF_REQUIREMENTS and self.requirements is not None:
            return Effect(Strategy.REBUILD, self.requirements)
        if key != "system_packages":
            return effect
        if self.system_packages is not None:
            return Effect(Strategy.REBUILD, self.system_packages)
        return _REMOVED if removes else _ADDED

    @property
    def of_requirements(self) -> Effect:
        """The effect of a change of the files that requirements stand in, or name."""
        return self.effect("requirements", REQUIREMENTS, removes=False)


@dataclass(frozen=True, slots=True)
class Installed:
    """The files of a Truss that its environment is made from: `files` holds requirements, what is
    at or below `paths` is installed itself."""

    files: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    def holds(self, path: str) -> bool:
        """Whether a change of the file at `path` changes the environment."""
        if path in self.files:
            return True
        return any(it in (".", path) or path.startswith(f"{it}/") for it in self.paths)
