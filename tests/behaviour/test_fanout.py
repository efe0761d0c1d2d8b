"""Variants: readers of a dialect that share bytes share one encoding, and the others do not."""

from collections import Counter
from dataclasses import dataclass

import pytest

from chatd.behaviour.fanout import remind
from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.contract import OneVariant, Recipient, Variant
from chatd.protocol.events import DirectMessage, Event, Joined
from chatd.protocol.requests import Request
from chatd.state.sessions import SessionState
from tests.support.world import Player, World


@dataclass(frozen=True)
class Marked:
    """Puts a mark before each line; without a mark it has nothing to say. Two with the same mark are equal,
    whoever made them."""

    mark: str

    def encode(self, event: Event) -> bytes:
        _encoded[self.mark] += 1
        return self.mark.encode() + TEXT.encode(event) if self.mark else b""


#: How often each variant encoded something.
_encoded: Counter[str] = Counter()


class MarkedText:
    """Text in which moderators see other marks than everyone else, and a reply begins with its reader."""

    typed = True

    def parse_first(self, line: bytes) -> Request | None:
        return TEXT.parse_first(line)

    parse_password = parse_first

    def parse(self, line: bytes) -> Request | None:
        return TEXT.parse(line)

    def variant(self, recipient: Recipient) -> Variant:
        return Marked("@" if recipient.nick.startswith("mod") else "+")

    def encode_for(self, recipient: Recipient, event: Event) -> bytes:
        return f"{recipient.nick}: ".encode() + TEXT.encode(event)

    def address(self, recipient: Recipient, data: bytes, ref: str | None) -> tuple[bytes | memoryview, ...]:
        return f"{recipient.nick}: ".encode(), memoryview(data)[1:]

    def id_of(self, message: bytes) -> int | None:
        return None


class PerReader(MarkedText):
    """No two readers share bytes."""

    def variant(self, recipient: Recipient) -> Variant:
        return Marked(recipient.nick)


class Silent(MarkedText):
    """Says nothing of what rooms say."""

    def variant(self, recipient: Recipient) -> Variant:
        return Marked("")


def speaking(world: World, dialect: MarkedText, *nicks: str) -> list[Player]:
    """Clients that speak it, and know of each other."""
    players = []
    for nick in nicks:
        player = world.player()
        player.session.dialect, player.session.state = dialect, SessionState.NAMELESS
        player.feed(f"{nick}\n")
        players.append(player)
    world.settle(*players)
    _encoded.clear()
    return players


def test_readers_of_a_variant_share_one_encoding() -> None:
    world = World()
    alice = world.player("alice")
    mod, mods, bob, carol = speaking(world, MarkedText(), "mod", "mods", "bob", "carol")
    world.settle(alice)
    alice.feed("hello\n")
    world.round()
    assert _encoded == {"@": 1, "+": 1}
    assert mod.read() == mods.read() == ["@<alice> hello"]
    assert bob.read() == carol.read() == ["+<alice> hello"]


def test_what_is_for_one_reader_may_name_it() -> None:
    world = World()
    (bob,) = speaking(world, MarkedText(), "bob")
    alice = world.player("alice")
    world.settle(bob, alice)
    _encoded.clear()
    alice.feed('/dm bob "hello"\n')
    bob.feed("/users\n")
    assert bob.lines() == ["bob: [dm from alice] hello", "bob: * 2 here: bob, alice"]
    assert _encoded == {"+": 1}  # the list of members, which all readers of a variant share


def test_a_variant_may_have_one_reader_and_goes_with_it() -> None:
    world = World()
    bob, carol = speaking(world, PerReader(), "bob", "carol")
    assert world.lobby.feeds.keys() == {Marked("bob"), Marked("carol")}
    bob.feed("hello\n/quit\n")
    assert carol.lines()[0] == "carol<bob> hello"
    assert world.lobby.feeds.keys() == {Marked("carol")}


def test_a_variant_with_nothing_to_say_adds_nothing() -> None:
    world = World()
    (bob,) = speaking(world, Silent(), "bob")
    alice = world.player("alice")
    sends = bob.socket.sends
    alice.feed("hello\n")
    world.round()
    assert _encoded[""] > 0
    assert (bob.socket.sends, bob.session.outbox.waiting) == (sends, False)


def test_who_joins_without_words_for_the_notices_is_answered_all_the_same() -> None:
    class Wordless(Silent):
        def encode_for(self, recipient: Recipient, event: Event) -> bytes:
            return b"" if isinstance(event, Joined | DirectMessage) else super().encode_for(recipient, event)

    world = World()
    world.players("alice")
    bob = world.player()
    bob.session.dialect, bob.session.state = Wordless(), SessionState.NAMELESS
    bob.feed("bob\n")
    carol = world.player("carol")  # announced together with bob
    carol.feed("hello\n")
    world.pass_time(1)
    bob.read()
    carol.feed('/dm bob "psst"\n')
    world.round()
    assert bob.read() == [] and not bob.session.outbox.waiting
    bob.feed("/help\n")
    assert bob.lines()[0].startswith("bob: * /bc")


def test_a_dialect_of_one_variant_has_to_say_how_it_encodes() -> None:
    with pytest.raises(NotImplementedError):
        OneVariant().encode(Event())


def test_who_is_reminded_reads_that_variant_and_nobody_else_is_looked_at() -> None:
    world = World()
    alice, robot = world.player("alice"), world.player("robot", json=True)
    world.settle(alice, robot)
    remind(world.state, TEXT, b"still here\n")
    remind(world.state, Marked("nobody's"), b"never\n")
    assert (alice.lines(), robot.lines()) == (["still here"], [])
