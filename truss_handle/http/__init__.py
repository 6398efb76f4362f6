"""HTTP/1.1 for what a person waits for: the requests of a save and of a prediction.

httpx is the project's HTTP library and serves what takes its time anyway: uploads, logs, events.
One request through it costs 1.5 to 2 ms of processor time, as much as a hot patch has for
everything that is not the patch; this costs a tenth, and its import an eighth.
"""
