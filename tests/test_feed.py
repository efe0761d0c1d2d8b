"""What a room says in one dialect: put down once, and in everyone's order all the same."""

import pytest

from chatd.feed import Feed
from chatd.limits import DEFAULT
from chatd.outbox import Batch, Private
from chatd.session import NoLink, Session


def member(feed: Feed) -> Session:
    session = Session(DEFAULT, NoLink(), len)
    feed.add(session)
    return session


def said(feed: Feed, *texts: bytes) -> None:
    feed.pieces += texts


@pytest.fixture
def feed() -> Feed:
    return Feed()


def test_a_round_joins_once_for_all(feed: Feed) -> None:
    alice, bob = member(feed), member(feed)
    said(feed, b"one\n", b"two\n")
    feed.collect()
    assert alice.outbox.queue == [b"one\ntwo\n"]
    assert alice.outbox.queue[0] is bob.outbox.queue[0]
    said(feed, b"three\n")
    feed.collect()
    feed.collect()
    assert alice.outbox.queue == bob.outbox.queue == [b"one\ntwo\n", b"three\n"]
    assert isinstance(alice.outbox.queue[0], Batch)


def test_pieces_of_ones_own_keep_their_place(feed: Feed) -> None:
    alice, bob = member(feed), member(feed)
    said(feed, b"one\n", b"two\n")
    feed.catch_up(alice)
    alice.outbox.post(b"private\n")
    said(feed, b"three\n")
    feed.catch_up(alice)
    said(feed, b"alice's own\n")
    feed.pass_by(alice)
    said(feed, b"four\n")
    feed.collect()
    assert b"".join(alice.outbox.queue) == b"one\ntwo\nprivate\nthree\nfour\n"
    assert isinstance(alice.outbox.queue[2], Private)
    assert b"".join(bob.outbox.queue) == b"one\ntwo\nthree\nalice's own\nfour\n"
    said(feed, b"next\n")
    feed.collect()
    assert alice.outbox.queue[-1] == bob.outbox.queue[-1] == b"next\n"


def test_who_comes_gets_what_follows_and_who_goes_what_was_said(feed: Feed) -> None:
    alice = member(feed)
    said(feed, b"one\n")
    bob = member(feed)
    said(feed, b"two\n")
    feed.remove(alice)
    said(feed, b"three\n")
    feed.collect()
    assert alice.outbox.queue == [b"one\n", b"two\n"]
    assert bob.outbox.queue == [b"two\n", b"three\n"]


def test_who_does_not_keep_up_is_counted_message_by_message(feed: Feed) -> None:
    alice = member(feed)
    said(feed, *[b"%04d\n" % number for number in range(1000)])
    feed.collect()
    alice.outbox.fall_behind(7, 0.0)  # one and two fifths
    assert alice.outbox.head(10) == b"01\n0002\n00"
    said(feed, *[b"x" * DEFAULT.room_waiting, b"late\n", b"later\n"])
    feed.collect()
    alice.outbox.settle()
    assert alice.outbox.skipped == 3
