"""A plan as Markdown: what a patch would do, and why."""

from __future__ import annotations

from collections.abc import Mapping
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
    more = f" and {len(reasons) - 1} more" if len(reasons) > 1 else ""
    return f"{name}: {reasons[0]['reason']}{more}"


def _sentence(plan: Mapping[str, Any]) -> str:
    strategy = f"**{plan['strategy']} {plan.get('title', '')}**".replace(" **", "**")
    if plan["strategy"] == "S4":
        return f"{strategy}: a patch cannot do this, the container has to be rebuilt."
    if plan.get("upper_bound"):
        return f"At most {strategy}: nothing that runs could be asked."
    return f"A patch would take {strategy}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
