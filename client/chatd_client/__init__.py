"""The client of chatd: start reading at `__main__`. For bots there is `Chat`, in `chat`."""

from chatd.protocol.errors import ChatError, ConfigError
from chatd_client.chat import Chat, Undelivered
from chatd_client.link import LinkError

__all__ = ["Chat", "ChatError", "ConfigError", "LinkError", "Undelivered"]
