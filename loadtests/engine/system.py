"""The standard library's own functions, even where importing locust has let gevent replace them and remove
`select.epoll`. gevent is not imported for that."""

import sys
from importlib import import_module
from typing import Any


def original(module: str, name: str) -> Any:
    """`module.name` as it was before gevent patched it."""
    monkey = sys.modules.get("gevent.monkey")
    return monkey.get_original(module, name) if monkey else getattr(import_module(module), name)
