"""The small Truss that most tests work on."""

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
