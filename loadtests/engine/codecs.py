"""The servers' ways of speaking: one table.

Talkers speak JSON lines to chatd and get an acknowledgement for each message, readers speak text. The floor
and the naive server have no dialects: they send a line on to everyone, and the talker's own echo stands for
the acknowledgement. IRC tells a message to everyone in the channel but its sender. At NATS and Redis
talkers only publish. Where a server does not acknowledge, a message counts as acknowledged when the first
reader has it.
"""

import re
from dataclasses import replace
from typing import Final

from loadtests.engine.wire import HERALD, START, Codec, Direct, Form, Hears, Step, Way

__all__ = ["CODECS", "HERALD", "START", "Codec"]

#: The notice of the last one who joins has come: all others' have.
_NOTICE: Final = Step(b'"%(last)b"')
_JSON: Final = Way(
    hello=b'{"type":"hello","nick":"%(name)b"}\n',
    steps=(Step(b'{"type":"welcome"'),),
)
_CHATD: Final = Codec(
    reader=Way(hello=b"%(name)b\n", steps=(Step(b"* you are "),), start=b"> START"),
    talker=replace(_JSON, start=b'"text":"START"'),
    herald=replace(_JSON, start=b'"ref":"START"', later=_NOTICE),
    # The `ref` is the same for every message: acknowledgements are counted, not matched.
    form=Form(
        say=b'{"type":"say","ref":"m","text":"%(text)b"}\n',
        heard=b"<%(name)b> %(text)b\n",
    ),
    hears=Hears.JSON,
    opening=b'{"type":"say","ref":"START","text":"START"}\n',
    direct=Direct(
        way=_JSON,
        form=Form(
            say=b'{"type":"dm","ref":"m","to":"%(to)b","text":"%(text)b"}\n',
            heard=b'"from":"%(name)b","to":"%(to)b","text":"%(text)b"',
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
        direct=Direct(
            way=registered,
            form=Form(say=b"PRIVMSG %(to)b :%(text)b\r\n", heard=prefix + b"PRIVMSG %(to)b :%(text)b\r\n"),
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
        direct=Direct(
            way=way(b"SUB %(name)b 1\r\n"),
            form=Form(
                say=b"PUB %(to)b %(length)d\r\n%(text)b\r\n",
                heard=b"MSG %(to)b 1 %(length)d\r\n%(text)b\r\n",
                signed=True,
            ),
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
        direct=Direct(
            way=person,
            form=Form(
                say=b"*3\r\n$7\r\nPUBLISH\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                heard=b">3\r\n$7\r\nmessage\r\n$6\r\n%(to)b\r\n$%(length)d\r\n%(text)b\r\n",
                signed=True,
                reply=b":%(count)d\r\n",
            ),
        ),
        longest=1 << 20,
    )


CODECS: Final[dict[str, Codec]] = {
    "chatd": _CHATD,
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
