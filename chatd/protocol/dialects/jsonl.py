"""JSON lines, one object a line, for programs. Both directions: the client speaks it too.

msgspec's tagged unions do the typing; unknown fields are ignored, unknown types are an error.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar, Union

import msgspec

from chatd.protocol.dialects.contract import OneVariant, Recipient
from chatd.protocol.dialects.moderation_json import CHECKS as MODERATION
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import Ack, Event, Greeting, Sent
from chatd.protocol.limits import DEFAULT
from chatd.protocol.moderation_rules import same_key
from chatd.protocol.passwords import check_invite, check_password, clean_device
from chatd.protocol.people_events import PasswordWanted
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Read,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import (
    Direct,
    Hello,
    Help,
    History,
    Join,
    Leave,
    Ping,
    Quit,
    Referred,
    Request,
    Rooms,
    Say,
    Search,
    Topic,
    Users,
)
from chatd.protocol.sanitize import bad_utf8, clean, clean_message, clean_reason, clean_topic
from chatd.protocol.vocabulary import WIRE_EVENTS

_T = TypeVar("_T")

_encoder = msgspec.json.Encoder()
#: How every encoded event ends.
_END: Final = b"}\n"
_events: msgspec.json.Decoder[Event] = msgspec.json.Decoder(WIRE_EVENTS)


class _Ref(msgspec.Struct):
    ref: str | msgspec.UnsetType = msgspec.UNSET


_ref = msgspec.json.Decoder(_Ref)


class _Identified(msgspec.Struct):
    id: int


_id = msgspec.json.Decoder(_Identified)


#: Every way in which a line can fail to be what a decoder expects.
_FAILURES: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _bad_json(error: Exception) -> ChatError:
    """What to tell the sender of such a line."""
    if isinstance(error, msgspec.ValidationError):
        return ChatError(Code.BAD_JSON, f"the object is not understood: {clean(str(error))}")
    if isinstance(error, UnicodeDecodeError):
        return bad_utf8()
    return ChatError(
        Code.BAD_JSON, 'the line is not valid JSON; please send one object, like {"type":"users"}'
    )


def _decode(decoder: msgspec.json.Decoder[_T], line: bytes) -> _T:
    """Raises ChatError."""
    try:
        return decoder.decode(line)
    except _FAILURES as error:
        raise _bad_json(error) from None


def _find_ref(line: bytes) -> str | None:
    """The `ref` of an object that is not understood otherwise, so that its error can carry it."""
    try:
        ref = _decode(_ref, line).ref
    except ChatError:
        return None
    return ref if isinstance(ref, str) and len(ref.encode()) <= DEFAULT.ref else None


def _check_ref(ref: str | None, line: bytes) -> None:
    if ref is None:
        if line.find(b'"ref"') >= 0:  # `in` takes twice as long
            _decode(_ref, line)  # null is no string either
    elif len(ref.encode()) > DEFAULT.ref:
        raise ChatError(Code.BAD_REF, f"a ref is a string of at most {DEFAULT.ref} bytes")


def _talk(request: Say | Direct, line: bytes) -> Request:
    _check_ref(request.ref, line)
    if request.key is not None and not 0 < len(request.key.encode()) <= DEFAULT.key:
        raise ChatError(Code.BAD_KEY, f"a key is a string of 1 to {DEFAULT.key} bytes")
    text = request.text
    cleaned = clean_message(text)
    return request if cleaned is text else msgspec.structs.replace(request, text=cleaned)


def _ask(request: Referred, line: bytes) -> Request:
    _check_ref(request.ref, line)
    return request


def _join(request: Join, line: bytes) -> Request:
    _check_ref(request.ref, line)
    return request if request.key is None else msgspec.structs.replace(request, key=same_key(request.key))


def _topic(request: Topic, line: bytes) -> Request:
    _check_ref(request.ref, line)
    if request.text is None:
        return request
    return msgspec.structs.replace(request, text=clean_topic(request.text))


def _hello(request: Hello) -> Request:
    password = request.password
    if password is not None:
        password = check_password(password)
    return msgspec.structs.replace(request, password=password, device=clean_device(request.device))


def _away(request: Away, line: bytes) -> Request:
    _check_ref(request.ref, line)
    return msgspec.structs.replace(request, text=clean_reason(request.text))


def _register(request: Register, line: bytes) -> Request:
    _check_ref(request.ref, line)
    if request.invite is not None:
        check_invite(request.invite)
    password, device = check_password(request.password), clean_device(request.device)
    return msgspec.structs.replace(request, password=password, device=device)


def _change_password(request: ChangePassword, line: bytes) -> Request:
    _check_ref(request.ref, line)
    return msgspec.structs.replace(request, password=check_password(request.password))


def _moderation(request: Referred, line: bytes) -> Request:
    _check_ref(request.ref, line)
    return MODERATION[type(request)](request)


#: What each request is checked for, once, here.
_CHECKS: Final[dict[type[Request], Callable[[Any, bytes], Request]]] = {
    Hello: lambda request, line: _hello(request),
    Say: _talk,
    Direct: _talk,
    Users: _ask,
    Join: _join,
    Leave: _ask,
    Rooms: _ask,
    Topic: _topic,
    History: _ask,
    Search: _ask,
    Read: _ask,
    Rename: _ask,
    Whois: _ask,
    CatchUp: _ask,
    Unregister: _ask,
    Devices: _ask,
    Revoke: _ask,
    Away: _away,
    Register: _register,
    ChangePassword: _change_password,
    **dict.fromkeys(MODERATION, _moderation),
    Help: _ask,
    Ping: _ask,
    Quit: lambda request, line: Quit(reason=clean_reason(request.reason)),
}

_requests: msgspec.json.Decoder[Request] = msgspec.json.Decoder(Union[tuple(_CHECKS)])  # noqa: UP007

#: Events that are something else on the wire, or nothing.
_FORMS: Final[dict[type[Event], Callable[[Any], Event | None]]] = {
    Greeting: lambda event: None,
    PasswordWanted: lambda event: None,
    Sent: lambda event: None if event.ref is None else Ack(ref=event.ref, id=event.id),
}


class JsonLines(OneVariant):
    """The dialect; `parse_event` and `encode_request` are the client's half."""

    typed = False

    def parse(self, line: bytes) -> Request | None:
        if not line:
            return None
        try:
            request = _requests.decode(line)
            return _CHECKS[type(request)](request, line)
        except ChatError as error:
            error.ref = _find_ref(line)
            raise
        except _FAILURES as failure:
            wrong = _bad_json(failure)
            wrong.ref = _find_ref(line)
            raise wrong from None

    parse_first = parse_password = parse

    def encode_object(self, event: Event) -> bytes:
        """Without the end of the line."""
        form = _FORMS.get(type(event))
        wire = event if form is None else form(event)
        return b"" if wire is None else _encoder.encode(wire)

    def encode(self, event: Event) -> bytes:
        said = self.encode_object(event)
        return said + b"\n" if said else b""

    def end_with(self, ref: str) -> bytes:
        """What goes in place of an object's last brace, so that it has a `ref`."""
        return b',"ref":' + _encoder.encode(ref) + b"}"

    def address(self, recipient: Recipient, data: bytes, ref: str | None) -> tuple[bytes | memoryview, ...]:
        if ref is None:
            return (data,)
        return memoryview(data)[: -len(_END)], self.end_with(ref) + b"\n"

    def id_of(self, message: bytes) -> int | None:
        return _id.decode(message).id

    def parse_event(self, line: bytes) -> Event:
        """What the server said; raises ChatError where it is nothing that we know."""
        return _decode(_events, line)

    def encode_request(self, request: Request) -> bytes:
        return _encoder.encode(request) + b"\n"
