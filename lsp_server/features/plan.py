"""A plan as Markdown: what a patch would do, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def markdown(name: str, plan: Mapping[str, Any]) -> str:
    """One heading, one sentence, one row per change."""
    reasons = plan.get("reasons") or ()
    if not reasons:
        return f"# Plan for {name}\n\nNothing to patch: it runs what is on disk.\n"
    rows = [
        f"| {_cell(reason['subject'])} | {reason['strategy']} | {_cell(reason['reason'])} |"
        for reason in reasons
    ]
    head = ["| change | strategy | why |", "| --- | --- | --- |"]
    return "\n".join([f"# Plan for {name}", "", _sentence(plan), "", *head, *rows, ""])


def summary(name: str, plan: Mapping[str, Any]) -> str:
    """The plan in one line, without Markdown."""
    reasons = plan.get("reasons") or ()
    if not reasons:
        return f"{name}: nothing to patch, it runs what is on disk"
    return f"{name}: {reasons[0]['reason']}{_more(reasons)}"


def question(name: str, plan: Mapping[str, Any]) -> str:
    """Whether to patch, with what that would be and why, in one line."""
    reasons = plan.get("reasons") or ()
    if not reasons or not plan.get("strategy"):
        return f"{name} has changed. Patch the running container?"
    how = f"{plan['strategy']} {plan.get('title', '')}".strip()
    return f"Patch the running container of {name}? {how}: {reasons[0]['reason']}{_more(reasons)}."


def _more(reasons: Sequence[Any]) -> str:
    return f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""


def _sentence(plan: Mapping[str, Any]) -> str:
    strategy = f"**{plan['strategy']} {plan.get('title', '')}**".replace(" **", "**")
    if plan["strategy"] == "S4":
        return f"{strategy}: a patch cannot do this, the container has to be rebuilt."
    if plan.get("upper_bound"):
        return f"At most {strategy}: nothing that runs could be asked."
    reservation = f", {plan['reservation']}" if plan.get("reservation") else ""
    return f"A patch would take {strategy}{reservation}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
