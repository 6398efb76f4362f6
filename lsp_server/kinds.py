"""The kinds of code actions: what editors file them under, and ask for them by."""

from __future__ import annotations

QUICK_FIX = "quickfix"
FIX_ALL = "source.fixAll.controlTruss"
EXTRACT = "refactor.extract"
INLINE = "refactor.inline"
REWRITE = "refactor.rewrite"
PATCH = "controlTruss.patch"
REBUILD = "controlTruss.rebuild"
KINDS = (QUICK_FIX, FIX_ALL, EXTRACT, INLINE, REWRITE, PATCH, REBUILD)
