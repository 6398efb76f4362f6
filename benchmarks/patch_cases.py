"""The models whose patches are timed."""

from __future__ import annotations

from dataclasses import dataclass

ROUNDS = 20
SLOW_ROUNDS = 5  # of what takes seconds each time
HEAVY = ("numpy", "scipy.stats", "pandas")
PACKAGES = ("numpy", "scipy", "pandas")
CONFIG = """\
python_version: py311
use_control_plane: true
environment_variables:
  ROUND: "{round}"
requirements: [{requirements}]
"""
MODEL = """\
import os
import time
{imports}

class Model:
    def __init__(self, **kwargs):
        self._loaded = None

    def load(self):
        time.sleep({seconds})
        self._loaded = {loaded}

    def predict(self, model_input):
        return [{answer}, self._loaded, os.environ.get("ROUND")]
"""


@dataclass(frozen=True)
class Case:
    """A model: the seconds its `load` takes, and whether it imports heavy packages."""

    name: str
    seconds: float = 0.0
    heavy: bool = False
    rounds: int = ROUNDS

    def source(self, *, answer: int = 0, loaded: int = 0) -> str:
        imports = "\n".join(f"import {name}" for name in HEAVY) if self.heavy else ""
        return MODEL.format(imports=imports, seconds=self.seconds, loaded=loaded, answer=answer)

    def config(self, number: int = 0, *more: str) -> str:
        requirements = ", ".join((*(PACKAGES if self.heavy else ()), *more))
        return CONFIG.format(round=number, requirements=requirements)


TRIVIAL = Case("trivial model")
HEAVY_CASE = Case("numpy, scipy and pandas imported", heavy=True)
SLOW = Case("load() takes 5 s", seconds=5.0, rounds=SLOW_ROUNDS)
