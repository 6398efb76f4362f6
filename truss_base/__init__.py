"""The definitions of a Truss: config, hash, signature, patch, plan."""
