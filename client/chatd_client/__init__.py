"""The client of chatd: start reading at `__main__`. For bots there is `Chat`, in `chat`."""

from chatd.protocol.errors import ChatError, ConfigError
from chatd_client.chat import Chat
from chatd_client.in_flight import Undelivered
from chatd_client.link import LinkError
from chatd_client.program import program

__all__ = ["Chat", "ChatError", "ConfigError", "LinkError", "Undelivered", "program"]
