"""What holds for an outbox before a socket of any mood: it takes 0, 1, some or all bytes, in any order.

EXAMPLES=5000 in the environment looks that much further, as in test_properties.py.
"""

import re
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatd.behaviour.fanout import post
from chatd.protocol.limits import DEFAULT
from chatd.state.backlog import PieceKind
from chatd.state.feed import Notice
from chatd.state.outbox import Flow, Outbox
from tests.support.examples import EXAMPLES
from tests.support.world import Player, World

BOUND = 120  # bytes of room messages: a handful of pieces, whose sizes often meet the socket's mood
LIMITS = replace(DEFAULT, room_waiting=BOUND)

_sizes = st.sampled_from((8, 10, 20, 40, 60, BOUND - 1, BOUND, BOUND + 1, 2 * BOUND))
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("room"), _sizes),
        st.tuples(st.just("room"), _sizes),
        st.tuples(st.just("private"), _sizes),
        st.tuples(st.just("notice"), _sizes),
        st.tuples(st.just("round"), st.just(0)),
        st.tuples(st.just("writable"), st.sampled_from((1, 7, 64, 1000))),
    ),
    max_size=40,
)
_scripts = st.lists(st.sampled_from((0, 0, 1, 8, 10, 20, 30, 100, None)), max_size=20)
_LINE = re.compile(rb"([rpn])(\d+)-*|\* (\d+) messages? skipped")


class MoodyReader:
    """A client of the lobby into whose outbox numbered pieces are put, which its socket takes as it likes."""

    def __init__(self, script: list[int | None]) -> None:
        self.world = World(LIMITS)
        self.player = Player(self.world)
        self.player.feed("reader\n")
        self.world.pass_time(1)
        self.start = len(self.player.socket.taken)
        self.player.socket.script = script
        self.outbox: Outbox = self.player.session.outbox
        self.pieces: list[bytes] = []

    def step(self, what: str, size: int) -> None:
        match what:
            case "room" | "private" | "notice":
                self.add(what, size)
            case "round":
                self.world.round()
            case _:
                self.writable(size)

    def add(self, what: str, size: int) -> None:
        piece = f"{what[0]}{len(self.pieces)}".encode().ljust(size - 1, b"-") + b"\n"
        self.pieces.append(piece)
        if what == "private":
            post(self.world.state, self.player.session, piece)
        else:  # as `publish` does it
            feed = self.world.lobby.members[self.player.session].feed
            feed.append_notice(Notice(piece)) if what == "notice" else feed.append(piece)
            self.world.state.pending.add_room(self.world.lobby)

    def writable(self, size: int = 1000) -> None:
        if self.outbox.flow is not Flow.KEEPING_UP:
            self.world.drain(self.player, size)

    def check_counts(self) -> None:
        """The counters say what waits, and that is within the bound."""
        outbox, backlog = self.outbox, self.outbox.backlog
        rests = [(kind, len(piece)) for kind, piece in backlog._pieces]
        if rests:
            rests[0] = (rests[0][0], rests[0][1] - backlog._offset)
        sizes = {kind: sum(size for its, size in rests if its is kind) for kind in PieceKind}
        queued = sum(len(piece) for piece in outbox._queue if isinstance(piece, bytes))
        assert outbox.private == queued + sizes[PieceKind.PRIVATE]
        assert {kind: backlog.size(kind) for kind in PieceKind} == sizes
        assert sizes[PieceKind.TALK] <= (max(BOUND, rests[0][1]) if backlog._offset else BOUND)
        assert bool(outbox.skipped) is (outbox.flow is Flow.SKIPPING)

    def finish(self) -> None:
        """The socket takes everything from now on."""
        self.player.socket.script.clear()
        self.world.round()
        while self.outbox.flow is not Flow.KEEPING_UP:
            self.writable()

    def lines(self) -> list[bytes]:
        return self.player.socket.taken[self.start :].split(b"\n")


def check_stream(pieces: list[bytes], lines: list[bytes]) -> None:
    """`lines` are the pieces in their order, whole, but for room messages, each of which is told as skipped:
    behind all that came before it, before all that came after the gap."""
    written = [line + b"\n" for line in lines if not line.startswith(b"*")]
    missing = [number for number, piece in enumerate(pieces) if piece not in written]
    assert written == [piece for piece in pieces if piece in written]
    assert all(pieces[number].startswith(b"r") for number in missing)

    told = 0  # of the missing, how many were told of
    for line in lines:
        match = _LINE.fullmatch(line)
        assert match
        kind, number, count = match.groups()
        if count:
            assert int(count) >= 1
            told += int(count)
            assert told <= len(missing)
            continue
        assert all(skipped < int(number) for skipped in missing[:told])
        if kind == b"r":
            assert all(skipped > int(number) for skipped in missing[told:])
    assert told == len(missing)


@settings(max_examples=EXAMPLES or 200)
@given(_steps, _scripts)
@example([("room", BOUND), ("room", 8), ("private", 8), ("round", 0), ("room", 8), ("round", 0)], [1, 30])
def test_an_outbox_loses_nothing_but_what_it_counts(
    steps: list[tuple[str, int]], script: list[int | None]
) -> None:
    reader = MoodyReader(list(script))
    for what, size in steps:
        reader.step(what, size)
        reader.check_counts()
    reader.finish()
    reader.check_counts()

    outbox, lines = reader.outbox, reader.lines()
    assert (outbox.private, outbox.skipped, outbox.waiting) == (0, {}, False)
    assert lines.pop() == b""
    check_stream(reader.pieces, lines)
    if sum(len(piece) for piece in reader.pieces if piece.startswith(b"r")) <= BOUND:
        assert len(lines) == len(reader.pieces)
