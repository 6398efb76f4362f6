"""The plan: how a change reaches what runs, and why, decided before anything happens."""

from __future__ import annotations

from truss_base.plan.abilities import Abilities
from truss_base.plan.planner import plan
from truss_base.plan.result import Change, Plan
from truss_base.strategy import Strategy

__all__ = ["Abilities", "Change", "Plan", "Strategy", "plan"]
