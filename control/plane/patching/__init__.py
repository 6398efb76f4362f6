"""The transaction that takes the running Truss from one version to the next, or not at all."""
