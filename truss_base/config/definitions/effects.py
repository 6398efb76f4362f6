"""What a change of a field leads to, said once: for the reference, the editor and every plan.

One constant for each group of keys that are alike. The reasons hold for an image as well as for an
environment on the developer's own machine, and complete the sentence "a rebuild, because ...".
"""

from __future__ import annotations

from truss_base.config.field import Effect
from truss_base.strategy import Strategy

MODEL_READS = Effect(Strategy.RELOAD, "the model can read it from its config")
SERVER_READS = Effect(Strategy.RELOAD, "the inference server reads it when it loads the model")
SECRETS = Effect(Strategy.RELOAD, "the model is given its secrets when it is constructed")
SWITCH_KEPT = Effect(Strategy.RELOAD, "the control plane stays, but the model can read its config")
ENVIRONMENT = Effect(
    Strategy.NEW_ENVIRONMENT, "libraries read the environment when they are imported"
)
REQUIREMENTS = Effect(
    Strategy.NEW_ENVIRONMENT, "packages are installed into an environment beside the running one"
)
SYSTEM_PACKAGES = Effect(
    Strategy.REBUILD, "packages are installed when the environment or image is built"
)
DATA = Effect(Strategy.RELOAD, "it is downloaded into the new version, which the model loads")
IMAGE = Effect(Strategy.REBUILD, "it is fixed when the environment or image is built")
LAYOUT = Effect(Strategy.REBUILD, "the server is started with this layout")
MACHINE = Effect(Strategy.REBUILD, "it decides on which machine the model runs")
CONTAINER = Effect(Strategy.REBUILD, "it is fixed when the server is started")
DOWNLOAD = Effect(Strategy.REBUILD, "it is downloaded before the server starts")
CONTROL = Effect(Strategy.REBUILD, "it decides whether the server has a control plane")
