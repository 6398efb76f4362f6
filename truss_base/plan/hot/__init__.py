"""Hot swap: whether a change of code can reach the running model without loading it again.

Pure analysis of sources: nothing is imported, nothing is run.
"""

from __future__ import annotations

from truss_base.plan.hot.analysis import Analysis, analyse
from truss_base.plan.hot.cache import AnalysisCache
from truss_base.plan.hot.code import code_changes
from truss_base.plan.hot.swap import ClassSwap, ModuleSwap, Swap

__all__ = [
    "Analysis",
    "AnalysisCache",
    "ClassSwap",
    "ModuleSwap",
    "Swap",
    "analyse",
    "code_changes",
]
