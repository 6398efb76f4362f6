"""What `validate` costs per keystroke, on a config of 30 and one of 3,000 lines, and the imports.

Where the shared corpus is beside the repository, the configs of it are measured as well.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial

from benchmarks.corpus import real_configs
from benchmarks.report import Row, publish, sample
from truss_base.document import Document
from truss_base.validation import validate

TIMES = 41

TYPICAL = """\
model_name: Whisper large
description: Transcribes speech, in any of a hundred languages.
python_version: py311
model_metadata:
  tags:
  - speech
  example_model_input:
    url: https://example.com/audio.wav
requirements:
- torch==2.8.0
- transformers>=4.50,<5
- accelerate==1.10.1
- git+https://github.com/example/project@main
system_packages:
- ffmpeg
environment_variables:
  HF_HUB_ENABLE_HF_TRANSFER: "1"
  LOG_LEVEL: info
resources:
  cpu: "4"
  memory: 16Gi
  accelerator: A10G
secrets:
  hf_access_token: null
runtime:
  predict_concurrency: 8
weights:
- source: hf://openai/whisper-large-v3@main
  mount_location: /models/whisper
use_control_plane: true
"""


def large(lines: int = 3000) -> str:
    """A config of many lines: requirements, variables and metadata in equal parts."""
    part = (lines - TYPICAL.count("\n") - 2) // 3
    return "".join(
        (
            TYPICAL.replace(
                "- torch==2.8.0\n", "- torch==2.8.0\n" + _repeat("- package-{}==1.{}\n", part)
            ),
            "build_commands:\n",
            _repeat("- echo step {} of {}\n", part),
            "external_package_dirs:\n",
            _repeat("- ../packages/number-{}/{}\n", part),
        )
    )


def _repeat(line: str, times: int) -> str:
    return "".join(line.format(number, number % 7) for number in range(times))


def main() -> None:
    big = large()
    broken = big.replace("python_version: py311", "python_version py311")
    wrong = TYPICAL.replace("memory: 16Gi", "memory: 16GB").replace("A10G", "a10g")
    rows = [
        Row(f"validate, {TYPICAL.count(chr(10))} lines", _timed(TYPICAL), target=1),
        Row("validate, the same with two faults", _timed(wrong), target=1),
        Row(f"validate, {big.count(chr(10)):,} lines", _timed(big), target=25),
        Row("validate, the same without one colon", _timed(broken)),
        Row("parse alone, the same", sample(lambda: Document.parse(big).data, TIMES)),
        *_corpus_rows(),
        *_import_rows(),
    ]
    publish("validate", "Validation of a config's text", rows)


def _timed(text: str) -> tuple[float, ...]:
    return sample(lambda: validate(text), TIMES)


def _corpus_rows() -> list[Row]:
    texts = [text for _, text in real_configs()]
    if not texts:
        print("no corpus of real configs: they are left out")
        return []
    times = [sample(partial(validate, text), 1, warm_up=1)[0] for text in texts]
    return [Row(f"validate, each of {len(texts)} real configs", tuple(times))]


def _import_rows() -> list[Row]:
    return [
        Row(f"{what}, over bare Python", _over_bare(statement), target=120)
        for what, statement in (
            ("import truss_base", "import truss_base"),
            ("import TrussConfig", "from truss_base import TrussConfig"),
            ("import and first validate", "from truss_base import validate; validate('a: 1')"),
        )
    ]


def _over_bare(statement: str) -> tuple[float, ...]:
    """Pairs of processes, one with the statement and one without, so that both share a moment."""
    # Byte code is kept, as anywhere but on a machine that is told not to.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}

    def start(code: str) -> None:
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)

    start(statement)
    pairs = [
        (sample(partial(start, statement), 1, warm_up=0)[0],
         sample(partial(start, "pass"), 1, warm_up=0)[0])
        for _ in range(15)
    ]  # fmt: skip
    return tuple(loaded - bare for loaded, bare in pairs)


if __name__ == "__main__":
    main()
