"""`/control/*`: FastAPI routes over the control plane."""
