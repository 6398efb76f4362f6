"""What a change of a field leads to, said once for all the fields it is true of."""

from __future__ import annotations

from truss_base.config.field import Effect
from truss_base.strategy import Strategy

MODEL_READS = Effect(Strategy.RELOAD, "the model can read it from its config")
SERVER_READS = Effect(Strategy.RELOAD, "the inference server reads it when it loads the model")
SECRETS = Effect(Strategy.RELOAD, "the model is given its secrets when it is constructed")
ENVIRONMENT = Effect(
    Strategy.NEW_ENVIRONMENT, "libraries read the environment when they are imported"
)
IMAGE = Effect(Strategy.REBUILD, "the image is built from it")
LAYOUT = Effect(Strategy.REBUILD, "the layout of the container depends on it")
MACHINE = Effect(Strategy.REBUILD, "it decides on which machine the container runs")
CONTAINER = Effect(Strategy.REBUILD, "it is fixed when the container is started")
DOWNLOAD = Effect(Strategy.REBUILD, "it is downloaded before the container starts")
CONTROL = Effect(Strategy.REBUILD, "it decides whether the container has a control plane")
