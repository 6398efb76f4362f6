"""Cases in an inference process alone: planned, then swapped in or forced, without a plane."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from tests.hot.hot_fresh import loaded, strictly_fresh
from tests.hot.hot_observing import observe
from tests.hot.hot_verdicts import Run, Verdict, judge
from tests.inference.inference_process import write_truss
from truss_base.config import TrussConfig
from truss_base.patch import Action, FilePatch, place
from truss_base.plan import Plan, Strategy, plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.hot.hot_cases import Case
    from tests.hot.hot_verdicts import Observed
    from tests.inference.inference_process import Managed


def run(case: Case) -> Run:
    """A case as the control plane would bring it, as far as its process keeps running: a reload
    that the plan or the process asks for ends it, since a fresh process needs no comparison."""
    planned = _plan(case)
    reasons = tuple(change.reason for change in planned.changes)
    if planned.strategy > Strategy.HOT_SWAP:
        return Run(planned.strategy.label, reasons, Verdict.OK)
    swap = planned.swap.to_wire() if planned.swap is not None else None
    seen = _observed(case, swap)
    if not seen.accepted:
        return Run(Strategy.RELOAD.label, reasons, Verdict.OK)
    return Run(planned.strategy.label, reasons, *judge(seen, strictly_fresh(case)))


def stays(case: Case) -> bool:
    """Whether the plan is to keep the process that runs."""
    return _plan(case).strategy <= Strategy.HOT_SWAP


def forced(case: Case) -> tuple[Verdict, str]:
    """What becomes of a case when its changes are swapped in, whatever speaks against it."""
    swap = _plan(case, force_hot=True).swap
    if swap is None:
        return Verdict.REFUSED, "there is nothing to swap"
    return judge(_observed(case, swap.to_wire(), force=True), strictly_fresh(case))


def _plan(case: Case, *, force_hot: bool = False) -> Plan:
    before = {path: text.encode() for path, text in case.before.items()}
    after = {path: text.encode() for path, text in case.after.items()}
    changed = sorted(path for path in {*before, *after} if before.get(path) != after.get(path))
    config = TrussConfig.from_text(case.after["config.yaml"])
    patches = [_patch(path, before.get(path), after.get(path), config) for path in changed]
    return plan(before, patches, force_hot=force_hot)


def _patch(path: str, before: bytes | None, after: bytes | None, config: TrussConfig) -> FilePatch:
    kind, rest = place(path, config)
    if after is None:
        return FilePatch(kind, Action.REMOVE, rest)
    return FilePatch(kind, Action.ADD if before is None else Action.UPDATE, rest, after)


def _observed(case: Case, swap: dict[str, Any] | None, *, force: bool = False) -> Observed:
    with loaded(case.before) as model, tempfile.TemporaryDirectory(prefix="hot-") as folder:
        assert model is not None, f"version 1 of {case.name!r} does not load"
        change = partial(_swap, model, Path(folder), case.after, swap, force)
        return observe(model.http, case, change)


def _swap(
    model: Managed, folder: Path, files: Mapping[str, str], swap: dict[str, Any] | None, force: bool
) -> bool:
    """Whether the process took it. Without a swap nothing that runs changes."""
    if swap is None:
        return True
    truss = write_truss(folder, None, files, **yaml.safe_load(files["config.yaml"]))
    release = {"release_dir": str(truss.root), "config_file": str(truss.config_file)}
    model.send("swap", id=1, swap=swap, force=force, **release)
    if model.event("swap_ready", "swap_refused", "swap_failed")["event"] != "swap_ready":
        return False
    model.send("swap_commit", id=1)
    committed = model.event("swapped", "swap_refused", "swap_failed")
    return bool(committed["event"] == "swapped")
