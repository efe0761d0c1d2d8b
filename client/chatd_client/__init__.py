"""The client of chatd: start reading at `__main__`. For bots there is `Chat`, in `chat`.

What is for bots is imported when it is first asked for: that takes a while, and before it the command `chat`
has to heed Ctrl-C (see `entry`).
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatd.protocol.errors import ChatError, ConfigError
    from chatd_client.bot_program import program
    from chatd_client.chat import Chat
    from chatd_client.in_flight import Undelivered
    from chatd_client.link import LinkError
else:
    #: In which module each of them is. None has a module's name, which would be found in its place.
    _HOMES: Final = {
        "Chat": "chatd_client.chat",
        "ChatError": "chatd.protocol.errors",
        "ConfigError": "chatd.protocol.errors",
        "LinkError": "chatd_client.link",
        "Undelivered": "chatd_client.in_flight",
        "program": "chatd_client.bot_program",
    }

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(_HOMES[name]), name)


__all__ = ["Chat", "ChatError", "ConfigError", "LinkError", "Undelivered", "program"]
