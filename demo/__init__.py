"""The main job from end to end on the local runtime, as an editor would drive it: `make demo`."""
