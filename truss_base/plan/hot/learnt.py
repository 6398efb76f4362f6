"""What plans learn about single definitions from their texts: the next plan asks for most of it."""

from __future__ import annotations

from truss_base.generations import Generations

# The definitions that a plan looks into, in a small Truss: edits here and there know each other's.
LEARNT = Generations(least=128)
