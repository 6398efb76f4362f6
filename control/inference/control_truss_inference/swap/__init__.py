"""Hot swap: the code of a new version beside the old one, in the process that keeps the model."""
