"""The protocols of all servers: one table.

| server | what its clients speak | who receives a room message |
|---|---|---|
| `chatd…` | text; direct messages: JSON lines without `ref`, so without a reply | all but the sender |
| `floor` `naive` | bare lines; the talker's own echo is the acknowledgement | all |
| `inspircd` `ngircd` | IRC | all but the sender |
| `nats` `redis` | their own protocols; talkers only publish | all readers |

Where a server does not acknowledge, a message counts as acknowledged when the first reader has received it.

The lead joins last and speaks first. chatd delays and merges its notices of joining, but sends them before
anyone whom they name speaks. So no notice comes after START.
"""

import re
from dataclasses import replace
from typing import Final

from loadtests.engine.carried import carried
from loadtests.engine.wire import (
    PERSON,
    START,
    Codec,
    DeviceCodec,
    DirectCodec,
    Handshake,
    Hears,
    MessageTemplate,
    NoticeFormat,
    RoomCodec,
    Step,
    ToldCodec,
)
from loadtests.servers.programs import OURS
from loadtests.servers.transports import transport_of

_TEXT: Final = Handshake(hello=b"%(name)b\n", steps=(Step(b"* you are "),), start=b"> START")
_JSON: Final = Handshake(
    hello=b'{"type":"hello","nick":"%(name)b"}\n',
    steps=(Step(b'{"type":"welcome"'),),
)
_CHATD: Final = Codec(
    reader=_TEXT,
    talker=_TEXT,
    # The lead gets no copy of its room message, so it waits for a direct message to itself.
    lead=replace(_TEXT, start=b"[dm to t000] START"),
    opening=b'START\n/dm t000 "START"\n',
    message=MessageTemplate(say=b"%(text)b\n", heard=b"<%(name)b> %(text)b\n"),
    hears=Hears.OTHERS,
    direct=DirectCodec(
        handshake=replace(_JSON, start=b'"ref":"START"'),
        message=MessageTemplate(
            say=b'{"type":"dm","to":"%(to)b","text":"%(text)b"}\n',
            heard=b'{"type":"dm","id":%(digits)b,"from":"%(name)b","to":"%(to)b","text":"%(text)b",'
            b'"at":%(digits)b}\n',
            sender=PERSON,
        ),
        opening=b'{"type":"dm","ref":"START","to":"%(name)b","text":"START"}\n',
        fence=Step(b'{"type":"pong"', b'{"type":"ping"}\n'),
    ),
    notices=NoticeFormat(
        _JSON,
        came=re.compile(rb'"type":"joined","names":\[[^]]*\],"count":(\d+)'),
        went=re.compile(rb'"type":"(?:lost|left)","names":\[[^]]*\],"count":(\d+)'),
    ),
    # A line has at most 4,096 bytes before its end.
    longest=4097,
    told=ToldCodec(
        handshake=replace(_JSON, start=b'"text":"START"'),
        lead=replace(_JSON, start=b'"ref":"START"'),
        message=MessageTemplate(
            say=b'{"type":"say","text":"%(text)b","ref":"r"}\n',
            heard=b'{"type":"said","room":"lobby","id":%(digits)b,"from":"%(name)b","text":"%(text)b",'
            b'"at":%(digits)b}\n',
            reply=b'{"type":"ack","ref":"r","id":%(digits)b}\n',
        ),
        opening=b'{"type":"say","text":"START"}\n{"type":"dm","ref":"START","to":"t000","text":"START"}\n',
    ),
    rooms=RoomCodec(
        handshake=replace(_TEXT, refused=re.compile(rb"! ")),
        join=b"/join %(room)b\n",
        joined=b"* #%(room)b - ",
        message=MessageTemplate(say=b"%(text)b\n", heard=b"#%(room)b <%(name)b> %(text)b\n", sender=PERSON),
        lobby=MessageTemplate(say=b"/bc %(text)b\n", heard=b"<%(name)b> %(text)b\n", sender=PERSON),
        opening=b"/bc START\n/dm " + PERSON.encode() + b" START\n",
        lead_start=b"[dm to " + PERSON.encode() + b"] START",
    ),
    devices=DeviceCodec(
        handshake=replace(_JSON, start=b'"text":"START"', refused=re.compile(rb'\{"type":"error"')),
        counted=Step(b'{"type":"unread"'),
        register=b'{"type":"register","password":"nobody tries this"}\n',
        registered=Step(b'{"type":"done"'),
        message=MessageTemplate(
            say=b'{"type":"say","text":"%(text)b"}\n',
            heard=b'{"type":"said","room":"lobby","id":%(id)b,"from":"%(name)b","text":"%(text)b",'
            b'"at":%(at)b}\n',
        ),
        # The pong comes when what was said before it was.
        opening=b'{"type":"say","text":"START"}\n{"type":"ping","ref":"START"}\n',
        lead_start=b'"ref":"START"',
    ),
)
_GREETED: Final = Handshake(hello=b"", steps=(Step(b"* welcome\n"),), start=b"> START")
_FLOOR: Final = Codec(
    reader=_GREETED,
    talker=_GREETED,
    lead=_GREETED,
    opening=b"<t000> START\n",
    message=MessageTemplate(say=b"<%(name)b> %(text)b\n", heard=b"<%(name)b> %(text)b\n"),
    hears=Hears.ALL,
)

#: ERROR and the numeric replies for errors; 422 only says that there is no message of the day.
_NO_IRC: Final = re.compile(rb"ERROR |:\S+ (?!422)[45]\d\d ")


def _irc(user: bytes, longest: int, arriving: int) -> Codec:
    """`user` is how the server shows the user name `t`: some mark names that no ident server confirmed. A
    sender gets no copy of its message, so the lead sends a PING right after START and waits for the
    PONG."""
    prefix = b":%(name)b!" + user + b"@%(host)b "
    registered = Handshake(
        hello=b"NICK %(name)b\r\nUSER t 0 * :t\r\n",
        # With the answer everything that the server sends by itself has arrived.
        steps=(Step(b".bench 001 ", b"PING IN\r\n"), Step(b".bench PONG ")),
        refused=_NO_IRC,
    )
    joined = replace(registered, steps=(Step(b".bench 001 ", b"JOIN #lobby\r\n"), Step(b".bench 366 ")))
    told = replace(joined, start=b" :START\r\n")
    return Codec(
        reader=told,
        talker=told,
        lead=replace(joined, start=b"START\r\n"),
        opening=b"PRIVMSG #lobby :START\r\nPING START\r\n",
        message=MessageTemplate(
            say=b"PRIVMSG #lobby :%(text)b\r\n", heard=prefix + b"PRIVMSG #lobby :%(text)b\r\n"
        ),
        hears=Hears.OTHERS,
        direct=DirectCodec(
            handshake=registered,
            message=MessageTemplate(
                say=b"PRIVMSG %(to)b :%(text)b\r\n",
                heard=prefix + b"PRIVMSG %(to)b :%(text)b\r\n",
                sender=PERSON,
            ),
            fence=Step(b".bench PONG ", b"PING FENCE\r\n"),
        ),
        notices=NoticeFormat(
            joined,
            came=re.compile(rb":s\d{5}!\S+ JOIN "),
            went=re.compile(rb":s\d{5}!\S+ QUIT "),
        ),
        longest=longest,
        arriving=arriving,
    )


def _nats() -> Codec:
    """The server sends its first PING two seconds after a client connected, to measure the round-trip
    time."""

    def handshake(subscription: bytes, start: bytes = b"") -> Handshake:
        options = b'{"verbose":false,"pedantic":false,"name":"%(name)b"}'
        return Handshake(
            hello=b"",
            steps=(
                Step(b"INFO ", b"CONNECT " + options + b"\r\n" + subscription + b"PING\r\n"),
                Step(b"PONG\r\n"),
            ),
            start=start,
            later=Step(b"PING\r\n", b"PONG\r\n"),
            refused=re.compile(rb"-ERR"),
        )

    return Codec(
        reader=handshake(b"SUB lobby 1\r\n", START),
        talker=handshake(b""),
        lead=handshake(b""),
        opening=b"PUB lobby 5\r\nSTART\r\n",
        message=MessageTemplate(
            say=b"PUB lobby %(length)d\r\n%(text)b\r\n",
            heard=b"MSG lobby 1 %(length)d\r\n%(text)b\r\n",
            signed=True,
        ),
        hears=Hears.REPLIES,
        loose=True,
        direct=DirectCodec(
            handshake=handshake(b"SUB %(name)b 1\r\n"),
            message=MessageTemplate(
                say=b"PUB %(to)b %(length)d\r\n%(text)b\r\n",
                heard=b"MSG %(to)b 1 %(length)d\r\n%(text)b\r\n",
                signed=True,
                sender=PERSON,
            ),
            fence=Step(b"PONG\r\n", b"PING\r\n"),
        ),
        longest=1 << 20,
    )


def _redis() -> Codec:
    """A connection with a subscription may publish only in version 3 of the protocol (RESP3), so that is what
    direct messages use. The reply to a publisher is the number of receivers."""
    named = Handshake(
        hello=b"CLIENT SETNAME %(name)b\r\n",
        steps=(Step(b"+OK\r\n"),),
        refused=re.compile(rb"-"),
    )
    # `:1` ends the answer to SUBSCRIBE: it is the number of subscriptions.
    subscribed = (Step(b"+OK\r\n", b"SUBSCRIBE lobby\r\n"), Step(b"subscribe\r\n"), Step(b":1\r\n"))
    person = Handshake(
        hello=b"HELLO 3 SETNAME %(name)b\r\n",
        steps=(
            Step(b"modules\r\n", b"SUBSCRIBE %(name)b\r\n"),
            Step(b"subscribe\r\n"),
            Step(b":1\r\n"),
        ),
        refused=re.compile(rb"-"),
    )
    return Codec(
        reader=replace(named, steps=subscribed, start=START),
        talker=named,
        lead=replace(named, start=b":"),
        opening=b"*3\r\n$7\r\nPUBLISH\r\n$5\r\nlobby\r\n$5\r\nSTART\r\n",
        message=MessageTemplate(
            say=b"*3\r\n$7\r\nPUBLISH\r\n$5\r\nlobby\r\n$%(length)d\r\n%(text)b\r\n",
            heard=b"*3\r\n$7\r\nmessage\r\n$5\r\nlobby\r\n$%(length)d\r\n%(text)b\r\n",
            signed=True,
            reply=b":%(count)d\r\n",
        ),
        hears=Hears.REPLIES,
        direct=DirectCodec(
            handshake=person,
            message=MessageTemplate(
                say=b"*3\r\n$7\r\nPUBLISH\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                heard=b">3\r\n$7\r\nmessage\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                signed=True,
                sender=PERSON,
                reply=b":%(count)d\r\n",
            ),
            fence=Step(b"+PONG\r\n", b"PING\r\n"),
        ),
        longest=1 << 20,
    )


CODECS: Final[dict[str, Codec]] = {
    **{name: carried(_CHATD, transport_of(name)) for name in OURS},
    "floor": _FLOOR,
    "floor-restless": _FLOOR,
    "naive": _FLOOR,
    # It completes registrations once a second: many at a time make that faster, and cost it nothing.
    "inspircd": _irc(b"t", longest=8192, arriving=3000),
    # It listens with a backlog of 10, and knows no lines of more than 512 bytes.
    "ngircd": _irc(b"~t", longest=512, arriving=8),
    "nats": _nats(),
    "redis": _redis(),
}

#: The most there can be: names are `t000` to `t999`, and of others `p00000` to `p99999`.
TALKERS: Final = 1000
PEOPLE: Final = 100_000
#: How many others each person writes to.
PARTNERS: Final = 8


def unfit(server: str, size: int, *, direct: bool = False) -> str | None:
    """Why the server cannot take messages, or `direct` ones, of `size` bytes, as one sentence; None where it
    can."""
    codec = CODECS[server]
    if direct and codec.direct is None:
        return f"{server} knows no direct messages; please choose another server"
    message, to = (codec.direct.message, PERSON) if direct and codec.direct else (codec.message, "")
    if (short := 1 - message.padding(size)) > 0:
        return f"a message to {server} has at least {size + short} bytes; please choose a larger size"
    if (longest := message.longest(size, to)) > codec.longest:
        return (
            f"{server} carries {codec.longest} bytes at most, and a message of {size} takes {longest}; "
            "please choose a smaller size"
        )
    return None
