"""Acts of moderation from the shell: done by the console, which is nowhere, and told to everyone else."""

import pytest

from chatd.behaviour.administration.acting import console
from chatd.behaviour.administration.answers import administer
from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import Code
from chatd.protocol.events import Ack
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Grant,
    Kick,
    Kill,
    Lockdown,
    Mute,
    Unban,
    Unmute,
)
from chatd.protocol.requests import LOBBY, Request
from chatd.state.message_log import ActEntry
from chatd.store.memory import MemoryLog
from tests.support.accounts import registered
from tests.support.shell import answer, next_part, refusal
from tests.support.world import World


def text_of(world: World, request: Request) -> str:
    """How what was done reads, behind its `ack`."""
    ack, acted = answer(world, request)
    assert isinstance(ack, Ack) and isinstance(acted, Acted) and ack.id == acted.id
    return TEXT.encode(acted).decode().rstrip()


@pytest.mark.parametrize(
    ("request_", "reads"),
    [
        (Announce(text="hello"), "* announcement of admin: hello"),
        (Ban(room=LOBBY, whom="mallory", seconds=60), "* admin banned mallory from the server for 1 min"),
        (Ban(room=LOBBY, whom="*@10.0.0.0/4"), "* admin banned 0.0.0.0/4 from the server"),
        (Mute(room=LOBBY, nick="bob", reason="loud"), "* admin muted bob in the lobby (loud)"),
        (Kick(room="dev", nick="bob"), "* admin put bob out of #dev"),
        (Kill(nick="bob", reason="enough"), "* admin ended the connections of bob (enough)"),
        (Grant(nick="alice", role="owner"), "* admin made alice owner of the server"),
        (
            Lockdown(on=True),
            "* admin locked the server down: guests read, and do not speak",
        ),
    ],
)
def test_what_is_typed_in_the_chat_is_done(request_: Request, reads: str) -> None:
    world = World()
    alice = registered(world, "alice")
    bob = world.player("bob")
    bob.feed("/join dev\n")
    world.settle(alice, bob)
    assert text_of(world, request_) == reads
    assert reads in bob.lines()


def test_nobody_sees_the_console() -> None:
    world = World()
    [bob] = world.players("bob")
    answer(world, Announce(text="hello"))
    assert bob.lines() == ["* announcement of admin: hello"]
    bob.feed("/users\n")
    assert bob.lines() == ["* 1 here: bob"]
    assert not world.state.pending


def test_lists_are_answers_too() -> None:
    world = World()
    world.players("bob")
    answer(world, Ban(room=LOBBY, whom="mallory", reason="spam"))
    answer(world, Mute(room=LOBBY, nick="bob"))
    [bans] = answer(world, Bans(room=LOBBY))
    assert isinstance(bans, BanList) and bans.ref is None
    assert [(one.act, one.whom, one.by) for one in bans.bans] == [
        ("ban", "mallory", "admin"),
        ("mute", "bob", "admin"),
    ]
    answer(world, Unban(room=LOBBY, whom="mallory"))
    answer(world, Unmute(room=LOBBY, nick="bob"))
    [audit] = answer(world, Audit(room=LOBBY))
    assert isinstance(audit, AuditPage) and audit.ref is None
    assert [(one.act, one.by) for one in audit.acts] == [
        (what, "admin") for what in ("ban", "mute", "unban", "unmute")
    ]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Unban(room=LOBBY, whom="mallory"), Code.NO_SUCH_BAN),
        (Kick(room="nowhere", nick="bob"), Code.NO_SUCH_ROOM),
        (Kick(room=LOBBY, nick="bob"), Code.BAD_ROOM),
        (Kill(nick="mallory", reason="x"), Code.NO_SUCH_NICK),
        (Grant(nick="bob", role="admin"), Code.NO_ACCOUNT),
        (Lockdown(on=False), Code.USAGE),
        (Ban(room=LOBBY, whom="admin"), Code.RESERVED_NICK),
    ],
)
def test_what_cannot_be_done_is_said(request_: Request, code: Code) -> None:
    world = World()
    world.players("bob")
    assert refusal(world, request_)[0] == code


def test_an_act_that_cannot_be_read_again_was_done_nevertheless(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(MemoryLog, "read_audit", lambda *given: False)
    assert [type(event) for event in answer(world, Announce(text="a"))] == [Ack]
    monkeypatch.setattr(MemoryLog, "read_audit", lambda log, question, then: then(None) or True)
    assert [type(event) for event in answer(world, Announce(text="b"))] == [Ack]


def test_the_answer_waits_for_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    appended: list[ActEntry] = []
    append = MemoryLog.append

    def later(log: MemoryLog, entry: ActEntry) -> None:
        entry.author.in_flight += 1
        appended.append(entry)

    monkeypatch.setattr(MemoryLog, "append", later)
    answering = administer(world.state, Announce(text="hello"))
    parts: list[tuple[int, bool]] = []
    answering(lambda events, more: parts.append((len(events), more)))
    assert parts == []
    append(world.state.log, appended[0])  # type: ignore[arg-type]
    appended[0].author.take_answer()
    assert parts == [(0, True)]
    events, more = next_part(answering)
    assert ([type(event) for event in events], more) == ([Ack, Acted], False)


def test_nothing_is_sent_to_the_console() -> None:
    session, told = console(World().state)
    assert session.dialect.parse(b"x") is session.dialect.parse_first(b"x") is None
    assert session.dialect.parse_password(b"x") is None and told == []
