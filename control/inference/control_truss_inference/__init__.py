"""The inference server of Control Truss: serves the `Model` of one Truss in the user's own Python.

Nothing is imported here: the package has to load in every supported interpreter (3.9 to 3.14)
before anything about the environment is known.
"""
