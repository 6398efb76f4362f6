"""Whether a hot swap would have been right: forced on a real process, against plan and audit."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.hot.hot_fresh import loaded, strictly_fresh
from tests.hot.hot_observing import observe
from tests.hot.hot_verdicts import Verdict, judge
from tests.inference.inference_process import write_truss
from truss_base.config import TrussConfig
from truss_base.plan.hot import AnalysisCache, code_changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.hot.hot_cases import Case
    from tests.inference.inference_process import Managed


def forced(case: Case) -> tuple[Verdict, str]:
    """What becomes of a case when its changes are swapped in, whatever speaks against it."""
    swap = _document(case)
    if swap is None:
        return Verdict.REFUSED, "a version does not parse"
    with loaded(case.before) as model, tempfile.TemporaryDirectory(prefix="hot-") as folder:
        assert model is not None, f"version 1 of {case.name!r} does not load"
        change = partial(_swap, model, Path(folder), case.after, swap)
        seen = observe(model.http, case, change)
    return judge(seen, strictly_fresh(case))


def _document(case: Case) -> dict[str, Any] | None:
    before = {path: text.encode() for path, text in case.before.items()}
    after = {path: text.encode() for path, text in case.after.items()}
    changes = {
        path: after.get(path)
        for path in {*before, *after}
        if path.endswith(".py") and before.get(path) != after.get(path)
    }
    config = TrussConfig.from_text(case.after["config.yaml"])
    _, swap = code_changes(before, changes, config, AnalysisCache(), force=True)
    return swap.to_wire() if swap is not None else None


def _swap(model: Managed, folder: Path, files: Mapping[str, str], swap: dict[str, Any]) -> bool:
    """Whether the process took it."""
    truss = write_truss(folder, None, files, **yaml.safe_load(files["config.yaml"]))
    release = {"release_dir": str(truss.root), "config_file": str(truss.config_file)}
    model.send("swap", id=1, swap=swap, force=True, **release)
    if model.event("swap_ready", "swap_refused", "swap_failed")["event"] != "swap_ready":
        return False
    model.send("swap_commit", id=1)
    committed = model.event("swapped", "swap_refused", "swap_failed")
    return bool(committed["event"] == "swapped")
