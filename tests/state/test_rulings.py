"""What holds in rooms and on the server, while the log has not taken it, and after."""

from collections.abc import Callable
from typing import Final

import pytest

from chatd.state.rulings import ALL, GUESTS, Rulings, by_name, by_person, by_range, guest_network
from chatd.state.stored_rulings import Ruling, RulingKind

BAN: Final = RulingKind.BAN
ROLE: Final = RulingKind.ROLE
BOB: Final = by_person(7)


def role(value: str, subject: str = BOB, room: int = 2, until: int = 0, id: int = 0) -> Ruling:
    return Ruling(room, ROLE, subject, value, "bob", until, "alice", id=id)


def ban(subject: str, value: str = ALL, until: int = 0, kind: RulingKind = BAN) -> Ruling:
    return Ruling(2, kind, subject, value, subject, until)


def rulings(*held: Ruling, today: Callable[[], int] = lambda: 1000) -> Rulings:
    return Rulings(held, today)


def held(these: Rulings) -> str:
    return these.value(2, ROLE, BOB)


def test_what_is_kept_at_the_start_holds() -> None:
    assert held(rulings(role("operator"))) == "operator"
    assert held(rulings(role("operator"), role(""))) == ""
    assert held(rulings()) == ""


def test_who_is_erased_has_made_what_holds_without_a_name() -> None:
    these = rulings(role("operator"), Ruling(2, BAN, "8", ALL, "eve", by="carol"))
    these.unname("ALICE")
    assert [one.by for kind in (ROLE, BAN) for one in these.of(2, kind)] == ["[deleted]", "carol"]


@pytest.mark.parametrize(("until", "holds"), [(0, True), (999, False), (1000, False), (1001, True)])
def test_until_its_time_is_over(until: int, holds: bool) -> None:
    these = rulings(ban(BOB, until=until))
    assert (these.get(2, BAN, BOB) is not None) is holds
    assert bool(these.of(2, BAN)) is holds
    assert these.count(2, BAN) == 1
    assert [one.value for one in these.over(2, BAN)] == ([] if holds else [""])
    assert these.count(2, BAN) == holds
    assert list(these.over(3, BAN)) == []


def test_what_the_log_has_not_taken_is_not_taken_away() -> None:
    these = rulings()
    these.apply(ban(BOB, until=5))
    assert list(these.over(2, BAN)) == []


def test_those_of_a_room_are_in_the_order_of_their_acts() -> None:
    these = rulings(role("voice", "5", id=3), role("voice", "6", id=1), role("voice", "4", id=1))
    assert [one.subject for one in these.of(2, ROLE)] == ["4", "6", "5"]


#: What is done to three changes of one role, in which order, and what holds after each step: `+` it is made,
#: `=` the log has it, `-` it could not be kept.
LIVES: Final[tuple[tuple[str, str], ...]] = (
    ("+a =a", "a a"),
    ("+a -a", "a old"),
    ("+a +b =a =b", "a b b b"),
    ("+a +b -a =b", "a b b b"),
    ("+a +b =a -b", "a b b a"),
    ("+a +b -a -b", "a b b old"),
    ("+a +b -b =a", "a b a a"),
    ("+a +b -b -a", "a b a old"),
    ("+a +b +c =a -b =c", "a b c c c c"),
    ("+a +b +c =a =b -c", "a b c c c b"),
    ("+a k =a", "a kept kept"),
    ("+a k -a", "a kept kept"),
    ("+a k +b -a -b", "a kept b b kept"),
    ("+a k +b =a =b", "a kept b b b"),
    ("+a f =a", "a - -"),
    ("+a f -a", "a - -"),
    ("+a r =a", "a - -"),
    ("+a r -a", "a - -"),
    ("+ -", " old"),
    ("+ =", " -"),
    ("+ f -", "- - -"),
    ("+ r -", "- - -"),
)


@pytest.mark.parametrize(("steps", "expected"), LIVES)
def test_what_holds_while_the_log_takes_it_or_not(steps: str, expected: str) -> None:
    these, made = rulings(role("old")), {one: role(one) for one in ("a", "b", "c", "")}
    seen = []
    for step in steps.split():
        what, which = step[0], step[1:]
        if what == "+":
            these.apply(made[which])
        elif what == "=":
            these.settle(made[which], 9, 900)
        elif what == "-":
            these.undo(made[which])
        elif what == "k":
            these.keep(role("kept"))
        elif what == "f":
            these.forget_person(7)
        else:
            these.forget_room(2)
        seen.append(held(these) or "-")
    assert seen == [one or "-" for one in expected.split(" ")]


def test_what_the_log_has_tells_when_that_was() -> None:
    these, made = rulings(), role("voice")
    these.apply(made)
    these.settle(made, 9, 900)
    [kept] = these.of(2, ROLE)
    assert (kept.id, kept.at) == (9, 900)


def test_what_may_hold() -> None:
    these = rulings(role("operator"))
    assert these.possible(2, ROLE, BOB) == {"operator"}
    assert these.possible(2, ROLE, "8") == {""}
    lifted, given = role(""), role("voice")
    these.apply(lifted)
    assert these.possible(2, ROLE, BOB) == {"operator", ""}
    these.apply(given)
    assert these.possible(2, ROLE, BOB) == {"operator", "", "voice"}
    these.settle(lifted, 1, 1)
    assert these.possible(2, ROLE, BOB) == {"", "voice"}
    these.apply(first := role("voice", "8"))
    assert these.possible(2, ROLE, "8") == {"", "voice"}
    these.settle(first, 1, 1)
    assert these.possible(2, ROLE, "8") == {"voice"}


def test_what_is_called_so() -> None:
    """Whatever its case, and all that was made of it, as far as it holds."""

    def called(subject: str, whom: str, until: int = 0, id: int = 0) -> Ruling:
        return Ruling(2, BAN, subject, ALL, whom, until, id=id)

    known = [called(BOB, "Bob", id=2), called("=bob", "bob", id=1), called("8", "carl"), called("9", "")]
    over = called("@10.0.0.7/32", "bob", until=1)
    these = rulings(*known, over)
    assert these.called(2, BAN, "BOB") == [known[1], known[0]]
    assert these.called(2, BAN, "bob", "8") == [known[1], known[0], known[2]]
    assert these.called(2, BAN, "dora") == these.called(3, BAN, "bob") == []


def test_what_goes_with_an_account_and_what_stays() -> None:
    """Who is banned is not free since its account is gone."""
    member = Ruling(2, RulingKind.MEMBER, BOB, "5")
    these = rulings(role("voice"), role("owner", room=3), role("voice", "8"), member, ban(BOB))
    these.forget_person(7)
    assert these.of(3, ROLE) == these.of(2, RulingKind.MEMBER) == []
    assert [one.subject for one in these.of(2, ROLE)] == ["8"]
    assert these.get(2, BAN, BOB) is not None


def test_what_goes_with_a_room() -> None:
    kept = role("owner", room=3)
    these = rulings(role("owner"), kept, ban(by_range("10.0.0.0/8")), ban(BOB, kind=RulingKind.MUTE))
    these.forget_room(2)
    assert [these.count(2, kind) for kind in RulingKind] == [0] * len(RulingKind)
    assert not these.restricted
    assert these.get(3, ROLE, BOB) == kept
    assert these.about(2, BAN, 7, "bob", "10.0.0.7", True) is None


#: A ban's subject and value; and whom it concerns: by number, name and address, and as a guest.
ABOUT: Final[tuple[tuple[str, str, tuple[int, str, str, bool], bool], ...]] = (
    (BOB, ALL, (7, "eve", "10.0.0.7", False), True),
    (BOB, ALL, (8, "bob", "10.0.0.7", True), False),
    (by_name("Bob"), GUESTS, (8, "bOB", "", True), True),
    (by_name("Bob"), GUESTS, (8, "bob", "", False), False),
    ("@10.0.0.0/24", ALL, (8, "eve", "10.0.0.7", False), True),
    ("@10.0.0.0/24", ALL, (8, "eve", "10.0.1.7", False), False),
    ("@10.0.0.0/24", GUESTS, (8, "eve", "10.0.0.7", True), True),
    ("@10.0.0.0/24", GUESTS, (8, "eve", "10.0.0.7", False), False),
    ("@10.0.0.0/24", ALL, (8, "eve", "", True), False),
    ("@2001:db8::/64", ALL, (8, "eve", "[2001:db8::7]", True), True),
)


@pytest.mark.parametrize(("subject", "value", "who", "concerned"), ABOUT)
def test_whom_it_concerns(subject: str, value: str, who: tuple[int, str, str, bool], concerned: bool) -> None:
    these = rulings(ban(subject, value))
    assert (these.about(2, BAN, *who) is not None) is concerned
    assert these.about(2, RulingKind.MUTE, *who) is None
    assert these.about(3, BAN, *who) is None


def test_a_range_that_is_over_hides_none_that_is_not() -> None:
    these = rulings(ban("@10.0.0.0/8", until=5), ban("@10.0.0.0/24"))
    found = these.about(2, BAN, 8, "eve", "10.0.0.7", True)
    assert found is not None and found.subject == "@10.0.0.0/24"


def test_a_ruling_in_the_place_of_another() -> None:
    these = rulings(ban("@10.0.0.0/8", GUESTS))
    these.keep(ban("@10.0.0.0/8", ALL))
    assert these.about(2, BAN, 8, "eve", "10.0.0.7", False) is not None
    these.keep(ban("@10.0.0.0/8", ""))
    assert these.about(2, BAN, 8, "eve", "10.0.0.7", True) is None
    assert these.count(2, BAN) == 0


@pytest.mark.parametrize(
    ("ruling", "restricts"),
    [
        (ban(BOB, kind=RulingKind.MUTE), True),
        (ban(BOB), False),
        (Ruling(2, RulingKind.SETTING, "moderated", "on"), True),
        (Ruling(2, RulingKind.SETTING, "slow", "10"), True),
        (Ruling(2, RulingKind.SETTING, "private", "on"), False),
    ],
)
def test_rooms_in_which_not_everyone_may_speak(ruling: Ruling, restricts: bool) -> None:
    these = rulings(ruling)
    assert (2 in these.restricted) is restricts
    assert these.setting(2, "slow") == ("10" if ruling.subject == "slow" else "")
    these.keep(Ruling(2, ruling.kind, ruling.subject, ""))
    assert not these.restricted


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.0.0.7", "@10.0.0.7/32"),
        ("[2001:db8::7]", "@2001:db8::/64"),
        ("::ffff:10.0.0.7", "@10.0.0.7/32"),
        ("127.0.0.1", None),
        ("::ffff:127.0.0.1", None),
        ("[::1]", None),
        ("unix", None),
        ("", None),
    ],
)
def test_the_network_of_a_guest(address: str, network: str | None) -> None:
    assert guest_network(address) == network
