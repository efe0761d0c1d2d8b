"""Outboxes under sockets that accept nothing, one byte, some and all (MUSTs 2 and 6)."""

from dataclasses import replace

import pytest

from chatd.protocol.limits import DEFAULT
from chatd.state.backlog import PieceKind
from chatd.state.feed import Batch, Notice
from chatd.state.outbox import Flow, Outbox
from tests.support.world import ScriptedSocket, World

SMALL = replace(DEFAULT, room_waiting=100, private_waiting=40, private_round=200, notices_waiting=50)


def said(*messages: bytes, room: str = "lobby") -> Batch:
    return Batch(room, list(messages))


def behind(*pieces: Batch | bytes, written: int = 0) -> Outbox:
    """An outbox whose socket took `written` bytes of the pieces: room messages, and private bytes."""
    outbox = Outbox(SMALL)
    for piece in pieces:
        if isinstance(piece, Batch):
            outbox.add(piece)
        else:
            outbox.post(piece)
    outbox.fall_behind(written, 0.0)
    return outbox


def drain(outbox: Outbox, size: int) -> bytes:
    """Everything that is left, `size` bytes at a time."""
    out = b""
    while outbox.waiting:
        head = outbox.backlog.head(size)
        out += head
        outbox.advance(len(head), 1.0)
    return out


def with_a_gap_to_close() -> Outbox:
    """One message was skipped, and all that came before it is written."""
    outbox = behind(said(b"x" * 100))
    outbox.add(said(b"y"))
    outbox.move_to_backlog()
    assert outbox.advance(100, 1.0)
    return outbox


@pytest.mark.parametrize("written", range(9))
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_what_a_short_write_left_over_stays_at_the_head(written: int, size: int) -> None:
    outbox = behind(said(b"abc"), b"def", said(b"ghi"), written=written)
    assert outbox.flow is Flow.BEHIND
    assert outbox.private == len(b"def"[max(0, written - 3) :])
    assert drain(outbox, size) == b"abcdefghi"[written:]
    assert (outbox.flow, outbox.private) == (Flow.KEEPING_UP, 0)


def test_room_messages_fill_the_bound_and_one_past_it_is_skipped() -> None:
    outbox = behind(said(b"x" * 60))
    outbox.add(said(b"y" * 40))
    outbox.move_to_backlog()
    assert (outbox.flow, outbox.skipped) == (Flow.BEHIND, {})
    outbox.add(said(b"z"))
    outbox.move_to_backlog()
    assert (outbox.flow, outbox.skipped) == (Flow.SKIPPING, {"lobby": 1})


def test_while_skipping_even_what_would_fit_is_skipped_so_that_a_gap_is_one() -> None:
    outbox = behind(said(b"x" * 90))
    outbox.add(said(b"y" * 20))
    outbox.add(said(b"z"))
    outbox.move_to_backlog()
    assert outbox.skipped == {"lobby": 2}


def test_of_a_batch_that_does_not_fit_as_many_messages_are_kept_as_do() -> None:
    """What a message is, the batch says: it may hold any byte."""
    outbox = behind(said(b"x" * 60))
    outbox.add(said(b"a\n" * 10, b"\n" * 20, b"b", b"c"))
    outbox.move_to_backlog()
    assert (outbox.flow, outbox.skipped) == (Flow.SKIPPING, {"lobby": 2})
    assert outbox.backlog.head(1000) == b"x" * 60 + b"a\n" * 10 + b"\n" * 20


@pytest.mark.parametrize("written", range(1, 12))
def test_of_a_batch_that_was_cut_only_the_message_begun_is_kept_past_the_bound(written: int) -> None:
    """Those behind it wait under the bound like what arrives later."""
    messages = [b"x" * 4, b"y" * 4, b"z" * 4]
    outbox = Outbox(replace(SMALL, room_waiting=4))
    outbox.add(said(*messages))
    outbox.fall_behind(written, 0.0)
    begun = [b"".join(messages)[written : written + (-written % 4)]]  # the rest of the message begun
    fits = 4 - len(begun[0])
    whole = [message for message in messages[-(-written // 4) :] if len(message) <= fits][:1]
    assert outbox.backlog.head(100) == b"".join(begun + whole)
    skipped = 3 - -(-written // 4) - len(whole)
    assert outbox.skipped == ({"lobby": skipped} if skipped else {})


def test_a_gap_that_a_dialect_has_no_words_for_is_closed_all_the_same() -> None:
    outbox = with_a_gap_to_close()
    outbox.resume([b""])
    assert (outbox.flow, outbox.waiting) == (Flow.KEEPING_UP, False)


def test_what_is_skipped_is_counted_by_room() -> None:
    outbox = behind(said(b"x" * 100))
    outbox.add(said(b"y", b"y"))
    outbox.add(said(b"z", room="dev"))
    outbox.move_to_backlog()
    outbox.add(said(b"y"))
    outbox.move_to_backlog()
    assert outbox.skipped == {"lobby": 3, "dev": 1}
    outbox.resume([b"<lobby>", b"<dev>"])
    assert (outbox.skipped, outbox.private) == ({}, 12)
    assert drain(outbox, 7) == b"x" * 100 + b"<lobby><dev>"


def test_notices_are_kept_where_talk_is_skipped_and_do_not_count() -> None:
    outbox = behind(said(b"x" * 60))
    outbox.add(Batch("lobby", [b"a" * 40, b"b", Notice(b"<joined>"), b"c", Notice(b"<left>")], notices=True))
    outbox.add(said(b"d"))
    outbox.move_to_backlog()
    assert outbox.skipped == {"lobby": 3}
    outbox.resume([b"<3 skipped>"])
    assert drain(outbox, 7) == b"x" * 60 + b"a" * 40 + b"<joined><left><3 skipped>"


def test_notices_make_no_talk_be_skipped() -> None:
    outbox = behind(Batch("lobby", [Notice(b"n" * 30)], notices=True), said(b"x" * 100))
    assert (outbox.flow, outbox.skipped) == (Flow.BEHIND, {})


def test_a_batch_with_notices_makes_a_few_pieces_and_is_looked_at_once() -> None:
    """Else readers that are behind cost a round, or a drain, a look at each message."""
    talk = [b"x"] * 1000
    batch = Batch("lobby", [*talk, Notice(b"<a>"), Notice(b"<b>"), *talk], notices=True)
    first, second = Outbox(DEFAULT), Outbox(replace(SMALL, room_waiting=500))
    for outbox in (first, second):
        outbox.post(b"reply")
        outbox.fall_behind(0, 0.0)
        outbox.add(batch)
        outbox.move_to_backlog()
    assert len(first.backlog._pieces) == 4
    assert second.skipped == {"lobby": 1500}
    assert batch.stretches() is batch.stretches()
    second.add(batch)
    second.move_to_backlog()
    assert second.skipped == {"lobby": 3500}


def test_more_notices_than_their_bound_are_too_many() -> None:
    outbox = behind(Batch("lobby", [Notice(b"n" * 50)], notices=True))
    assert not outbox.overfull
    outbox.add(Batch("lobby", [Notice(b"n")], notices=True))
    outbox.move_to_backlog()
    assert outbox.overfull


@pytest.mark.parametrize("written", range(6))
def test_a_notice_that_was_cut_is_still_one(written: int) -> None:
    outbox = Outbox(SMALL)
    outbox.add(Batch("lobby", [Notice(b"abc"), b"def"], notices=True))
    outbox.fall_behind(written, 0.0)
    assert outbox.backlog.size(PieceKind.NOTICE) == max(0, 3 - written)
    assert drain(outbox, 2) == b"abcdef"[written:]


def test_nothing_follows_the_last_words_of_one_that_falls_behind_with_them() -> None:
    world = World(SMALL)
    alice, bob = world.player("alice"), world.player("bob", ScriptedSocket((None,), rest=10))
    world.settle(alice, bob)
    for number in range(40):
        alice.feed(f"message {number}\n")
    bob.feed("/quit\n")
    world.round()
    while bob.session.outbox.waiting:
        world.drain(bob)
    assert bob.lines() == [*(f"<alice> message {number}" for number in range(40)), "* bye"]


def test_private_pieces_are_never_skipped() -> None:
    outbox = behind(said(b"x" * 100))
    outbox.post(b"reply")
    outbox.add(said(b"y"))
    outbox.post(b"again")
    outbox.move_to_backlog()
    assert outbox.skipped == {"lobby": 1}
    assert outbox.backlog.head(1000) == b"x" * 100 + b"replyagain"


def test_the_gap_is_closed_when_half_is_drained_and_not_before() -> None:
    outbox = behind(said(b"x" * 100))
    outbox.add(said(b"y"))
    outbox.move_to_backlog()
    assert not outbox.advance(49, 1.0)
    assert outbox.advance(1, 1.0)
    outbox.resume([b"<gap>"])
    outbox.add(said(b"z"))
    outbox.move_to_backlog()
    assert (outbox.flow, outbox.skipped) == (Flow.BEHIND, {})
    assert drain(outbox, 7) == b"x" * 50 + b"<gap>" + b"z"


def test_a_gap_stays_open_with_private_pieces_alone_behind_it() -> None:
    outbox = with_a_gap_to_close()
    outbox.resume([b"<gap>"])
    assert outbox.waiting
    assert drain(outbox, 100) == b"<gap>"
    assert outbox.flow is Flow.KEEPING_UP


def test_a_piece_that_is_half_written_is_kept_even_past_the_bound() -> None:
    outbox = behind(said(b"x" * 200), said(b"y"), written=1)
    assert (outbox.flow, outbox.skipped) == (Flow.SKIPPING, {"lobby": 1})
    assert outbox.backlog.head(1000) == b"x" * 199


def test_progress_is_the_time_of_the_last_byte_taken() -> None:
    outbox = behind(said(b"abc"))
    outbox.advance(0, 5.0)
    assert outbox.progress_at == 0.0
    outbox.advance(1, 6.0)
    assert outbox.progress_at == 6.0


@pytest.mark.parametrize(("waiting", "takes"), [(30, True), (31, False)])
def test_a_client_that_is_behind_takes_direct_messages_up_to_the_bound(waiting: int, takes: bool) -> None:
    outbox = behind(said(b"x"))
    outbox.post(b"p" * waiting)
    assert outbox.takes(10) is takes


@pytest.mark.parametrize(("waiting", "takes"), [(190, True), (191, False)])
def test_a_client_that_keeps_up_takes_what_a_round_may_carry(waiting: int, takes: bool) -> None:
    outbox = Outbox(SMALL)
    outbox.post(b"p" * waiting)
    assert outbox.takes(10) is takes


def test_a_client_that_keeps_up_is_crowded_before_it_is_full() -> None:
    outbox = Outbox(SMALL)
    outbox.post(b"p" * 20)
    assert not outbox.crowded
    outbox.post(b"p")
    assert outbox.crowded
    outbox.taken()
    assert not outbox.crowded


def test_closed_takes_and_holds_nothing() -> None:
    outbox = behind(said(b"x"), b"y")
    outbox.close()
    assert (outbox.flow, outbox.waiting, outbox.private) == (Flow.CLOSED, False, 0)
    with pytest.raises(BrokenPipeError):
        outbox.send(b"z")


def test_who_is_behind_is_told_of_the_gap_in_its_place_and_in_its_language() -> None:
    world = World(replace(DEFAULT, room_waiting=100))
    alice = world.player("alice")
    bob = world.player("bob", ScriptedSocket((None, 0)))
    world.pass_time(1)
    for number in range(20):
        alice.feed(f"message {number}\n")
        world.round()
    assert bob.session.outbox.skipped == {"lobby": 15}  # 5 x 18 bytes fit into 100
    while bob.session.outbox.waiting:
        world.drain(bob, 10)
    alice.feed("after\n")
    assert bob.lines() == [
        *(f"<alice> message {number}" for number in range(5)),
        "* 15 messages skipped",
        "<alice> after",
    ]


def test_what_came_while_the_gap_was_open_but_not_settled_stands_behind_it() -> None:
    world = World(replace(DEFAULT, room_waiting=40))
    alice = world.player("alice")
    bob = world.player("bob", ScriptedSocket((None, 0)), json=True)
    world.pass_time(1)
    for _ in range(2):
        alice.feed("hello\n")
        world.round()
    assert bob.session.outbox.skipped == {"lobby": 2}  # said objects are longer than 40 bytes
    alice.feed("late\n")
    world.drain(bob)
    world.drain(bob)
    texts = bob.lines()
    assert texts[0] == '{"type":"skipped","room":"lobby","count":2,"after":2050047999,"before":2050048002}'
    assert '"text":"late"' in texts[1]
