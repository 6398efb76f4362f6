"""Measurements, run by `make bench`: each module prints a table and writes JSON to results/."""
