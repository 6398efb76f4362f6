"""A language server for Trusses: the config, the Python beside it and the container that runs them.

``python -m lsp_server`` speaks LSP on stdio.
"""

__version__ = "0.1.0"
