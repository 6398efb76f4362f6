"""TrussConfig: a checked config, from text, from data or built in code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from truss_base.config.definitions.root import ROOT
from truss_base.config.dump import Depth, dump
from truss_base.config.faults import Fault, dotted
from truss_base.exceptions import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path as FilePath

    from typing_extensions import Unpack

    from truss_base.config.definitions.accelerator import Accelerator
    from truss_base.config.record import Record
    from truss_base.config.typed import ConfigKeys


class TrussConfig:
    """The values of a config, as attributes; a section is a mapping with attributes of its own.

    Unknown keys are kept and tolerated, as by the existing loader. Values are converted as it
    does: `predict_concurrency: "5"` is 5, `cpu: 4` is refused. `faults` holds what is tolerated.
    """

    model_name: str | None
    model_metadata: dict[str, Any]
    description: str | None
    examples_filename: str
    data_dir: str
    external_data: list[Record] | None
    external_package_dirs: list[str]
    python_version: str
    base_image: Record | None
    requirements_file: str | None
    requirements: list[str]
    system_packages: list[str]
    environment_variables: dict[str, str]
    secrets: dict[str, str | None]
    resources: Record
    runtime: Record
    build: Record
    build_commands: list[str]
    docker_server: Record | None
    model_cache: list[Record]
    weights: list[Record]
    bdn: Record
    trt_llm: Record | None
    training_checkpoints: Record | None
    bis_llm: Record | None
    model_module_dir: str
    model_class_filename: str
    model_class_name: str
    bundled_packages_dir: str
    live_reload: bool
    apply_library_patches: bool

    _record: Record
    faults: tuple[Fault, ...]

    def __init__(self, **values: Unpack[ConfigKeys]) -> None:
        """A config built in code; a section is a mapping, typed (`truss_base.config.typed`) or not.

        Raises ConfigError, which lists every fault.
        """
        faults: list[Fault] = []
        record = _read(values, faults)
        _refuse(faults)
        self._hold(record, faults)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TrussConfig:
        """A config from plain data. Raises ConfigError, which lists every fault."""
        faults: list[Fault] = []
        record = _read(data, faults)
        _refuse(faults)
        return cls.of_record(record, faults)

    @classmethod
    def from_text(cls, text: str) -> TrussConfig:
        """A config from the text of a config.yaml; an empty one has every default.

        Raises ConfigError: for text that is no YAML with the place, otherwise with every fault.
        """
        from truss_base.document import load

        return cls.from_dict(load(text) or {})

    @classmethod
    def from_yaml(cls, path: FilePath) -> TrussConfig:
        """A config from a file. Raises ConfigError when it is missing, no text or no config."""
        from truss_base.document import read_text

        try:
            return cls.from_text(read_text(path))
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}", error.faults) from None

    @classmethod
    def tolerant(cls, data: object) -> TrussConfig:
        """A config from whatever there is: never raises, puts defaults where nothing is usable.

        For the container side, which must start on configs of newer versions.
        """
        faults: list[Fault] = []
        return cls.of_record(_read(data if isinstance(data, dict) else {}, faults), faults)

    @classmethod
    def of_record(cls, record: Record, faults: list[Fault]) -> TrussConfig:
        """A config whose values have been read already, with what was found on the way."""
        config = cls.__new__(cls)
        config._hold(record, faults)
        return config

    def _hold(self, record: Record, faults: list[Fault]) -> None:
        self.__dict__.update(_record=record, faults=tuple(faults))

    def replace(self, **changes: Unpack[ConfigKeys]) -> TrussConfig:
        """This config with other values for some keys of the root, checked as a whole.

        Raises ConfigError, which lists every fault.
        """
        return type(self).from_dict({**dump(self._record, Depth.MINIMAL), **changes})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._record, name)

    def __setattr__(self, name: str, value: object) -> None:
        # A value that is set alone would escape the rules over several keys.
        raise AttributeError(f"a config is checked as a whole: use replace({name}=...)")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TrussConfig) and self.to_dict(True) == other.to_dict(True)

    __hash__ = None  # type: ignore[assignment]  # a config can be changed, so it has no hash

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={self._record[name]!r}" for name in sorted(self._record.given))
        return f"TrussConfig({shown})"

    @property
    def use_control_plane(self) -> bool:
        """Whether the container has a control plane; `live_reload` is another name for it."""
        return bool(self._record["use_control_plane"] or self._record["live_reload"])

    @property
    def accelerator(self) -> Accelerator:
        """The GPUs; falsy without one."""
        accelerator: Accelerator = self._record["resources"]["accelerator"]
        return accelerator

    @property
    def python_tag(self) -> str:
        """The Python version with a dot, such as `3.11` for `py311`."""
        version = self.python_version
        return f"{version[2:3]}.{version[3:]}"

    @property
    def unknown_keys(self) -> tuple[str, ...]:
        """The unknown keys on every level, as dotted paths."""
        return tuple(dotted(fault.path) for fault in self.faults if fault.code == "unknown-key")

    def to_dict(self, verbose: bool = True) -> dict[str, Any]:
        """Plain data. `verbose` has every key, so that a reader needs no defaults; otherwise what
        differs from the defaults, with `resources` and `python_version` always."""
        if verbose:
            complete: dict[str, Any] = dump(self._record, Depth.COMPLETE)
            return complete
        sparse: dict[str, Any] = dump(self._record, Depth.SPARSE)
        sparse["resources"] = dump(self._record["resources"], Depth.COMPLETE)
        sparse["python_version"] = self._record["python_version"]
        return sparse

    def to_yaml(self) -> str:
        """The text of a config file that says the same in as little as possible.

        Keys have the order of the reference, unknown ones come last; a key with its default is
        left out, except a `python_version` that was given, whose default moves between releases.
        """
        from truss_base.config.writing import yaml_text

        return yaml_text(dump(self._record, Depth.MINIMAL))

    def write_yaml(self, path: FilePath) -> None:
        """Writes `to_yaml()` to a file, which is replaced as a whole or left as it was.

        Raises ConfigError when it cannot be written.
        """
        from truss_base.config.writing import write_atomically

        write_atomically(path, self.to_yaml())


def _read(data: Mapping[str, Any], faults: list[Fault]) -> Record:
    if not hasattr(data, "items"):
        raise ConfigError(f"a config has to be a mapping, not {type(data).__name__}")
    return ROOT.read(dict(data), (), faults.append)


def _refuse(faults: list[Fault]) -> None:
    errors = [fault for fault in faults if fault.severity == "error"]
    if errors:
        raise ConfigError("; ".join(_line(fault) for fault in errors), errors)


def _line(fault: Fault) -> str:
    where = dotted(fault.path)
    return f"{where}: {fault.message}" if where else fault.message
