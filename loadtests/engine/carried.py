"""What chatd's clients speak over each transport: text, or JSON where that is in WebSocket frames."""

from dataclasses import replace

from loadtests.engine.wire import Codec, MessageTemplate
from loadtests.servers.transports import JSON, WEBSOCKET


def carried(chatd: Codec, transport: str) -> Codec:
    """The codec of chatd over this transport. WebSocket, and what it is compared with, are JSON, without
    anything that only JSON lines have."""
    told, codec = chatd.devices, replace(chatd, transport=transport)
    if transport not in (JSON, WEBSOCKET):
        return codec
    assert told is not None
    framed = transport == WEBSOCKET
    # Every object ends so; that some end within one is nothing to a handshake of one step.
    handshake = replace(told.handshake, ends=b"}") if framed else told.handshake
    return replace(
        codec,
        reader=handshake,
        talker=handshake,
        lead=replace(handshake, start=told.lead_start),
        opening=told.opening,
        message=_in_frames(told.message) if framed else told.message,
        direct=None,
        notices=None,
        told=None,
        rooms=None,
        devices=None,
    )


def _in_frames(message: MessageTemplate) -> MessageTemplate:
    return replace(message, heard=message.heard.removesuffix(b"\n"), framed=True)
