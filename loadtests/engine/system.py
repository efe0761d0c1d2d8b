"""What the engine takes of the operating system: the originals, even in a process where importing locust has
put gevent's in their place, and has taken `select.epoll` away. gevent is not imported for that."""

import sys
from importlib import import_module
from typing import Any


def original(module: str, name: str) -> Any:
    """`module.name` as Python has it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original(module, name) if monkey else getattr(import_module(module), name)
