"""Where things are inside the image, and where their sources are inside the build context."""

from __future__ import annotations

from typing import Final

PORT: Final = 8080

# In the image.
CA_FOLDER: Final = "/etc/control-truss"
CA_BUNDLE: Final = f"{CA_FOLDER}/ca-bundle.pem"
TOOLS: Final = "/control/tools"
CONTROL_PYTHON: Final = "/control/.venv/bin/python"
BUNDLE: Final = "/control/bundle"
STATE: Final = "/control/state"
TOKEN: Final = "/control/token"
SECRETS: Final = "/secrets"
NETWORK: Final = "/control/network.json"
APP: Final = "/app"
USER_ENVIRONMENT: Final = "/app/.venv"
USER_PYTHON: Final = f"{USER_ENVIRONMENT}/bin/python"
REQUIREMENTS: Final = "/control/requirements"
SOURCE: Final = "/control/source"
PLAIN_CONFIG: Final = "/app/config.json"
TRUSS: Final = "/truss"

# In the build context.
CONTEXT_DOCKERFILE: Final = "Dockerfile"
CONTEXT_CA: Final = "ca/extra.pem"
CONTEXT_SETUP: Final = "setup"
CONTEXT_REQUIREMENTS: Final = "requirements"
CONTEXT_BUNDLE: Final = "bundle"
CONTEXT_TRUSS: Final = "truss"
CONTEXT_CONFIG: Final = "config"

# File names that the recipe, the context and the Dockerfile agree on.
SETUP_SCRIPT: Final = "make_environments.py"
CONTROL_REQUIREMENTS: Final = "control.txt"
INFERENCE_REQUIREMENTS: Final = ".inference.txt"
OWN_REQUIREMENTS: Final = ".config.txt"
