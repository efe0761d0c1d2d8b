"""What a room says in one variant: appended once, and in everyone's order all the same.

EXAMPLES=5000 in the environment looks that much further, as in test_properties.py.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.dialects import JSONL, TEXT
from chatd.protocol.limits import DEFAULT
from chatd.state.feed import Batch
from chatd.state.rooms import Room
from chatd.state.sessions import NoConnection, Session
from tests.support.examples import EXAMPLES


def member(room: Room) -> Session:
    session = Session(DEFAULT, NoConnection(), len)
    room.add(session)
    return session


def said(room: Room, *texts: bytes) -> None:
    for text in texts:
        room.feeds[TEXT].append(text)


def catch_up(*sessions: Session) -> None:
    """Their turn in a round."""
    for session in sessions:
        session.catch_up()


def everyone(room: Room) -> None:
    """A round in one go."""
    room.begin_round()
    catch_up(*room.members)
    room.end_round()


def batches(session: Session) -> list[bytes | memoryview]:
    """What waits, piece by piece."""
    return [piece.data if isinstance(piece, Batch) else piece for piece in session.outbox._queue]


def kept(room: Room) -> list[bytes]:
    """What some reader may not have."""
    return room.feeds[TEXT]._messages


@pytest.fixture
def room() -> Room:
    return Room("lobby", DEFAULT)


def test_what_was_said_is_joined_once_for_all(room: Room) -> None:
    alice, bob = member(room), member(room)
    said(room, b"one\n", b"two\n")
    catch_up(alice)
    catch_up(bob)
    assert batches(alice) == [b"one\ntwo\n"]
    assert alice.outbox._queue[0] is bob.outbox._queue[0]
    said(room, b"three\n")
    everyone(room)
    everyone(room)
    assert batches(alice) == batches(bob) == [b"one\ntwo\n", b"three\n"]


def test_a_message_alone_is_not_copied(room: Room) -> None:
    alice = member(room)
    text = b"one" * 100
    said(room, text)
    everyone(room)
    assert alice.outbox.joined() is text


def test_each_gets_what_was_said_up_to_its_turn(room: Room) -> None:
    alice, bob = member(room), member(room)
    said(room, b"one\n")
    room.begin_round()
    catch_up(alice)
    said(room, b"two\n")
    catch_up(bob)
    room.end_round()
    assert batches(alice) == [b"one\n"]
    assert batches(bob) == [b"one\ntwo\n"]
    assert kept(room) == [b"two\n"]  # what everyone has is forgotten
    everyone(room)
    assert batches(alice) == [b"one\n", b"two\n"]
    assert batches(bob) == [b"one\ntwo\n"]
    assert kept(room) == []


def test_private_messages_keep_their_place(room: Room) -> None:
    alice, bob = member(room), member(room)
    said(room, b"one\n", b"two\n")
    alice.catch_up()
    alice.outbox.post(b"private\n")
    said(room, b"three\n")
    alice.catch_up()
    said(room, b"alice's own\n")
    room.members[alice].skip_to_end()
    said(room, b"four\n")
    everyone(room)
    assert batches(alice) == [b"one\ntwo\n", b"private\n", b"three\n", b"four\n"]
    assert alice.outbox.private == len(b"private\n")
    assert b"".join(batches(bob)) == b"one\ntwo\nthree\nalice's own\nfour\n"
    said(room, b"next\n")
    everyone(room)
    assert batches(alice)[-1] == batches(bob)[-1] == b"next\n"


def test_who_comes_gets_what_follows_and_who_goes_what_was_said(room: Room) -> None:
    alice = member(room)
    said(room, b"one\n")
    bob = member(room)
    said(room, b"two\n")
    room.begin_round()
    room.remove(alice)
    said(room, b"three\n")
    catch_up(alice, bob)  # alice left after the round began
    room.end_round()
    assert batches(alice) == [b"one\ntwo\n"]
    assert batches(bob) == [b"two\nthree\n"]


def test_a_variant_without_readers_costs_nothing(room: Room) -> None:
    alice = member(room)
    robot = Session(DEFAULT, NoConnection(), len)
    robot.dialect = JSONL
    room.add(robot)
    assert {*room.feeds} == {TEXT, JSONL}
    room.begin_round()
    room.remove(robot)
    assert {*room.feeds} == {TEXT}
    room.add(robot)  # its feed is a new one, in the middle of the round
    room.end_round()
    room.remove(alice)
    assert {*room.feeds} == {JSONL}


def test_who_does_not_keep_up_is_counted_message_by_message(room: Room) -> None:
    alice = member(room)
    said(room, *[b"%04d\n" % number for number in range(1000)])
    everyone(room)
    alice.outbox.fall_behind(7, 0.0)  # one and two fifths
    assert alice.outbox.backlog.head(10) == b"01\n0002\n00"
    said(room, *[b"x" * DEFAULT.room_waiting + b"\n", b"late\n", b"later\n"])
    everyone(room)
    alice.outbox.move_to_backlog()
    assert alice.outbox.skipped == {"lobby": 3}


_who = st.integers(0, 3)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), _who),
        st.tuples(st.just("turn"), _who),
        st.tuples(st.just("reply"), _who),
        st.tuples(st.just("speak"), _who),
        st.tuples(st.just("round"), _who),
    ),
    max_size=60,
)


@settings(max_examples=EXAMPLES or 150)
@given(steps=_steps)
def test_in_whatever_order_they_are_served_each_gets_all_that_is_its_own_once(
    steps: list[tuple[str, int]],
) -> None:
    """Rounds are begun and ended, and their turns taken, as it comes; a round ends after everyone's turn."""
    room = Room("lobby", DEFAULT)
    members = [member(room) for _ in range(4)]
    expected: list[list[bytes]] = [[] for _ in members]
    turns: list[int] = []
    for count, (what, who) in enumerate(steps):
        piece, session = b"%d " % count, members[who]
        match what:
            case "say":
                said(room, piece)
                for one in expected:
                    one.append(piece)
            case "reply":
                session.catch_up()
                session.outbox.post(piece)
                expected[who].append(piece)
            case "speak":
                session.catch_up()
                said(room, piece)
                room.members[session].skip_to_end()
                for one in expected[:who] + expected[who + 1 :]:
                    one.append(piece)
            case "turn":
                catch_up(session)
                turns = [turn for turn in turns if turn != who]
            case _:
                catch_up(*[members[turn] for turn in turns])
                room.end_round()
                room.begin_round()
                turns = [*range(4)]
    everyone(room)
    assert [session.outbox.joined() for session in members] == [b"".join(one) for one in expected]
    assert kept(room) == []
