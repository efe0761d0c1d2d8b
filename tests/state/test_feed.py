"""What a room says in one dialect: put down once, and in everyone's order all the same.

EXAMPLES=5000 in the environment looks that much further, as in test_properties.py.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.state.feed import Feed
from chatd.state.outbox import Private
from chatd.state.sessions import NoConnection, Session
from tests.behaviour.test_properties import EXAMPLES


def member(feed: Feed) -> Session:
    session = Session(DEFAULT, NoConnection(), len)
    feed.add(session)
    return session


def said(feed: Feed, *texts: bytes) -> None:
    feed.pieces += texts


def everyone(feed: Feed) -> None:
    """A round in one go."""
    feed.begin()
    feed.hand_out(list(feed.members))
    feed.finish()


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_what_was_said_is_joined_once_for_all(feed: Feed) -> None:
    alice, bob = member(feed), member(feed)
    said(feed, b"one\n", b"two\n")
    feed.hand_out([alice])
    feed.hand_out([bob])
    assert alice.outbox.queue == [b"one\ntwo\n"]
    assert alice.outbox.queue[0] is bob.outbox.queue[0]
    said(feed, b"three\n")
    everyone(feed)
    everyone(feed)
    assert alice.outbox.queue == bob.outbox.queue == [b"one\ntwo\n", b"three\n"]


def test_each_gets_what_was_said_up_to_its_turn(feed: Feed) -> None:
    alice, bob = member(feed), member(feed)
    said(feed, b"one\n")
    feed.begin()
    feed.hand_out([alice])
    said(feed, b"two\n")
    feed.hand_out([bob])
    feed.finish()
    assert alice.outbox.queue == [b"one\n"]
    assert bob.outbox.queue == [b"one\ntwo\n"]
    assert feed.pieces == [b"two\n"]  # what everyone has is forgotten
    everyone(feed)
    assert alice.outbox.queue == [b"one\n", b"two\n"]
    assert bob.outbox.queue == [b"one\ntwo\n"]
    assert feed.pieces == []


def test_pieces_of_ones_own_keep_their_place(feed: Feed) -> None:
    alice, bob = member(feed), member(feed)
    said(feed, b"one\n", b"two\n")
    feed.catch_up(alice)
    alice.outbox.post(b"private\n")
    said(feed, b"three\n")
    feed.catch_up(alice)
    said(feed, b"alice's own\n")
    feed.skip_to_end(alice)
    said(feed, b"four\n")
    everyone(feed)
    assert b"".join(alice.outbox.queue) == b"one\ntwo\nprivate\nthree\nfour\n"
    assert isinstance(alice.outbox.queue[2], Private)
    assert b"".join(bob.outbox.queue) == b"one\ntwo\nthree\nalice's own\nfour\n"
    said(feed, b"next\n")
    everyone(feed)
    assert alice.outbox.queue[-1] == bob.outbox.queue[-1] == b"next\n"


def test_who_comes_gets_what_follows_and_who_goes_what_was_said(feed: Feed) -> None:
    alice = member(feed)
    said(feed, b"one\n")
    bob = member(feed)
    said(feed, b"two\n")
    feed.begin()
    feed.remove(alice)
    said(feed, b"three\n")
    feed.hand_out([alice, bob])  # alice left after the round began
    feed.finish()
    assert alice.outbox.queue == [b"one\n", b"two\n"]
    assert bob.outbox.queue == [b"two\nthree\n"]


def test_who_does_not_keep_up_is_counted_message_by_message(feed: Feed) -> None:
    alice = member(feed)
    said(feed, *[b"%04d\n" % number for number in range(1000)])
    everyone(feed)
    alice.outbox.fall_behind(7, 0.0)  # one and two fifths
    assert alice.outbox.head(10) == b"01\n0002\n00"
    said(feed, *[b"x" * DEFAULT.room_waiting + b"\n", b"late\n", b"later\n"])
    everyone(feed)
    alice.outbox.move_to_backlog()
    assert alice.outbox.skipped == 3


_who = st.integers(0, 3)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("say"), _who),
        st.tuples(st.just("hand out"), _who),
        st.tuples(st.just("reply"), _who),
        st.tuples(st.just("speak"), _who),
        st.tuples(st.just("round"), _who),
    ),
    max_size=60,
)


@settings(derandomize=not EXAMPLES, deadline=None, max_examples=EXAMPLES or 300)
@given(steps=_steps)
def test_in_whatever_order_they_are_served_each_gets_all_that_is_its_own_once(
    steps: list[tuple[str, int]],
) -> None:
    """Rounds are begun and ended, and their turns taken, as it comes; a round ends after everyone's turn."""
    feed = Feed()
    members = [member(feed) for _ in range(4)]
    expected: list[list[bytes]] = [[] for _ in members]
    turns: list[int] = []
    for count, (what, who) in enumerate(steps):
        piece, session = b"%d " % count, members[who]
        match what:
            case "say":
                said(feed, piece)
                for one in expected:
                    one.append(piece)
            case "reply":
                feed.catch_up(session)
                session.outbox.post(piece)
                expected[who].append(piece)
            case "speak":
                feed.catch_up(session)
                said(feed, piece)
                feed.skip_to_end(session)
                for one in expected[:who] + expected[who + 1 :]:
                    one.append(piece)
            case "hand out":
                feed.hand_out([session])
                turns = [turn for turn in turns if turn != who]
            case _:
                feed.hand_out([members[turn] for turn in turns])
                feed.finish()
                feed.begin()
                turns = [*range(4)]
    everyone(feed)
    assert [b"".join(session.outbox.queue) for session in members] == [b"".join(one) for one in expected]
    assert feed.pieces == []
