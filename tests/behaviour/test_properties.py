"""What holds for whatever a client sends, in whatever pieces it comes.

EXAMPLES=5000 in the environment looks that much further, and at random; the gate looks at the same few each
time. The model (`expected`) knows the dialects' own parse and nothing else of the server.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.net.sniffing import BOM, sniff
from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.dialects.jsonl import JsonLines
from chatd.protocol.errors import ChatError, Refused
from chatd.protocol.events import TopicSet
from chatd.protocol.framing import LineBuffer, LineTooLong
from chatd.protocol.limits import DEFAULT
from chatd.protocol.names import check_name, check_room, fold, fold_room
from chatd.protocol.requests import LOBBY, Direct, Hello, Join, Leave, Quit, Request, Say, Topic
from chatd.protocol.telnet import TelnetFilter
from tests.support.examples import EXAMPLES
from tests.support.world import Player, World

# -- what a client may send ----------------------------------------------------------------------------

#: Controls, quotes of all kinds, what reverses or separates lines, what a line of the server begins with.
_SPICE = '"“”\\/ \t\r\0\x1b\x07\x7f\x85\x9b\u202e\u2066\u2028\u2029\ufeff<>[]{}*!:,'
_WORDS = ("a", "é", "𐀀", "bob", "lobby", "\n<bob> hi", "\r* bob left", "[dm from bob] hi", "! no", "/quit")
_texts = st.lists(st.sampled_from([*_SPICE, *_WORDS]), max_size=8).map("".join)
_line_texts = _texts.map(lambda text: text.replace("\n", " "))
_names = st.sampled_from(
    (
        "alice",
        "Alice",
        "a]",
        "BOB",
        "carol",
        "root",
        "1a",
        "",
        " alice",
        "{x",
        "al\x1bice",
        "a" * 32,
        "a" * 33,
    )
)
_people = st.sampled_from(("bob", "Carol", "alice", "nobody", "a]", "b\x1bob", "bob\n"))
_odd: st.SearchStrategy[object] = st.sampled_from(
    (None, 1, -(2**70), 1e300, True, "", [], {}, "x" * 64, "x" * 65, "\n<bob> hi", "\0")
)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '\\"') + '"'


def _dumps(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


_commands = st.one_of(
    _line_texts,
    _line_texts.map("/bc {}".format),
    _line_texts.map(_quoted).map("/BC  {}".format),
    st.builds("/dm {} {}".format, st.sampled_from(("bob", "Carol", "alice", "x\x1b")), _line_texts),
    st.builds("/dm bob {}".format, _line_texts.map(_quoted)),
    st.builds("/{} {}".format, st.sampled_from(("users", "help", "quit", "x\x1b", "", "/")), _line_texts),
    st.sampled_from(("/users", "/help", "/dm bob", "/bc", '/bc "', '/bc “a"b”', "/quit", " ")),
).map(str.encode)

_objects = st.one_of(
    st.fixed_dictionaries({"type": st.just("say"), "text": _texts}, optional={"ref": _texts}),
    st.fixed_dictionaries({"type": st.just("dm"), "text": _texts, "to": _people}, optional={"ref": _texts}),
    st.fixed_dictionaries({"type": st.just("hello"), "nick": _names}),
    st.fixed_dictionaries(
        {"type": st.sampled_from(("say", "dm", "users", "help", "ping", "quit", "hello", "welcome", "é", 5))},
        optional=dict.fromkeys(("nick", "text", "to", "room", "ref", "reason", "token"), _texts | _odd),
    ),
)
_almost_json = st.sampled_from(
    (
        b"{",
        b"[]",
        b'{"type":"say","text":"\\ud800"}',
        b'{"type":"say","text":"\xff"}',
        b'{"type":"say","text":1' + b"0" * 999 + b"}",
        b"[" * 3000,
        b'{"type":"say","x":' + b"[" * 900,
    )
)
_junk = st.one_of(
    st.binary(max_size=12),
    st.sampled_from((b"\x16\x03\x01\x02\0", b"GET / HTTP/1.1", b"\xff\xfe", b"\xe2\x80", b"/bc \xff", b"")),
    st.sampled_from(
        (b"\xff\xfd\x06", b"\xff\xfa\x18\0\xff\xf0", b"\xff\xff", b"\xff\xf7", b"a\x08", b"\xef\xbb\xbf")
    ),
    st.builds(
        lambda size, byte: byte * size,
        st.sampled_from((1023, 1024, 1025, 4095, 4096, 4097, 9000)),
        st.sampled_from((b"x", b"\r", b"{")),
    ),
)
_endings = st.sampled_from((b"\n", b"\n", b"\n", b"\n", b"\r\n", b"\r", b""))


def _stream(first: st.SearchStrategy[bytes], line: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    lines = st.lists(st.tuples(line, _endings).map(b"".join), max_size=10).map(b"".join)
    return st.tuples(first, _endings, lines).map(b"".join)


_encoded = _objects.map(_dumps)
_streams = st.one_of(
    _stream(_names.map(str.encode), _commands | _junk),
    _stream(st.just(b"alice"), _commands),
    _stream(st.just(b'{"type":"hello","nick":"alice"}'), _encoded | _almost_json),
    _stream(_encoded | _junk, _encoded | _commands | _junk | _almost_json),
)
_sizes = st.lists(st.sampled_from((1, 1, 2, 3, 7, 40, 1000, 5000)), min_size=1, max_size=6)


def split(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """`data` in pieces of these sizes, over and over."""
    start = count = 0
    while start < len(data):
        size = sizes[count % len(sizes)]
        yield data[start : start + size]
        start, count = start + size, count + 1


# -- the play ------------------------------------------------------------------------------------------


class Play:
    """Someone sends `pieces` and closes; bob reads text and carol JSON. The clock stands still meanwhile;
    `rounds`: whether the flusher gets its turn after each piece."""

    def __init__(self, pieces: Iterator[bytes], rounds: bool) -> None:
        world = World(replace(DEFAULT, rooms_made=1000))
        self.bob = world.player("bob")
        self.carol = world.player("carol", json=True)
        world.pass_time(1)
        self._before = {player: len(player.socket.taken) for player in (self.bob, self.carol)}
        self.sender = Player(world)
        for piece in pieces:
            self.sender.feed(piece)
            if rounds:
                world.round()
        self.sender.close()
        world.pass_time(1)

    def read(self, player: Player) -> bytes:
        """What `player` was sent in this play."""
        return player.socket.taken[self._before.get(player, 0) :]

    def answers(self) -> bytes:
        """What the sender was answered. Where among the lines Telnet's commands were declined may differ."""
        return re.sub(rb"\xff[\xfc\xfe](?s:.)", b"", self.read(self.sender))

    def everything(self) -> list[bytes]:
        return [self.answers(), self.read(self.bob), self.read(self.carol)]


def understood(data: bytes) -> Iterator[Request]:
    """The requests in `data`, from the one that gives the name on, as the dialect reads whole lines."""
    telnet = TelnetFilter(DEFAULT.telnet_commands)
    data = telnet.skip(data)
    try:
        dialect = sniff(data, settled=True)
    except Refused:
        return
    assert dialect
    data = data.removeprefix(BOM)
    buffer = LineBuffer(DEFAULT.line_before_name, DEFAULT.line)
    buffer.feed(telnet.feed(data) if dialect.typed else data)
    named = False
    while True:
        try:
            line = buffer.pop()
            if line is None:
                return
            request = (dialect.parse if named else dialect.parse_first)(line)
            if isinstance(request, Hello) and not named:
                named = fold(check_name(request.nick)) not in ("bob", "carol")
                buffer.limit = DEFAULT.line if named else DEFAULT.line_before_name
        except LineTooLong:
            if not named:
                return
        except ChatError:
            pass
        else:
            if isinstance(request, Quit) and not named:
                return
            if request is not None and named:
                yield request


def expected(data: bytes, reader: str) -> Iterator[str]:
    """What `reader` hears of someone who sends `data` and closes, as text shows it."""
    nick, here, rooms = "", LOBBY, {LOBBY}
    for request in understood(data):
        match request:
            case Hello() if not nick:
                nick = request.nick
                yield f"* {nick} joined"
            case Join(room=room):
                with suppress(ChatError):
                    here = check_room(room)
                    rooms.add(here)
            case Leave(room=room) if fold_room(room or here) in rooms - {LOBBY}:
                rooms.remove(fold_room(room or here))
                here = here if here in rooms else LOBBY
            case Topic(room=room, text=str(text)) if fold_room(room or here) == LOBBY:
                yield TEXT.encode(TopicSet(LOBBY, 0, nick, text, 0)).decode()[:-1]
            case Say(room=room, text=text) if fold_room(room or here) == LOBBY:
                yield f"<{nick}> {text}"
            case Direct(to=to, text=text) if fold(to) == reader:
                yield f"[dm from {nick}] {text}"
            case Quit(reason=reason):
                yield f"* {nick} left ({reason})" if reason else f"* {nick} left"
                return
    if nick:
        yield f"* {nick} lost connection (closed)"


# -- what a line may be --------------------------------------------------------------------------------

_NICK = r"[A-Za-z_\[\]}^|][A-Za-z0-9_\-\[\]{}^|]{0,31}"
_LINE = re.compile(rf"(\* |! |<{_NICK}> |\[dm (from|to) {_NICK}\] ).*")
_REVERSING = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def text_lines(data: bytes) -> list[str]:
    """The lines of a text reader's bytes, each checked for what the dialect promises."""
    lines = data.decode().split("\n")
    assert lines.pop() == ""
    for line in lines:
        assert _LINE.fullmatch(line), line
        unsafe = {char for char in line if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")}
        assert not unsafe | (_REVERSING & set(line)), line
    return lines


def json_lines(data: bytes) -> list[str]:
    """The lines of a JSON reader's bytes, each checked and as text would show it."""
    lines = data.split(b"\n")
    assert lines.pop() == b""
    shown = []
    for line in lines:
        assert type(json.loads(line)) is dict
        assert not any(byte < 0x20 for byte in line)
        shown += TEXT.encode(JsonLines().parse_event(line)).decode().split("\n")[:-1]
    return shown


# -- the properties ------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES or 200)
@given(_streams, _sizes, st.booleans())
@example(b"\x16\x03\x01\n{}\n", [1], True)
@example(b"\xff\xfb\x1f\xef\xbb\xbfalice\r\0h\xff\xfd\x06o\xff\xf7i\n", [1], False)
@example(b'\xff\xfd\x01{"type":"hello","nick":"alice"}\n{"type":"say","text":"\xff\xf1"}\n', [3], True)
@example(b"\r\n\r\n\0\r\nQUIT\nalice\nhi\n", [1], False)
@example(b'alice\n/dm bob "a\\"b"\n/quit \x1b[2J\n', [5], False)
def test_any_bytes_in_any_pieces(data: bytes, sizes: list[int], rounds: bool) -> None:
    whole = Play(iter([data]), rounds=False)
    assert Play(split(data, sizes), rounds).everything() == whole.everything()

    assert text_lines(whole.read(whole.bob)) == list(expected(data, "bob"))
    assert json_lines(whole.read(whole.carol)) == list(expected(data, "carol"))

    shown = json_lines if whole.sender.session.dialect is JSONL else text_lines
    shown(whole.answers())

    for player in (whole.sender, whole.bob, whole.carol):
        assert player.session.outbox.private == 0
        assert not player.session.outbox.waiting
