"""The keys of `config.yaml` itself."""

from __future__ import annotations

from truss_base.config.containers import ListOf, MapOf, Maybe
from truss_base.config.definitions.bdn import BDN
from truss_base.config.definitions.data import MODEL_CACHE
from truss_base.config.definitions.effects import (
    CONTAINER,
    CONTROL,
    DOWNLOAD,
    ENVIRONMENT,
    IMAGE,
    MACHINE,
    REQUIREMENTS,
    SECRETS,
    SERVER_READS,
    SYSTEM_PACKAGES,
)
from truss_base.config.definitions.image import BASE_IMAGE, BUILD, DOCKER_SERVER
from truss_base.config.definitions.resources import RESOURCES
from truss_base.config.definitions.root_model import ABOUT, FILES, MODEL
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
from truss_base.config.kinds import Boolean, Text
from truss_base.config.section import Section

_ENVIRONMENT = (
    Field(
        "python_version",
        PythonVersion(),
        "The Python the model runs on.",
        "py313",
        leads_to=IMAGE,
        example="py311",
        moving_default=True,
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
        leads_to=REQUIREMENTS,
        example="requirements.txt",
    ),
    Field(
        "requirements",
        ListOf(Text()),
        "Python packages, as in a requirements.txt.",
        [],
        leads_to=REQUIREMENTS,
        example=["torch==2.8.0"],
    ),
    Field(
        "system_packages",
        ListOf(Text()),
        "Debian packages.",
        [],
        leads_to=SYSTEM_PACKAGES,
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
    Field(
        "build",
        BUILD,
        "How the image is built.",
        {},
        leads_to=IMAGE,
        example={"secret_to_path_mapping": {"hf_access_token": "/secrets/hf_access_token"}},
    ),
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
        example={
            "start_command": "vllm serve /models --port 8000",
            "server_port": 8000,
            "predict_endpoint": "/v1/chat/completions",
            "readiness_endpoint": "/health",
            "liveness_endpoint": "/health",
        },
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
        example={"mounts": [{"source": "bdn:weights/llama-8b:prod", "path": "/models/llama"}]},
    ),
    Field(
        "trt_llm",
        Maybe(TRT_LLM),
        "Serving a language model with TensorRT-LLM.",
        None,
        leads_to=IMAGE,
        example={"build": {"checkpoint_repository": {"source": "HF", "repo": "org/model"}}},
        written_only=True,
    ),
    Field(
        "training_checkpoints",
        Maybe(TRAINING_CHECKPOINTS),
        "Checkpoints of training jobs to deploy.",
        None,
        leads_to=DOWNLOAD,
        example={"artifact_references": [{"training_job_id": "gvpql31"}]},
    ),
    Field(
        "bis_llm",
        Maybe(BIS_LLM),
        "Options of the platform's own engine; may change.",
        None,
        leads_to=CONTAINER,
        example={"version": "0.1.0"},
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
    (*ABOUT, *FILES, *_ENVIRONMENT, *_SERVING, *_WEIGHTS, *MODEL, *_OURS),
    rules=root_rules(),
    before=adopt_legacy,
)
