"""The terminal client of chatd: start reading at `client.__main__`. What a bot needs is `client.chat`."""

from chatd.protocol.errors import ChatError, ConfigError
from client.chat import Chat, Undelivered
from client.link import LinkError

__all__ = ["Chat", "ChatError", "ConfigError", "LinkError", "Undelivered"]
