"""All that is kept of a person: who it is, what holds for it, how far it has read, and what the log has."""

from typing import Any

import pytest

from chatd.behaviour.administration.answers import administer
from chatd.protocol.admin_events import PersonHead
from chatd.protocol.admin_requests import ExportPerson
from chatd.protocol.errors import Code
from chatd.protocol.events import DirectMessage, Error, Event, Said, TopicSet
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Grant, Mute
from chatd.protocol.requests import LOBBY
from chatd.state.stored_entries import EntryKind, StoredEntry
from chatd.state.stored_rulings import PersonFile
from chatd.store.memory_people import MemoryPeople
from tests.support.accounts import ask, device_of, registered
from tests.support.shell import answer, next_part, refusal, whole
from tests.support.world import World


def told(events: list[Event]) -> list[tuple[str, str]]:
    """What the log has: who said or did it, and what."""
    found = []
    for event in events:
        match event:
            case Said() | DirectMessage() | TopicSet():
                found.append((event.sender, event.text))
            case Acted():
                found.append((event.by, event.act))
    return found


def export(world: World, name: str) -> tuple[PersonHead, list[Event]]:
    head, *rest = answer(world, ExportPerson(name))
    assert isinstance(head, PersonHead)
    return head, rest


def test_an_account() -> None:
    world = World()
    alice, bob = registered(world, "alice"), registered(world, "bob")
    device_of(world, "alice", device="phone")
    ask(alice, type="join", room="dev")
    ask(alice, type="topic", room="dev", text="things")
    ask(bob, type="dm", to="alice", text="psst")
    ask(alice, type="dm", to="bob", text="yes?")
    ask(bob, type="say", text="not about her")
    answer(world, Mute(room=LOBBY, nick="alice", seconds=60, reason="loud"))
    answer(world, Grant(nick="alice", role="admin"))
    head, log = export(world, "ALICE")
    assert (head.at, head.user.name, head.user.person) == (1_000_000, "alice", alice.session.person.number)
    assert [(one.number, one.name) for one in head.devices] == [(1, ""), (2, "phone")]
    assert [one.speaks for one in head.sessions] == ["json", "json"]
    assert [(one.room, one.kind, one.value, one.reason) for one in head.rulings] == [
        ("lobby", "role", "admin", None),
        ("lobby", "mute", "all", "loud"),
        ("dev", "role", "owner", None),
    ]
    assert {one.room for one in head.read if one.room} == {"lobby", "dev"}
    assert {one.person for one in head.read if one.person} == {"bob"}
    assert told(log) == [
        ("alice", "own"),
        ("alice", "things"),
        ("bob", "psst"),
        ("alice", "yes?"),
        ("admin", "mute"),
        ("admin", "grant"),
    ]


def test_a_guest_that_is_here_or_dropped() -> None:
    world = World()
    bob = world.player("bob", json=True)
    ask(bob, type="say", text="hello")
    answer(world, Mute(room=LOBBY, nick="bob"))
    head, log = export(world, "bob")
    assert (head.user.account, head.devices, head.read) == (False, (), ())
    assert [(one.room, one.kind) for one in head.rulings] == [("lobby", "mute")]
    assert told(log) == [("bob", "hello"), ("admin", "mute")]
    bob.close()
    again, log = export(world, "bob")
    assert (again.user.here, again.sessions, again.user.person) == (False, (), head.user.person)
    assert told(log) == [("bob", "hello"), ("admin", "mute")]


def test_a_guest_whose_name_is_banned() -> None:
    world = World()
    world.players("carol")
    answer(world, Mute(room=LOBBY, nick="bob"))
    world.player("bob")
    head, log = export(world, "bob")
    assert [(one.kind, one.whom) for one in head.rulings] == [("mute", "bob")]
    assert told(log) == []


def test_nobody() -> None:
    assert refusal(World(), ExportPerson("bob"))[0] == Code.NO_SUCH_NICK


def test_rooms_are_looked_through_some_at_a_time() -> None:
    world = World()
    world.players("bob")
    for number in range(1500):
        world.state.rooms.make(f"r{number}", f"address {number}", world.now)
    answering = administer(world.state, ExportPerson("bob"))
    assert next_part(answering) == ([], True)
    assert next_part(answering) == ([], True)
    assert isinstance(whole(answering)[0], PersonHead)


def entry(id: int, kind: EntryKind = EntryKind.MESSAGE, text: str = "a", second: int = 0) -> StoredEntry:
    return StoredEntry(1, second, id, id, "bob", 7, kind, "k", text, "carol" if second else "")


def pages(monkeypatch: pytest.MonkeyPatch, *files: PersonFile | None) -> list[int]:
    """What the log answers, one after the other; the ids above which it was asked."""
    asked: list[int] = []
    coming = list(files)

    def read(people: object, person: int, after: int, then: Any) -> bool:
        asked.append(after)
        then(coming.pop(0))
        return True

    monkeypatch.setattr(MemoryPeople, "read_person", read)
    return asked


def test_what_the_log_has_comes_in_pages_each_once_and_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    world.players("bob")
    act = entry(3, EntryKind.ACT, '{"act":"kick","whom":"al"}')
    asked = pages(
        monkeypatch,
        PersonFile([("dev", entry(2)), ("dev", act)], [("dev", act)], True),
        PersonFile([("", entry(9, second=8))], [("dev", entry(5, EntryKind.ACT, '{"act":"own"}'))], False),
    )
    _, log = export(world, "bob")
    assert asked == [0, 3]
    assert told(log) == [("bob", "a"), ("bob", "kick"), ("bob", "own"), ("bob", "a")]
    assert [event.id for event in log if not isinstance(event, Error)] == [2, 3, 5, 9]  # type: ignore[attr-defined]
    assert isinstance(log[3], DirectMessage) and log[3].to == "carol"


def test_an_empty_page_is_the_last_one(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.players("bob")
    assert pages(monkeypatch, PersonFile([], [], True)) == []
    assert export(world, "bob")[1] == []


def test_what_cannot_be_read_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    registered(world, "alice")
    pages(monkeypatch, PersonFile([("dev", entry(2))], [], True), None)
    *_, last = answer(world, ExportPerson("alice"))
    assert isinstance(last, Error) and last.code == Code.UNAVAILABLE
    monkeypatch.setattr(MemoryPeople, "read_person", lambda *given: False)
    *_, last = answer(world, ExportPerson("alice"))
    assert isinstance(last, Error) and last.code == Code.BUSY
    monkeypatch.setattr(MemoryPeople, "count_unread", lambda people, question, then: then(None) or True)
    assert refusal(world, ExportPerson("alice"))[0] == Code.UNAVAILABLE
    monkeypatch.setattr(MemoryPeople, "count_unread", lambda *given: False)
    assert refusal(world, ExportPerson("alice"))[0] == Code.BUSY
