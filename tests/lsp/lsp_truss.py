"""The small Truss that most tests work on, and one that has everything that is asked about."""

from __future__ import annotations

CONFIG = """\
model_name: greeter
python_version: py311
use_control_plane: true
resources:
  cpu: "1"
  memory: 1Gi
  accelerator: null
  use_gpu: false
"""
MODEL = """\
class Model:
    def __init__(self, **kwargs):
        self._greeting = None

    def load(self):
        self._greeting = "Hello"

    def predict(self, request):
        return f"{self._greeting}, {request['name']}"
"""

SPEAKER_CONFIG = """\
# How it speaks, and on what.
model_name: Speaker 🚀
model_class_name: Speaker
python_version: py311
use_control_plane: true
requirements_file: requirements.txt
external_package_dirs:
  - ../shared
resources:
  cpu: "4"
  memory: 16Gi
  accelerator: H100:2
secrets:
  hf_token: null
environment_variables:
  MODE: fast
"""
SPEAKER_MODEL = """\
import os
from os import getenv


class Speaker:
    def __init__(self, **kwargs):
        self._secrets = kwargs["secrets"]

    def load(self):
        held = self._secrets
        self._hub = held["hf_token"]
        self._header = f"🚀 Bearer {self._secrets['hf_token']} {held.get('api_key')}"
        self._mode = os.environ["MODE"]
        self._pace = getenv("PACE", "slow")

    def predict(self, model_input):
        return model_input
"""
SPEAKER = {
    "speaker/config.yaml": SPEAKER_CONFIG,
    "speaker/model/model.py": SPEAKER_MODEL,
    "speaker/model/parts/voice.py": "",
    "speaker/packages/own/tools.py": (
        "import os\nfrom model.model import Speaker\nFAST = os.environ['MODE'] == 'fast'\n"
    ),
    "speaker/data/labels.txt": "a\n",
    "speaker/examples.yaml": "examples:\n- name: one\n  input: {text: hello}\n",
    "speaker/requirements.txt": "numpy\n",
    "speaker/requirements-dev.txt": "pytest\n",
    "speaker/notes.txt": "",
    "shared/tones/__init__.py": "",
    "other/config.yaml": "model_name: other\nrequirements: [torch==2.1.0, zz-codec==1.0]\n",
    "other/model/model.py": "class Model:\n    def predict(self, x):\n        return x\n",
}
"""Files by path: a Truss, what it shares with others, and another Truss beside it."""
