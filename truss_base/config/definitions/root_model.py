"""The keys of the root that say what the model is and where its files are."""

from __future__ import annotations

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.data import CACHE_INTERNAL, EXTERNAL_DATA
from truss_base.config.definitions.effects import (
    CONTROL,
    DATA,
    DOWNLOAD,
    IMAGE,
    LAYOUT,
    MODEL_READS,
    SERVER_READS,
)
from truss_base.config.field import Field
from truss_base.config.kinds import Anything, Boolean, Text

ABOUT = (
    Field(
        "model_name",
        Maybe(Text()),
        "The name people see for the model.",
        None,
        leads_to=MODEL_READS,
        example="Iris classifier",
    ),
    Field(
        "model_metadata",
        MapOf(Anything()),
        "Anything else about the model; it finds the whole config in its `config` argument.",
        {},
        leads_to=MODEL_READS,
        example={"example_model_input": {"prompt": "Hello"}},
    ),
    Field(
        "description",
        Maybe(Text()),
        "What the model does, in a sentence.",
        None,
        leads_to=MODEL_READS,
        example="Names the species of an iris flower.",
    ),
    Field(
        "examples_filename",
        Text(),
        "The file with example inputs.",
        "examples.yaml",
        leads_to=MODEL_READS,
    ),
)


FILES = (
    Field(
        "data_dir",
        Text(),
        "The folder whose files the model finds in its `data_dir` argument.",
        "data",
        leads_to=LAYOUT,
    ),
    Field(
        "external_data",
        Maybe(EXTERNAL_DATA),
        "Files that are downloaded into the data directory.",
        None,
        leads_to=DATA,
        example=[{"url": "https://example.com/model.bin", "local_data_path": "model.bin"}],
    ),
    Field(
        "external_package_dirs",
        ListOf(Text()),
        "Folders outside the Truss whose packages the model imports; relative to the config.",
        [],
        leads_to=LAYOUT,
        example=["../shared_packages"],
    ),
)


MODEL = (
    Field(
        "input_type",
        Text(),
        "Once the type of the input.",
        "Any",
        leads_to=MODEL_READS,
        deprecated="nothing reads it any more",
    ),
    Field(
        "model_framework",
        Text(),
        "Once the framework the model was made with.",
        "custom",
        leads_to=MODEL_READS,
        deprecated="nothing reads it any more",
    ),
    Field(
        "model_type",
        Text(),
        "Once the type of the model.",
        "Model",
        leads_to=MODEL_READS,
        deprecated="nothing reads it any more",
    ),
    Field("model_module_dir", Text(), "The folder of the model's code.", "model", leads_to=LAYOUT),
    Field(
        "model_class_filename",
        Text(),
        "The file of the model's class, in that folder.",
        "model.py",
        leads_to=SERVER_READS,
    ),
    Field("model_class_name", Text(), "The model's class.", "Model", leads_to=SERVER_READS),
    Field(
        "bundled_packages_dir",
        Text(),
        "The folder of packages that come with the Truss.",
        "packages",
        leads_to=LAYOUT,
    ),
    Field(
        "use_local_src",
        Boolean(),
        "Once built from the local source of truss.",
        False,
        leads_to=IMAGE,
        deprecated="for the makers of truss only",
    ),
    Field(
        "cache_internal",
        CACHE_INTERNAL,
        "Weights of the platform's own builds.",
        [],
        leads_to=DOWNLOAD,
        deprecated="for the platform only",
        replacement="weights",
    ),
    Field(
        "live_reload",
        Boolean(),
        "An older name of `use_control_plane`.",
        False,
        leads_to=CONTROL,
        replacement="use_control_plane",
    ),
    Field(
        "apply_library_patches",
        Boolean(),
        "Whether known faults of libraries are patched when the server starts.",
        True,
        leads_to=IMAGE,
    ),
    Field(
        "spec_version",
        Text(),
        "The version of the config's own format.",
        "2.0",
        leads_to=MODEL_READS,
        example="2.0",
    ),
)
