"""The keys of `config.yaml` itself."""

from __future__ import annotations

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.bdn import BDN
from truss_base.config.definitions.data import CACHE_INTERNAL, EXTERNAL_DATA, MODEL_CACHE
from truss_base.config.definitions.effects import (
    CONTAINER,
    CONTROL,
    DOWNLOAD,
    ENVIRONMENT,
    IMAGE,
    LAYOUT,
    MACHINE,
    MODEL_READS,
    SECRETS,
    SERVER_READS,
)
from truss_base.config.definitions.image import BASE_IMAGE, BUILD, DOCKER_SERVER
from truss_base.config.definitions.resources import RESOURCES
from truss_base.config.definitions.root_rules import (
    EnvironmentVariables,
    PythonVersion,
    adopt_legacy,
    root_rules,
)
from truss_base.config.definitions.runtime import RUNTIME
from truss_base.config.definitions.training import BIS_LLM, TRAINING_CHECKPOINTS
from truss_base.config.definitions.trt_llm import TRT_LLM
from truss_base.config.definitions.weights import WEIGHTS
from truss_base.config.field import Field
from truss_base.config.kinds import Anything, Boolean, Text
from truss_base.config.section import Section

_ABOUT = (
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

_FILES = (
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
        leads_to=DOWNLOAD,
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

_ENVIRONMENT = (
    Field(
        "python_version",
        PythonVersion(),
        "The Python the model runs on.",
        "py313",
        leads_to=IMAGE,
        example="py311",
    ),
    Field(
        "base_image",
        Maybe(BASE_IMAGE),
        "An image to build on instead of the default one.",
        None,
        leads_to=IMAGE,
        example={"image": "vllm/vllm-openai:v0.11.0"},
    ),
    Field(
        "requirements_file",
        Maybe(Text()),
        "A requirements.txt, pyproject.toml or uv.lock; not together with `requirements`.",
        None,
        leads_to=IMAGE,
        example="requirements.txt",
    ),
    Field(
        "requirements",
        ListOf(Text()),
        "Python packages, as in a requirements.txt.",
        [],
        leads_to=IMAGE,
        example=["torch==2.8.0"],
    ),
    Field(
        "system_packages",
        ListOf(Text()),
        "Debian packages.",
        [],
        leads_to=IMAGE,
        example=["ffmpeg"],
    ),
    Field(
        "environment_variables",
        EnvironmentVariables(),
        "Variables of the model's process; never secrets.",
        {},
        leads_to=ENVIRONMENT,
        example={"HF_HUB_OFFLINE": "1"},
    ),
    Field(
        "secrets",
        MapOf(Maybe(Text())),
        "Names of the secrets the model is given; the values are kept elsewhere.",
        {},
        leads_to=SECRETS,
        example={"hf_access_token": None},
    ),
)

_SERVING = (
    Field(
        "resources",
        RESOURCES,
        "The machine: CPU, memory, GPUs.",
        {},
        leads_to=MACHINE,
        example={"cpu": "2", "memory": "8Gi", "accelerator": "A10G"},
    ),
    Field(
        "runtime",
        RUNTIME,
        "How requests reach the model.",
        {},
        leads_to=SERVER_READS,
        example={"predict_concurrency": 8},
    ),
    Field("build", BUILD, "How the image is built.", {}, leads_to=IMAGE),
    Field(
        "build_commands",
        ListOf(Text()),
        "Shell commands that run while the image is built, after the packages are installed.",
        [],
        leads_to=IMAGE,
        example=["git lfs install"],
    ),
    Field(
        "docker_server",
        Maybe(DOCKER_SERVER),
        "An image that serves by itself, without a Model class.",
        None,
        leads_to=IMAGE,
    ),
)

_WEIGHTS = (
    Field(
        "model_cache",
        MODEL_CACHE,
        "Weights that are fetched ahead.",
        [],
        leads_to=DOWNLOAD,
        deprecated="weights are mounted faster than they are copied",
        replacement="weights",
        aliases=("hf_cache",),
    ),
    Field(
        "weights",
        WEIGHTS,
        "Weights that are mounted at start, from Hugging Face or an object store.",
        [],
        leads_to=DOWNLOAD,
        example=[{"source": "hf://org/model@main", "mount_location": "/models/model"}],
    ),
    Field(
        "bdn",
        BDN,
        "Volumes of the delivery network.",
        {},
        leads_to=CONTAINER,
        since="0.18.36",
    ),
    Field(
        "trt_llm",
        Maybe(TRT_LLM),
        "Serving a language model with TensorRT-LLM.",
        None,
        leads_to=IMAGE,
        written_only=True,
    ),
    Field(
        "training_checkpoints",
        Maybe(TRAINING_CHECKPOINTS),
        "Checkpoints of training jobs to deploy.",
        None,
        leads_to=DOWNLOAD,
    ),
    Field(
        "bis_llm",
        Maybe(BIS_LLM),
        "Options of the platform's own engine; may change.",
        None,
        leads_to=CONTAINER,
    ),
)

_MODEL = (
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

_OURS = (
    Field(
        "use_control_plane",
        Boolean(),
        "Runs a control plane in the container, so that a save can change the running model.",
        False,
        leads_to=CONTROL,
        example=True,
    ),
)

ROOT = Section(
    "the config",
    (*_ABOUT, *_FILES, *_ENVIRONMENT, *_SERVING, *_WEIGHTS, *_MODEL, *_OURS),
    rules=root_rules(),
    before=adopt_legacy,
)
