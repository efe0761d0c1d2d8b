"""The servers' ways of speaking: one table.

Talkers and readers speak text to chatd, as people do, and those who write to each other JSON lines, in which
nothing comes back to the writer. As `chatd-json` all of them speak JSON lines with a `ref`, and get an
acknowledgement for each message. The floor and the naive server have no dialects: they send a line on to
everyone, and the talker's own echo stands for the acknowledgement. At chatd, in text, and in IRC a message is
told to everyone but its sender. At NATS and Redis talkers only publish. Where a server does not acknowledge,
a message counts as acknowledged when the first reader has it.

The herald comes last and speaks first. chatd tells of who came at its leisure, but always before they speak:
so behind START nobody is told of anyone.
"""

import re
from dataclasses import replace
from typing import Final

from loadtests.engine.wire import START, Codec, DirectCodec, Form, Hears, Step, Way

__all__ = ["CODECS", "START", "Codec", "unfit"]

_TEXT: Final = Way(hello=b"%(name)b\n", steps=(Step(b"* you are "),), start=b"> START")
_JSON: Final = Way(
    hello=b'{"type":"hello","nick":"%(name)b"}\n',
    steps=(Step(b'{"type":"welcome"'),),
)
_WRITTEN: Final = DirectCodec(
    way=replace(_JSON, start=b'"ref":"START"'),
    form=Form(
        say=b'{"type":"dm","to":"%(to)b","text":"%(text)b"}\n',
        heard=b'{"type":"dm","id":%(digits)b,"from":"%(name)b","to":"%(to)b","text":"%(text)b",'
        b'"at":%(digits)b}\n',
    ),
    opening=b'{"type":"dm","ref":"START","to":"%(name)b","text":"START"}\n',
    fence=Step(b'{"type":"pong"', b'{"type":"ping"}\n'),
)
_CHATD: Final = Codec(
    reader=_TEXT,
    talker=_TEXT,
    # It gets no copy of what it says to all, but of what it writes to itself.
    herald=replace(_TEXT, start=b"[dm to t000] START"),
    opening=b'START\n/dm t000 "START"\n',
    form=Form(say=b"%(text)b\n", heard=b"<%(name)b> %(text)b\n"),
    hears=Hears.OTHERS,
    direct=_WRITTEN,
    # A line has at most 4,096 bytes before its end.
    longest=4097,
)
# The `ref` is the same for every message: acknowledgements are counted, not matched.
_CHATD_JSON: Final = replace(
    _CHATD,
    talker=replace(_JSON, start=b'"text":"START"'),
    herald=replace(_JSON, start=b'"ref":"START"'),
    opening=b'{"type":"say","ref":"START","text":"START"}\n',
    form=replace(_CHATD.form, say=b'{"type":"say","ref":"m","text":"%(text)b"}\n'),
    hears=Hears.JSON,
    direct=replace(
        _WRITTEN,
        form=replace(
            _WRITTEN.form,
            say=b'{"type":"dm","ref":"m","to":"%(to)b","text":"%(text)b"}\n',
            reply=b'{"type":"ack","ref":"m","id":%(digits)b}\n',
        ),
        acks=True,
    ),
)

_GREETED: Final = Way(hello=b"", steps=(Step(b"* welcome\n"),), start=b"> START")
_FLOOR: Final = Codec(
    reader=_GREETED,
    talker=_GREETED,
    herald=_GREETED,
    form=Form(say=b"<%(name)b> %(text)b\n", heard=b"<%(name)b> %(text)b\n"),
    hears=Hears.ALL,
)

#: ERROR and the numerics of failure; 422 only says that there is no message of the day.
_NO_IRC: Final = re.compile(rb"ERROR |:\S+ (?!422)[45]\d\d ")


def _irc(user: bytes, longest: int, arriving: int) -> Codec:
    """`user` is how the server shows the user name `t`: some mark names that no ident server confirmed.
    Nobody hears itself, so the herald asks for an answer right behind START."""
    prefix = b":%(name)b!" + user + b"@%(host)b "
    registered = Way(
        hello=b"NICK %(name)b\r\nUSER t 0 * :t\r\n",
        # What the server tells on its own is through when it answers.
        steps=(Step(b".bench 001 ", b"PING IN\r\n"), Step(b".bench PONG ")),
        refused=_NO_IRC,
    )
    joined = replace(registered, steps=(Step(b".bench 001 ", b"JOIN #lobby\r\n"), Step(b".bench 366 ")))
    told = replace(joined, start=b" :START\r\n")
    return Codec(
        reader=told,
        talker=told,
        herald=replace(joined, start=b"START\r\n"),
        opening=b"PRIVMSG #lobby :START\r\nPING START\r\n",
        form=Form(say=b"PRIVMSG #lobby :%(text)b\r\n", heard=prefix + b"PRIVMSG #lobby :%(text)b\r\n"),
        hears=Hears.OTHERS,
        direct=DirectCodec(
            way=registered,
            form=Form(say=b"PRIVMSG %(to)b :%(text)b\r\n", heard=prefix + b"PRIVMSG %(to)b :%(text)b\r\n"),
            fence=Step(b".bench PONG ", b"PING FENCE\r\n"),
        ),
        longest=longest,
        arriving=arriving,
    )


def _nats() -> Codec:
    """Two seconds after someone has come the server sends its first PING, to learn how far away they are."""

    def way(subscription: bytes, start: bytes = b"") -> Way:
        options = b'{"verbose":false,"pedantic":false,"name":"%(name)b"}'
        return Way(
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
        reader=way(b"SUB lobby 1\r\n", START),
        talker=way(b""),
        herald=way(b""),
        form=Form(
            say=b"PUB lobby %(length)d\r\n%(text)b\r\n",
            heard=b"MSG lobby 1 %(length)d\r\n%(text)b\r\n",
            signed=True,
        ),
        hears=Hears.REPLIES,
        loose=True,
        direct=DirectCodec(
            way=way(b"SUB %(name)b 1\r\n"),
            form=Form(
                say=b"PUB %(to)b %(length)d\r\n%(text)b\r\n",
                heard=b"MSG %(to)b 1 %(length)d\r\n%(text)b\r\n",
                signed=True,
            ),
            fence=Step(b"PONG\r\n", b"PING\r\n"),
        ),
        longest=1 << 20,
    )


def _redis() -> Codec:
    """A connection that has subscribed may publish only in the third version of the protocol, which people
    who write to each other therefore speak. A publisher is told how many got its message."""
    named = Way(
        hello=b"CLIENT SETNAME %(name)b\r\n",
        steps=(Step(b"+OK\r\n"),),
        refused=re.compile(rb"-"),
    )
    # `:1` ends the answer to SUBSCRIBE: it is the number of subscriptions.
    subscribed = (Step(b"+OK\r\n", b"SUBSCRIBE lobby\r\n"), Step(b"subscribe\r\n"), Step(b":1\r\n"))
    person = Way(
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
        herald=replace(named, start=b":"),
        form=Form(
            say=b"*3\r\n$7\r\nPUBLISH\r\n$5\r\nlobby\r\n$%(length)d\r\n%(text)b\r\n",
            heard=b"*3\r\n$7\r\nmessage\r\n$5\r\nlobby\r\n$%(length)d\r\n%(text)b\r\n",
            signed=True,
            reply=b":%(count)d\r\n",
        ),
        hears=Hears.REPLIES,
        direct=DirectCodec(
            way=person,
            form=Form(
                say=b"*3\r\n$7\r\nPUBLISH\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                heard=b">3\r\n$7\r\nmessage\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                signed=True,
                reply=b":%(count)d\r\n",
            ),
            fence=Step(b"+PONG\r\n", b"PING\r\n"),
        ),
        longest=1 << 20,
    )


CODECS: Final[dict[str, Codec]] = {
    "chatd": _CHATD,
    "chatd-json": _CHATD_JSON,
    "floor": _FLOOR,
    "floor-restless": _FLOOR,
    "naive": _FLOOR,
    # It looks once a second whether someone has registered: so many at a time cost it nothing.
    "inspircd": _irc(b"t", longest=8192, arriving=3000),
    # It listens with a backlog of 10, and knows no lines of more than 512 bytes.
    "ngircd": _irc(b"~t", longest=512, arriving=8),
    "nats": _nats(),
    "redis": _redis(),
}

#: Names are `t000` to `t999` and `p00000` to `p99999`.
_MOST_TALKERS: Final = 1000
_MOST_PEOPLE: Final = 100_000
#: Each of the people writes to so many others.
PARTNERS: Final = 8


def unfit(server: str, *, size: int, talkers: int = 0, people: int = 0, direct: bool = False) -> str | None:
    """Why messages of `size` bytes, and so many talkers or people, cannot be at that server, as one sentence;
    `direct` is whether they are messages from one to one."""
    codec = CODECS[server]
    if direct and codec.direct is None:
        return f"{server} knows no direct messages; please choose another server"
    form, to = (codec.direct.form, "p00000") if direct and codec.direct else (codec.form, "")
    if (short := 1 - form.padding(size, to)) > 0:
        return f"a message to {server} has at least {size + short} bytes; please choose a larger size"
    if (longest := form.longest(size, to)) > codec.longest:
        return (
            f"{server} carries {codec.longest} bytes at most, and a message of {size} takes {longest}; "
            "please choose a smaller size"
        )
    if talkers > _MOST_TALKERS:
        return f"the names of talkers have three digits; please ask for at most {_MOST_TALKERS}"
    if direct and not PARTNERS < people <= _MOST_PEOPLE:
        return (
            f"each writes to {PARTNERS} others, and the names have five digits; please ask for "
            f"{PARTNERS + 1} to {_MOST_PEOPLE} people"
        )
    return None
