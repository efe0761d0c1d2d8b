"""What each figure of a run means: for the terminal, the reports, `make bench-compare` and docs/measuring.md.

Whoever adds a figure to a scenario adds it here, too; a test compares. The order is that of reading.
"""

from dataclasses import dataclass
from typing import Final

#: Which way a figure becomes better; neither: it tells how the run went, not how good the server is.
MORE, LESS, NEITHER = "more", "less", "-"


@dataclass(frozen=True, slots=True)
class Meaning:
    """`unit` is written behind a value that stands alone; `key` figures are asked for first."""

    better: str
    unit: str
    text: str
    key: bool = False


GLOSSARY: Final[dict[str, Meaning]] = {
    "deliveries/s": Meaning(MORE, "", "messages received in a second, counted once for each reader", True),
    "messages/s": Meaning(MORE, "", "messages sent in a second", True),
    "capacity/s": Meaning(MORE, "", "done in a second of server CPU, at the highest rate not void", True),
    "capacity at/s": Meaning(MORE, "", "that rate, in deliveries or direct messages a second", True),
    "per CPU s": Meaning(MORE, "", "deliveries or direct messages in a second of server CPU", True),
    "µs/delivery": Meaning(LESS, "µs", "server CPU for each message that one reader got", True),
    "µs/message": Meaning(LESS, "µs", "server CPU for each message, its deliveries included", True),
    "OpenSSL µs": Meaning(NEITHER, "µs", "CPU that OpenSSL alone needs to encrypt what one reader got, each"),
    "record bytes": Meaning(NEITHER, "", "bytes of a TLS record before it was encrypted, on average"),
    "handshakes/CPU s": Meaning(MORE, "", "TLS handshakes in a second of server CPU, the accept included"),
    "handshakes": Meaning(NEITHER, "", "TLS handshakes, each on a connection of its own"),
    "handshake p50 ms": Meaning(LESS, "ms", "from the connection until it was encrypted: half were quicker"),
    "handshake p99 ms": Meaning(LESS, "ms", "from the connection until it was encrypted: 99 % were quicker"),
    "one room µs": Meaning(LESS, "µs", "server CPU for each of as many deliveries a second in one room"),
    "rooms ratio": Meaning(LESS, "", "CPU per delivery in many rooms, over that in one"),
    "guests µs": Meaning(LESS, "µs", "server CPU for each of as many deliveries to guests"),
    "devices ratio": Meaning(LESS, "", "CPU per delivery to devices of accounts, over that to guests"),
    "p50 ms": Meaning(LESS, "ms", "half of the deliveries took no longer, from when they were due", True),
    "p99 ms": Meaning(LESS, "ms", "99 % of the deliveries took no longer", True),
    "p99.9 ms": Meaning(LESS, "ms", "99.9 % of the deliveries took no longer", True),
    "all in s": Meaning(LESS, "s", "from the first connection until everybody had joined", True),
    "drops told s": Meaning(LESS, "s", "from the drop until all who remain knew of everyone lost", True),
    "listened s": Meaning(LESS, "s", "from kill -9 until the server, started again, listened", True),
    "resumed s": Meaning(LESS, "s", "from kill -9 until the last one was back and had missed nothing", True),
    "returned s": Meaning(LESS, "s", "from the server's start until the last one had its counts", True),
    "hashed": Meaning(LESS, "", "wrong passwords that were tried, as the server's answers tell", True),
    "p99 growth ms": Meaning(LESS, "ms", "p99 while somebody misbehaves, less that before", True),
    "ping worst ms": Meaning(LESS, "ms", "the longest time without an answer to a ping", True),
    "names differ %": Meaning(LESS, "%", "how much the two next differ", True),
    "wrong p50 ms": Meaning(LESS, "ms", "until a wrong password is refused, of a name that is registered"),
    "unknown p50 ms": Meaning(LESS, "ms", "the same of a name that is not"),
    "guest join ratio": Meaning(LESS, "", "CPU of a guest's join with bans, over that without", True),
    "account join ratio": Meaning(LESS, "", "the same of a device with a token", True),
    "locked s": Meaning(LESS, "s", "from when a lockdown was typed until everyone was told", True),
    "banned s": Meaning(LESS, "s", "from when a ban was typed until everyone was told", True),
    "put out s": Meaning(LESS, "s", "from when a ban was typed until the last one had gone", True),
    "answer p50 ms": Meaning(LESS, "ms", "from when a question was due to its whole answer: half", True),
    "answer p99 ms": Meaning(LESS, "ms", "99 % of the answers took no longer, from when they were due", True),
    "lag worst s": Meaning(LESS, "s", "from an acknowledgement until a search found it, at most", True),
    "rebuilt s": Meaning(LESS, "s", "from the start without a search index until all was found", True),
    "index µs": Meaning(LESS, "µs", "server CPU for each old message, from the start until then", True),
    "KiB each": Meaning(LESS, "KiB", "memory of the server for each connection", True),
    "idle %": Meaning(LESS, "%", "share of a core that the server uses while nobody says anything", True),
    "RSS MiB": Meaning(LESS, "MiB", "resident memory of the server", True),
    "worst ms": Meaning(LESS, "ms", "the slowest delivery"),
    "answer worst ms": Meaning(LESS, "ms", "the slowest answer"),
    "ack p50 ms": Meaning(LESS, "ms", "from when a note was due to its acknowledgement: half"),
    "ack p99 ms": Meaning(LESS, "ms", "99 % of the notes were acknowledged in this time"),
    "ack worst ms": Meaning(LESS, "ms", "the slowest acknowledgement"),
    "direct p99 ms": Meaning(LESS, "ms", "99 % of the direct messages took no longer"),
    "p50 more ms": Meaning(LESS, "ms", "p50, less that of a chatd that stores nothing"),
    "p99 more ms": Meaning(LESS, "ms", "p99, less that of a chatd that stores nothing"),
    "p99 without ms": Meaning(LESS, "ms", "p99 before any reader was slow"),
    "p99 ratio": Meaning(LESS, "", "p99 of those who are not slow, over that before anyone was"),
    "one room p99 ms": Meaning(LESS, "ms", "p99 of as many deliveries a second in one room"),
    "guests p99 ms": Meaning(LESS, "ms", "p99 of as many deliveries to guests"),
    "p99 before ms": Meaning(LESS, "ms", "p99 before anybody misbehaved"),
    "ping p99 ms": Meaning(LESS, "ms", "99 % of the pings took no longer"),
    "all told s": Meaning(LESS, "s", "from the first connection until all knew of all who joined"),
    "back s": Meaning(LESS, "s", "from the first connection after the drop until everybody was back"),
    "join p50 ms": Meaning(LESS, "ms", "from connecting to the welcome: half were quicker"),
    "join p99 ms": Meaning(LESS, "ms", "from connecting to the welcome: 99 % were quicker"),
    "join p99.9 ms": Meaning(LESS, "ms", "from connecting to the welcome: 99.9 % were quicker"),
    "join worst ms": Meaning(LESS, "ms", "from connecting to the welcome: the slowest"),
    "listening s": Meaning(LESS, "s", "from the server's start until it listened"),
    "return p50 ms": Meaning(LESS, "ms", "from connecting to one's unread counts: half were quicker"),
    "return p99 ms": Meaning(LESS, "ms", "from connecting to one's unread counts: 99 % were quicker"),
    "return p99.9 ms": Meaning(LESS, "ms", "from connecting to one's unread counts: 99.9 % were quicker"),
    "return worst ms": Meaning(LESS, "ms", "from connecting to one's unread counts: the slowest"),
    "return µs": Meaning(LESS, "µs", "server CPU for each who came back, its start included"),
    "guest join µs": Meaning(LESS, "µs", "server CPU for each guest who joins, with bans"),
    "account join µs": Meaning(LESS, "µs", "the same for each device with a token"),
    "guest join without µs": Meaning(LESS, "µs", "server CPU for each guest who joins, without bans"),
    "account join without µs": Meaning(LESS, "µs", "the same for each device with a token"),
    "connections": Meaning(MORE, "", "connections that were open at a time"),
    "growth": Meaning(LESS, "", "CPU per delivery with many readers, over that with few"),
    "before MiB": Meaning(NEITHER, "MiB", "resident memory before any reader was slow"),
    "peak MiB": Meaning(LESS, "MiB", "the most resident memory while readers were slow"),
    "after MiB": Meaning(LESS, "MiB", "resident memory after the slow readers left"),
    "after / before": Meaning(LESS, "", "memory after the slow readers left, over that before"),
    "KiB each slow": Meaning(LESS, "KiB", "the most memory for each slow reader"),
    "blocked ms": Meaning(LESS, "ms", "the longest time in which the event loop did nothing but one thing"),
    "server %": Meaning(LESS, "%", "share of a core that the server used"),
    "generator %": Meaning(NEITHER, "%", "share of a core that the generator used; near 100 the run is void"),
    "disturbed %": Meaning(NEITHER, "%", "share of the time in which something else had a core"),
    "late p99 ms": Meaning(NEITHER, "ms", "how late the generator sent; it is part of the latencies"),
    "window": Meaning(NEITHER, "", "unacknowledged messages of each talker, at the rate shown"),
    "deliveries": Meaning(NEITHER, "", "messages received, counted once for each reader"),
    "delivered": Meaning(NEITHER, "", "messages that the slow readers received"),
    "skipped": Meaning(NEITHER, "", "messages that the server skipped for the slow readers"),
    "said": Meaning(NEITHER, "", "messages said to the room"),
    "written": Meaning(NEITHER, "", "direct messages written"),
    "missed": Meaning(NEITHER, "", "deliveries of what was said while the reader was away"),
    "sent again": Meaning(
        NEITHER, "", "messages sent once more, since their answer was lost with the server"
    ),
    "answers": Meaning(NEITHER, "", "questions about old messages that were answered"),
    "tries": Meaning(NEITHER, "", "wrong passwords that were given, each on a connection of its own"),
    "bans": Meaning(NEITHER, "", "bans of accounts, names and ranges that there were at a time"),
    "put out": Meaning(NEITHER, "", "guests who had to go"),
    "counts": Meaning(NEITHER, "", "unread counts that were compared with what was prepared"),
    "came": Meaning(NEITHER, "", "people who came and went"),
}

#: The figures that people ask for first.
KEY: Final = tuple(name for name, meaning in GLOSSARY.items() if meaning.key)
#: Of several repetitions the highest counts: a median would make it meaningless.
HIGHEST: Final = ("blocked ms",)
#: Figures that come from the steps that are not void: they are missing only where all steps are.
OF_VALID_STEPS: Final = ("capacity/s", "capacity at/s")


def better(figure: str) -> str:
    """Of a figure that nobody has explained less is better."""
    return GLOSSARY[figure].better if figure in GLOSSARY else LESS
