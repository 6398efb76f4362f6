"""The control plane: serves `/control/*`, proxies everything else to the inference server.

Layers, each importing only what stands above it here:
`exceptions`, `settings`; `releases` (versions on disk); `proxy` (the data path);
`supervisor` (inference processes); `patching` (the transaction); `api` (HTTP); `app`, `server`.
"""

VERSION = "0.1.0"
