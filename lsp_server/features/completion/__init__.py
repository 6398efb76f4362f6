"""Completion of a config: keys, values, entries of lists, blocks, and comments that suppress."""

from lsp_server.features.completion.complete import MAX_ITEMS, completion, documentation

__all__ = ["MAX_ITEMS", "completion", "documentation"]
