"""What the running version has kept of its own results: in its instance, in modules, elsewhere."""
