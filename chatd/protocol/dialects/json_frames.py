"""JSON in WebSocket frames, one object in each: what browsers speak. It is a variant of its own, so a message
to a room is one frame for all of them."""

from chatd.protocol.dialects.contract import Recipient
from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.events import Event
from chatd.protocol.frames import payload_start, text_frame, text_head


class JsonFrames(JsonLines):
    """What is said is that of JSON lines, without their ends."""

    def encode(self, event: Event) -> bytes:
        said = self.encode_object(event)
        return text_frame(said) if said else b""

    def address(self, recipient: Recipient, data: bytes, ref: str | None) -> tuple[bytes | memoryview, ...]:
        if ref is None:
            return (data,)
        body, end = memoryview(data)[payload_start(data) : -1], self.end_with(ref)
        return text_head(len(body) + len(end)), body, end

    def id_of(self, message: bytes) -> int | None:
        return super().id_of(message[payload_start(message) :])
