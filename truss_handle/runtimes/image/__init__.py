"""From a Truss to an image: what goes in (recipe), in which steps (dockerfile), as bytes (context).

Nothing here talks to an engine.
"""
