"""Completion of a config: keys, values, entries of lists, blocks, and comments that suppress."""

from lsp_server.features.completion.complete import MAX_ITEMS, completion, documentation
from lsp_server.features.completion.surroundings import NOTHING_AROUND, Surroundings

__all__ = ["MAX_ITEMS", "NOTHING_AROUND", "Surroundings", "completion", "documentation"]
