"""Whether our description of a Truss config still says what the newest `truss` does.

Both sides are brought into one plain form and compared; nothing of `truss` is imported here. Run
as `python -m drift`, or `make drift`; see docs/drift.md.
"""
