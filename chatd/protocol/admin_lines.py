"""How `chatd admin` and the server talk: JSON lines, in a vocabulary of their own."""

from typing import Any, Final, Union

import msgspec

from chatd.protocol.admin_events import (
    AnswerEnd,
    Erased,
    PersonHead,
    RoomRow,
    SessionRow,
    UserRow,
)
from chatd.protocol.admin_requests import ACTS, OWN
from chatd.protocol.dialects.moderation_json import CHECKS
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack, DirectMessage, Error, Event, Said, TopicSet
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.requests import Request
from chatd.protocol.sanitize import clean

_EVENTS: Final = (
    AnswerEnd
    | UserRow
    | RoomRow
    | SessionRow
    | PersonHead
    | Erased
    | Said
    | DirectMessage
    | TopicSet
    | Acted
    | BanList
    | AuditPage
    | Ack
    | Error
)
#: Every way in which a line can fail to be what a decoder expects.
_FAILURES: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_requests: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Union[(*OWN, *ACTS)])
_events: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(_EVENTS)
_encoder: Final = msgspec.json.Encoder()


def parse_request(line: bytes) -> Request:
    """What is asked for, its texts checked and clean. Raises ChatError."""
    if len(line) > DEFAULT.line:
        raise ChatError(Code.TOO_LONG, f"a request has at most {DEFAULT.line} bytes")
    request: Any = _decode(_requests, line)
    check = CHECKS.get(type(request))
    return request if check is None else check(request)


def parse_answer(line: bytes) -> Event:
    """What the server says. Raises ChatError."""
    event: Event = _decode(_events, line)
    return event


def encode(what: Request | Event) -> bytes:
    """A line."""
    return _encoder.encode(what) + b"\n"


def _decode(decoder: msgspec.json.Decoder[Any], line: bytes) -> Any:
    try:
        return decoder.decode(line)
    except _FAILURES as error:
        raise ChatError(Code.BAD_JSON, f"the object is not understood: {clean(str(error))}") from None
