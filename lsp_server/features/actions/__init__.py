"""Code actions: fixes, refactorings, and what can be done with the running container."""

from lsp_server.features.actions.container import Container
from lsp_server.features.actions.offer import actions

__all__ = ["Container", "actions"]
