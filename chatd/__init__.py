"""chatd: a chat server on gevent. ARCHITECTURE.md shows the layers; start reading at `chatd.net.server`."""

from chatd.protocol.version import __version__

__all__ = ["__version__"]
