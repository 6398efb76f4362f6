"""What language servers are measured on: a Truss as people write them, and a large workspace."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILES, FILES_PER_FOLDER = 20_000, 100
CONFIG = """\
model_name: benchmark
description: |
  A config as people write them,
  thirty lines of it.
python_version: py311
use_control_plane: true
environment_variables:
  TOKENIZERS_PARALLELISM: "false"
  HF_HUB_ENABLE_HF_TRANSFER: "1"
requirements:
  - numpy==1.26.4
  - torch==2.3.0
  - transformers==4.41.0
system_packages:
  - ffmpeg
secrets:
  hf_access_token: null
runtime:
  predict_concurrency: 2
model_metadata:
  tags:
    - text-generation
  example_model_input:
    prompt: "What is a Truss?"
    max_new_tokens: 64
resources:
  cpu: "4"
  memory: 16Gi
  accelerator: A10G
  \n"""
MODEL = "class Model:\n    def predict(self, request):\n        return request\n"


def text_of(lines: int) -> str:
    """The config, its environment as long as it takes."""
    more = lines - CONFIG.count("\n")
    many = "".join(f'  VARIABLE_{number}: "{number}"\n' for number in range(more))
    return CONFIG.replace("environment_variables:\n", f"environment_variables:\n{many}")


@contextmanager
def folder_with(text: str) -> Iterator[Path]:
    """A Truss; gives the path of its config."""
    place = Path(tempfile.mkdtemp(prefix="bench-lsp-"))
    (place / "model").mkdir()
    (place / "model" / "model.py").write_text(MODEL)
    (place / "config.yaml").write_text(text)
    try:
        yield place / "config.yaml"
    finally:
        shutil.rmtree(place)


@contextmanager
def large_workspace() -> Iterator[Path]:
    """Files by the thousand in many folders, none of them open."""
    place = Path(tempfile.mkdtemp(prefix="bench-lsp-large-"))
    for number in range(FILES):
        folder = place / f"part{number // FILES_PER_FOLDER}"
        folder.mkdir(exist_ok=True)
        (folder / f"file{number}.yaml").touch()
    try:
        yield place
    finally:
        shutil.rmtree(place)
