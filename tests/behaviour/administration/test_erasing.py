"""A person goes: its connections, its account, its direct messages, the text of what it said."""

from collections.abc import Callable

import pytest

from chatd.behaviour.account_changes import begin_change
from chatd.behaviour.administration.answers import administer
from chatd.protocol.admin_events import Erased
from chatd.protocol.admin_requests import ErasePerson, ExportPerson, FindUser
from chatd.protocol.errors import Code
from chatd.protocol.events import Error
from chatd.protocol.moderation_events import AuditPage
from chatd.protocol.moderation_requests import Audit, Ban, Bans, Grant, Mute
from chatd.protocol.requests import LOBBY
from chatd.state.message_log import Entry
from chatd.state.sessions import SessionState
from chatd.state.stored_accounts import AccountChange, ChangeOutcome
from chatd.state.stored_entries import EntryKind, StoredEntry
from chatd.state.stored_rulings import Act, AuditRows, as_text
from chatd.store.memory import MemoryLog
from chatd.store.memory_people import MemoryPeople
from tests.support.accounts import ask, device_of, registered
from tests.support.resuming import events
from tests.support.shell import answer, next_part, refusal
from tests.support.world import Player, World


def erase(world: World, name: str) -> list[str]:
    """The names of those who went."""
    found = answer(world, ErasePerson(name))
    assert all(isinstance(event, Erased) for event in found), found
    return [event.name for event in found if isinstance(event, Erased)]


def acts(world: World) -> list[tuple[str, str | None]]:
    [page] = answer(world, Audit(room=LOBBY))
    assert isinstance(page, AuditPage)
    return [(one.act, one.by) for one in page.acts]


def test_an_account_goes() -> None:
    world = World()
    alice, bob = registered(world, "alice"), registered(world, "bob")
    phone = device_of(world, "alice")
    ask(alice, type="say", text="hello")
    ask(alice, type="dm", to="bob", text="psst")
    answer(world, Mute(room=LOBBY, nick="alice"))
    answer(world, Grant(nick="alice", role="admin"))
    world.settle(alice, phone, bob)
    events(bob)
    assert erase(world, "Alice") == ["alice"]
    for device in (alice, phone):
        assert device.hung_up and device.session.state is SessionState.LEAVING
        assert events(device)[-1] == {"type": "bye", "reason": "your account was deleted"}
    world.pass_time(1)
    told = events(bob)
    assert [one["act"] for one in told if one["type"] == "acted"] == ["erase"]
    assert [one["reason"] for one in told if one["type"] == "left"] == ["deleted"]
    [page] = ask(bob, type="history", room="lobby")
    assert [one["text"] for one in page["messages"] if one["type"] == "said"] == ["[deleted]"]
    [page] = ask(bob, type="history", **{"with": "alice"}) or [{}]
    assert page["type"] == "error"
    assert world.state.accounts.named("alice") is None and not world.state.accounts.changing
    assert refusal(world, FindUser("alice"))[0] == Code.NO_SUCH_NICK
    assert ("erase", "admin") in acts(world)


def test_the_name_is_free_and_nothing_is_left_of_its_rights() -> None:
    world = World()
    alice = registered(world, "alice")
    answer(world, Grant(nick="alice", role="owner"))
    answer(world, Ban(room=LOBBY, whom="alice"))
    erase(world, "alice")
    [bans] = answer(world, Bans(room=LOBBY))
    assert bans.bans == []  # type: ignore[attr-defined]
    again = registered(world, "alice")
    assert again.session.person.number != alice.session.person.number
    [row] = answer(world, FindUser("alice"))
    assert row.role is None  # type: ignore[attr-defined]


def test_what_it_did_to_others_holds_and_does_not_tell_its_name() -> None:
    world = World()
    alice, bob = registered(world, "alice"), registered(world, "bob")
    answer(world, Grant(nick="alice", role="owner"))
    ask(alice, type="mute", room="lobby", nick="bob")
    ask(alice, type="ban", room="lobby", whom="10.0.0.0/24")
    erase(world, "Alice")
    events(bob)
    [error] = ask(bob, type="say", text="hello")
    assert error["text"] == "you are muted in #lobby, by [deleted]"
    [bans] = answer(world, Bans(room=LOBBY))
    assert [one.by for one in bans.bans] == ["[deleted]"] * 2  # type: ignore[attr-defined]


def test_a_guest_goes_whether_it_is_here_or_dropped() -> None:
    world = World()
    bob, carol = world.player("bob", json=True), world.player("carol", json=True)
    ask(bob, type="say", text="hello")
    assert erase(world, "bob") == ["bob"] and bob.hung_up
    token = carol.session.token
    carol.close()
    assert erase(world, "carol") == ["carol"]
    [welcome] = ask(Player(world), type="hello", nick="carol", token=token)[:1]
    assert not welcome.get("resumed")
    assert refusal(world, ExportPerson("bob"))[0] == Code.NO_SUCH_NICK


def test_somebody_else_with_that_name_is_not_meant() -> None:
    world = World()
    bob = world.player("bob")
    code, text = refusal(world, ErasePerson("bob", person=bob.session.person.number + 1))
    assert (code, text) == (Code.NO_SUCH_NICK, "bob is somebody else by now; please look again")
    assert not bob.hung_up
    assert refusal(world, ErasePerson("carol"))[0] == Code.NO_SUCH_NICK


def test_one_whose_account_is_just_being_changed_is_asked_for_again() -> None:
    world = World()
    alice = registered(world, "alice")
    begin_change(world.state, alice.session.person.number)
    assert refusal(world, ErasePerson("alice"))[0] == Code.BUSY
    assert not alice.hung_up and ("erase", "admin") not in acts(world)


def test_no_place_for_the_act(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    alice = registered(world, "alice")

    def refuse(log: MemoryLog, entry: Entry) -> None:
        log.failed(entry)

    monkeypatch.setattr(MemoryLog, "append", refuse)
    assert refusal(world, ErasePerson("alice"))[0] == Code.UNAVAILABLE
    assert not alice.hung_up and not world.state.accounts.changing


def test_an_account_that_cannot_be_taken_away_stays_with_its_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    alice = registered(world, "alice")
    token = alice.session.token
    change = MemoryPeople.change

    def refuse(people: MemoryPeople, change: AccountChange, then: Callable[[ChangeOutcome], None]) -> None:
        then(ChangeOutcome.UNAVAILABLE)

    monkeypatch.setattr(MemoryPeople, "change", refuse)
    assert refusal(world, ErasePerson("alice")) == (
        Code.UNAVAILABLE,
        "not all of it could be deleted yet; please do it again later",
    )
    monkeypatch.setattr(MemoryPeople, "change", change)
    again = Player(world)
    assert ask(again, type="hello", nick="alice", token=token)[0]["type"] == "welcome"
    assert erase(world, "alice") == ["alice"] and again.hung_up


def test_nobody_comes_by_the_account_while_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    alice = registered(world, "alice")
    token = alice.session.token
    waiting: list[Callable[[ChangeOutcome], None]] = []
    monkeypatch.setattr(MemoryPeople, "change", lambda people, change, then: waiting.append(then))
    parts: list[bool] = []
    administer(world.state, ErasePerson("alice"))(lambda told, more: parts.append(more))
    for wanted in ({"token": token}, {"password": "correct horse"}):
        [error] = ask(Player(world), type="hello", nick="alice", **wanted)
        assert error["code"] in (Code.PASSWORD_NEEDED, Code.BUSY)
    assert parts == []
    waiting[0](ChangeOutcome.DONE)
    assert parts == [False]
    assert not world.state.accounts.changing


# -- again, after a crash ------------------------------------------------------------------------------------


def test_who_was_to_go_is_found_by_the_act_and_goes_once_more(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    numbers = [registered(world, "alice").session.person.number]
    erased: list[int] = []

    def go(people: MemoryPeople, person: int, then: Callable[[bool], None]) -> None:
        erased.append(person)
        then(True)

    monkeypatch.setattr(MemoryPeople, "erase", go)
    erase(world, "alice")
    numbers.append(registered(world, "Alice").session.person.number)
    erase(world, "alice")
    found = answer(world, ErasePerson("ALICE", again=True))
    assert [event.person for event in found if isinstance(event, Erased)] == [numbers[1], numbers[0]]
    assert erased == [*numbers, numbers[1], numbers[0]]
    assert refusal(world, ErasePerson("bob", again=True)) == (
        Code.NO_SUCH_NICK,
        "nobody has the name bob; where it was deleted, nothing is left",
    )


def test_the_first_that_cannot_go_is_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    monkeypatch.setattr(MemoryPeople, "erase", lambda people, person, then: then(False))
    for _ in range(2):
        registered(world, "alice")
        assert refusal(world, ErasePerson("alice"))[0] == Code.UNAVAILABLE
    assert world.state.accounts.named("alice") is None
    assert refusal(world, ErasePerson("alice", again=True))[0] == Code.UNAVAILABLE


def audit(monkeypatch: pytest.MonkeyPatch, *pages: AuditRows | None) -> list[int | None]:
    """What the log answers, one after the other; the ids before which it was asked."""
    asked: list[int | None] = []
    coming = list(pages)

    def read(log: MemoryLog, question: object, then: Callable[[AuditRows | None], None]) -> bool:
        asked.append(question.before)  # type: ignore[attr-defined]
        then(coming.pop(0))
        return True

    monkeypatch.setattr(MemoryLog, "read_audit", read)
    return asked


def row(id: int, act: Act) -> tuple[str, StoredEntry]:
    return "lobby", StoredEntry(1, 0, id, id, "admin", -1, EntryKind.ACT, None, as_text(act))


def test_the_whole_audit_is_looked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    asked = audit(
        monkeypatch,
        AuditRows([row(7, Act("kick", "alice", 5)), row(8, Act("erase", "bob", 6))], True),
        AuditRows([row(3, Act("erase", "alice", 4))], False),
    )
    answering = administer(world.state, ErasePerson("alice", again=True))
    assert next_part(answering) == ([], True)
    assert next_part(answering) == ([Erased(name="alice", person=4)], False)
    assert asked == [None, 7]


def test_an_audit_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    audit(monkeypatch, None)
    assert refusal(world, ErasePerson("alice", again=True))[0] == Code.UNAVAILABLE
    monkeypatch.setattr(MemoryLog, "read_audit", lambda *given: False)
    [event] = answer(world, ErasePerson("alice", again=True))
    assert isinstance(event, Error) and event.code == Code.BUSY
