"""The rows of `make bench` that are about what the server is spoken to over: TLS beside TCP, and
WebSocket beside JSON lines."""

from typing import Final

from loadtests.plans.campaign import Row, each, least, most
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.handshakes import Handshakes
from loadtests.scenarios.idle import Idle
from loadtests.servers.transports import JSON, TLS, WEBSOCKET, over

_TLS: Final = over("chatd", TLS)
_JSON, _WEBSOCKET = over("chatd", JSON), over("chatd", WEBSOCKET)
_BOTH: Final = ("chatd", _TLS)

EDGE_ROWS: Final = (
    Row(
        "tls",
        "1,000 readers, 10 talkers, 1,000 messages a second: over TCP, and over TLS",
        each(_BOTH, Broadcast(seconds=8)),
        most("µs/delivery", 2, "chatd", of=_TLS),
    ),
    Row(
        "websocket",
        "1,000 readers, 10 talkers, 1,000 messages a second: JSON over TCP, and in WebSocket frames",
        each((_JSON, _WEBSOCKET), Broadcast(seconds=8)),
        most("µs/delivery", 1.1, _JSON, of=_WEBSOCKET),
    ),
    Row(
        "handshakes",
        "2,000 connections that end after a pong, one after the other: over TCP, and over TLS",
        each(_BOTH, Handshakes()),
        least("handshakes/CPU s", 1000, of=_TLS),
        repetitions=1,
    ),
    Row(
        "idle-tls",
        "10,000 connections over TLS that do nothing",
        each((_TLS,), Idle()),
        most("KiB each", 60, of=_TLS) + most("idle %", 2, of=_TLS),
        repetitions=1,
    ),
    Row(
        "idle-websocket",
        "10,000 WebSockets that do nothing",
        each((_WEBSOCKET,), Idle()),
        most("KiB each", 12, of=_WEBSOCKET) + most("idle %", 2, of=_WEBSOCKET),
        repetitions=1,
    ),
)
