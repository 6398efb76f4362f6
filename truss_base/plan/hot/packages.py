"""Packages whose methods keep something only where their names tell, see `verbs`.

Of any other, nobody knows what `vendor.process(x)` remembers. Not a list of good packages: of those
that are in use for serving, and were looked at or are described in their references.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

_PLAINLY_NAMED = frozenset(
    {
        # Numbers, tables, pictures, sound and text
        *("PIL", "albumentations", "av", "bs4", "cv2", "dateutil", "decord", "einops", "fitz"),
        *("ftfy", "imageio", "jinja2", "jsonschema", "kornia", "langdetect", "librosa", "lxml"),
        *("markdown", "matplotlib", "moviepy", "networkx", "nltk", "numpy", "pandas", "polars"),
        *("pyarrow", "pydub", "pypdf", "pytesseract", "pytz", "rapidfuzz", "regex", "scipy"),
        *("shapely", "skimage", "sklearn", "sortedcontainers", "soundfile", "spacy", "sympy"),
        *("tokenizers", "tqdm", "unidecode", "xgboost", "lightgbm", "catboost", "gensim"),
        # Models and what runs them
        *("accelerate", "auto_gptq", "awq", "bitsandbytes", "ctranslate2", "deepspeed"),
        *("diffusers", "easyocr", "exllamav2", "faster_whisper", "flax", "huggingface_hub"),
        *("insightface", "jax", "keras", "llama_cpp", "lmdeploy", "onnx", "onnxruntime"),
        *(
            "open_clip",
            "optimum",
            "outlines",
            "peft",
            "pyannote",
            "safetensors",
            "segment_anything",
        ),
        *("sentence_transformers", "sentencepiece", "sglang", "speechbrain", "tensorflow"),
        *("tensorrt_llm", "tiktoken", "timm", "torch", "torchaudio", "torchvision", "transformers"),
        *("tritonclient", "ultralytics", "vllm", "whisper", "xformers"),
        # Services, formats and frameworks
        *("aiohttp", "anthropic", "anyio", "attr", "attrs", "azure", "backoff", "baseten"),
        *("boto3", "botocore", "cachetools", "cattrs", "cohere", "datasets", "fastapi", "fsspec"),
        *("google", "grpc", "groq", "httpx", "instructor", "langchain", "langchain_core"),
        *("litellm", "loguru", "mistralai", "mlflow", "msgpack", "openai", "opentelemetry"),
        *("orjson", "prometheus_client", "psutil", "pydantic", "pydantic_core", "redis"),
        *("requests", "rich", "s3fs", "starlette", "structlog", "tenacity", "truss_chains"),
        *("typing_extensions", "ujson", "urllib3", "wandb", "websockets", "yaml"),
    }
)


# A mock remembers every call, under any name; what a function of C does is in no Python.
_NAMELESS = frozenset({"ctypes", "unittest"})


_REMEMBERING: Mapping[str, Set[str]] = {
    "cv2": {"KalmanFilter", "createBackgroundSubtractorKNN", "createBackgroundSubtractorMOG2"},
    "google": {"chats", "start_chat"},
    "langchain": {"ConversationChain", "memory"},
    "langchain_core": {"RunnableWithMessageHistory", "chat_history", "memory"},
    "llama_cpp": {"eval", "sample"},
    "matplotlib": {"Figure", "figure", "subplots"},
    "transformers": {"Conversation", "DynamicCache", "EncoderDecoderCache", "StaticCache"},
}


def is_plainly_named(package: str) -> bool:
    """Whether the names of its methods tell which of them keep something."""
    return package in _PLAINLY_NAMED or package in sys.stdlib_module_names - _NAMELESS


def remembering(package: str) -> Set[str]:
    """The names by which it has objects whose methods do not tell by theirs."""
    return _REMEMBERING.get(package, frozenset())
