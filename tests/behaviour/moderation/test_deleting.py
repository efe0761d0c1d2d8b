"""Taking a message out of what was said."""

from collections.abc import Callable
from typing import Any

import pytest

from chatd.behaviour.dispatch import dispatch
from chatd.protocol.moderation_requests import Delete
from chatd.state.stored_entries import Page
from chatd.store.memory import MemoryLog
from tests.support.accounts import PASSWORD, ask, device_of
from tests.support.civil import acts, civil_world, code, console, do, texts
from tests.support.resuming import come_back, events
from tests.support.world import Player, World


def said(player: Player, *words: str) -> list[int]:
    """The ids of what it says in #dev."""
    return [
        next(one["id"] for one in do(player, "say", text=text, ref="r") if one["type"] == "ack")
        for text in words
    ]


def history(player: Player) -> list[str]:
    return texts(do(player, "history")[-1]["messages"])


def talk() -> tuple[World, list[Player], list[int]]:
    """bob said one, two and three in #dev, and the guest four."""
    world, [alice, olga, bob, guest] = civil_world("bob", "guest_")
    ids = said(bob, "one", "two", "three") + said(guest, "four")
    world.settle(alice, olga, bob, guest)
    assert history(alice) == ["one", "two", "three", "four"]
    return world, [alice, olga, bob, guest], ids


def test_it_is_shown_as_deleted_and_found_no_more() -> None:
    _, [alice, olga, bob, _], ids = talk()
    told = do(olga, "delete", id=ids[1], ref="d")
    assert acts(told) == ["olga delete bob"]
    assert [one["message"] for one in told if one["type"] == "acted"] == [ids[1]]
    assert [one["ref"] for one in told if one["type"] == "ack"] == ["d"]
    assert acts(events(alice)) == ["olga delete bob"]
    page = do(bob, "history")[-1]["messages"]
    assert texts(page) == ["one", "[deleted by olga]", "three", "four"]
    assert next(one["kind"] for one in page if one.get("id") == ids[1]) == "deleted"
    assert do(bob, "search", words="two")[-1]["messages"] == []
    assert acts(do(olga, "audit")[-1]["acts"])[-1:] == ["olga delete bob"]


#: Who deletes what of bob's, in order of what it says, or by his name: which message is gone.
WHAT: tuple[tuple[str, dict[str, Any], int | str], ...] = (
    ("bob", {"id": 0}, 0),
    ("bob", {"nick": "bob"}, 2),
    ("olga", {"nick": "BOB", "back": 2}, 1),
    ("olga", {"nick": "bob", "back": 3}, 0),
    ("olga", {"nick": "bob", "back": 4}, "no-such-message"),
    ("olga", {"nick": "nobody"}, "no-such-message"),
    ("olga", {"nick": "guest_"}, 3),
    ("guest_", {"nick": "guest_"}, 3),
    ("guest_", {"id": 0}, "not-allowed"),
    ("guest_", {"nick": "bob"}, "not-allowed"),
    ("olga", {"id": 5}, "no-such-message"),
    ("olga", {}, "usage"),
)


@pytest.mark.parametrize(("who", "what", "gone"), WHAT)
def test_which_message_and_who_may(who: str, what: dict[str, Any], gone: int | str) -> None:
    _, players, ids = talk()
    by_name = {one.session.nick: one for one in players}
    if "id" in what:
        what = {"id": ids[what["id"]] if what["id"] < len(ids) else 5}
    told = code(do(by_name[who], "delete", **what))
    if isinstance(gone, str):
        assert told == gone
        assert history(players[0]) == ["one", "two", "three", "four"]
    else:
        assert told == ""
        assert [text.startswith("[deleted") for text in history(players[0])] == [
            number == gone for number in range(4)
        ]


def test_by_the_name_of_then_and_of_now() -> None:
    _, [alice, olga, bob, _], _ = talk()
    do(bob, "nick", nick="robert")
    for nick, left in (("robert", ["one", "two"]), ("bob", ["one"])):
        olga.lines()
        assert code(do(olga, "delete", nick=nick)) == ""
        assert [one for one in history(alice) if one in ("one", "two", "three")] == left


def test_an_act_or_a_topic_is_not_deleted() -> None:
    _world, [alice, *_] = civil_world()
    do(alice, "topic", text="about dev")
    told = do(alice, "slow", seconds=5)
    [act] = [one for one in told if one["type"] == "acted"]
    assert code(do(alice, "delete", id=act["id"])) == "no-such-message"
    assert code(do(alice, "delete", nick="alice")) == "no-such-message"


def test_what_is_deleted_is_not_deleted_again() -> None:
    _, [_, olga, _, _], ids = talk()
    do(olga, "delete", id=ids[0])
    assert code(do(olga, "delete", id=ids[0])) == "no-such-message"


def test_ones_own_from_another_device_with_another_name_and_after_a_drop() -> None:
    world, [_, _, bob, guest], ids = talk()
    device = device_of(world, "bob")
    do(bob, "nick", nick="robert")
    device.lines()
    assert code(do(device, "delete", id=ids[0])) == ""
    guest.close()
    again, _ = come_back(world, guest)
    assert code(do(again, "delete", id=ids[3])) == ""


def test_who_has_the_name_of_another_has_not_its_messages() -> None:
    world, [_, _, bob, _], ids = talk()
    do(bob, "nick", nick="robert")
    thief = world.player("bob", json=True)
    do(thief, "join")
    assert code(do(thief, "delete", id=ids[0])) == code(do(thief, "delete", nick="bob")) == "not-allowed"


def test_an_account_that_is_given_up_and_one_that_is_made() -> None:
    _, [_, _, bob, guest], ids = talk()
    ask(bob, type="unregister")
    ask(guest, type="register", password=PASSWORD)
    assert code(do(bob, "delete", id=ids[0])) == code(do(guest, "delete", id=ids[3])) == ""


def test_what_was_said_before_one_came_is_not_there_to_delete() -> None:
    _world, [alice, olga, _bob, _], ids = talk()
    do(olga, "leave")
    do(alice, "private", on=True)
    do(olga, "join")
    olga.lines()
    assert code(do(olga, "delete", id=ids[0])) == code(do(olga, "delete", nick="bob")) == "no-such-message"
    assert code(do(alice, "delete", id=ids[0])) == ""


def test_the_console_deletes_everywhere() -> None:
    world, [alice, *_], ids = talk()
    dispatch(world.state, console(world).session, Delete(room="dev", id=ids[0]))
    assert history(alice)[0] == "[deleted by admin]"


def late_reads(monkeypatch: pytest.MonkeyPatch, taken: bool = True) -> list[Callable[[Page | None], None]]:
    """Who waits for a page."""
    waiting: list[Callable[[Page | None], None]] = []

    def read(log: MemoryLog, conversation: Any, span: Any, then: Any, wanted: Any) -> bool:
        assert wanted()
        waiting.append(then)
        return taken

    monkeypatch.setattr(MemoryLog, "read", read)
    return waiting


def test_who_is_put_out_or_gone_while_it_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    _, [alice, _, bob, _], ids = talk()
    waiting = late_reads(monkeypatch)
    do(bob, "delete", id=ids[0])
    do(alice, "kick", nick="bob")
    bob.lines()
    waiting[0](Page([], False))
    assert code(events(bob)) == "not-in-room"
    do(alice, "delete", id=ids[0])
    alice.close()
    waiting[1](None)
    waiting[1](Page([], False))


def test_where_the_log_cannot_look(monkeypatch: pytest.MonkeyPatch) -> None:
    _, [alice, *_], ids = talk()
    waiting = late_reads(monkeypatch)
    do(alice, "delete", id=ids[0])
    waiting[0](None)
    assert code(events(alice)) == "unavailable"
    late_reads(monkeypatch, taken=False)
    assert code(do(alice, "delete", id=ids[0])) == "busy"
    assert alice.session.in_flight == 0
