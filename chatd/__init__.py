"""chatd: a chat server on gevent. ARCHITECTURE.md shows the layers; start reading at `chatd.net.server`."""

__version__ = "0.1.0"

#: How the server names itself in its greeting and in `welcome`.
SERVER = f"chatd {__version__}"
