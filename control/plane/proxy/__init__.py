"""The data path: every request that is not for `/control/*` goes to an inference process.

It never buffers a body, never answers in the model's place while a version can still answer, and
never sends a request twice that may have reached the model.
"""
