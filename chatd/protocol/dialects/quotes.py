"""Text in quotes, and what is said where a command is not written as it has to be."""

import re
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.requests import Request

# One alternative for each kind of quotes; possessive, so that `\"` is never taken for the closing one.
_QUOTED: Final = re.compile(r'"((?:\\"|[^"])*+)"|[“”]((?:\\[“”"]|[^“”])*+)[“”]')
_ESCAPED: Final = re.compile(r'\\([“”"])')


def usage(request: type[Request]) -> ChatError:
    """It was not written as it has to be."""
    return ChatError(Code.USAGE, f"please write {request.syntax}")


def unquote(request: type[Request], text: str) -> str:
    """The text of `request`, out of its quotes where it has some."""
    text = text.strip()
    if not text.startswith(('"', "“", "”")):
        return text
    quoted = _QUOTED.match(text)
    if quoted is None or quoted.end() < len(text):
        wrong = "the quotes do not match" if quoted is None else "there is text behind the closing quote"
        raise ChatError(Code.USAGE, f'{wrong}; please write {request.syntax}, with \\" for a quote inside')
    return _ESCAPED.sub(r"\1", quoted[quoted.lastindex or 1])
