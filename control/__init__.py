"""What runs beside the model: the control plane and the inference server."""
