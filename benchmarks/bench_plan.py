"""What the plan of a one-file edit costs, in a Truss of 20 modules."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from benchmarks.report import Row, publish, sample
from truss_base.config import TrussConfig
from truss_base.patch import Action, FilePatch
from truss_base.plan import Plan, Strategy, plan
from truss_base.plan.hot import AnalysisCache

HELPERS = 19
TIMES = 25
_HELPER = '''
import json
import logging

log = logging.getLogger(__name__)
LIMIT_{n} = {n}


class Answer_{n}:
    """What helper {n} answers."""

    def __init__(self, text, limit=LIMIT_{n}):
        self.text = text
        self.limit = limit

    def shown(self):
        return json.dumps({{"text": self.text[: self.limit]}})


def clean_{n}(text):
    if not text:
        return ""
    words = [word.strip() for word in text.split() if word]
    log.info("%d words", len(words))
    return " ".join(words)


def answer_{n}(text):
    found = Answer_{n}(clean_{n}(text))
    return found.shown()
'''
_METHOD = """
    def step_{n}(self, request, scale={n}):
        values = request.get("values", [])
        total = sum(value * scale for value in values if value is not None)
        if total > self.limit:
            raise ValueError(f"too large: {{total}}")
        result = {{"step": {n}, "total": total, "text": answer_{n}(request.get("text"))}}
        for name in ("a", "b", "c"):
            result[name] = self.config.get(name, {n})
        return result
"""
_MODEL = """
class Model:
    def __init__(self, **kwargs):
        self.config = kwargs.get("config", {})
        self.limit = 100

    def load(self):
        self.table = {word: len(word) for word in ("a", "bb", "ccc")}

    def predict(self, request):
        return [self.step_0(request), self.step_1(request), self.table]
"""


def truss() -> dict[str, bytes]:
    """A model of about 300 lines, and the modules that it imports."""
    imports = "".join(f"from model.helper_{n} import answer_{n}\n" for n in range(HELPERS))
    methods = "".join(_METHOD.format(n=n) for n in range(HELPERS))
    files = {f"model/helper_{n}.py": _HELPER.format(n=n).encode() for n in range(HELPERS)}
    files["model/model.py"] = (imports + _MODEL + methods).encode()
    files["config.yaml"] = b"model_name: benchmark\n"
    return files


def main() -> None:
    old = truss()
    config = TrussConfig.from_text("model_name: benchmark\n")
    warm = AnalysisCache()
    warm.warm(old, config)
    lines = old["model/model.py"].count(b"\n")
    edits = itertools.count()

    def planned(path: str, cache: Callable[[], AnalysisCache]) -> Callable[[], None]:
        """Saves one after the other: each starts from what the one before led to."""
        first, running = old[path], dict(old)

        def act() -> None:
            number = next(edits)
            save = first.replace(b"values = request", b"values = %d or request" % number, 1)
            save = save.replace(b"if not text:", b"if not text or %d:" % number)
            found = edited(running, path, save, cache())
            assert found.strategy is Strategy.HOT_SWAP, found
            running[path] = save

        return act

    rows = [
        Row(
            f"model of {lines} lines edited, known before",
            sample(planned("model/model.py", lambda: warm), TIMES),
            target=5,
        ),
        Row(
            "helper edited, known before",
            sample(planned("model/helper_3.py", lambda: warm), TIMES),
            target=5,
        ),
        Row(
            "model edited, nothing known",
            sample(planned("model/model.py", AnalysisCache), TIMES),
            target=30,
        ),
    ]
    publish("plan", f"Plan of a one-file edit, {HELPERS + 1} modules", rows)


def edited(old: dict[str, bytes], path: str, content: bytes, cache: AnalysisCache) -> Plan:
    """The plan for one save below model/."""
    patch = FilePatch("model_code", Action.UPDATE, path.removeprefix("model/"), content)
    return plan(old, [patch], cache=cache)


if __name__ == "__main__":
    main()
