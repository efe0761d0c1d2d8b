"""Who has a name, and who will have it."""

from chatd.state.accounts import Account, Accounts
from chatd.state.roster import Roster
from chatd.state.sessions import Person
from tests.support.people import account, device


def test_who_is_here_is_found_by_its_number_whatever_its_name() -> None:
    roster, alice = Roster(), Person(1, "alice")
    roster.put(alice)
    roster.remove(alice)
    assert roster.numbered(1) is None
    alice.nick = "carol"
    roster.put(alice)
    assert roster.numbered(1) is alice and roster.numbered(2) is roster.numbered(None) is None
    roster.put(Person(2, "Carol"))  # who displaced it
    roster.remove(alice)
    assert roster.numbered(1) is None and roster.numbered(2) is not None


def test_who_is_back_as_somebody_new_is_found_when_the_old_one_is_gone() -> None:
    roster, before, now = Roster(), Person(1, "alice"), Person(1, "carol")
    roster.put(before)
    roster.put(now)
    roster.remove(before)
    assert roster.numbered(1) is now and roster.get("alice") is None


def test_a_claim_is_given_up_by_whose_it_is_only() -> None:
    roster, alice, bob = Roster(), Person(1, "alice"), Person(2, "bob")
    assert roster.claim("Carol", alice) and roster.claim("carol", alice)
    assert not roster.claim("CAROL", bob)
    roster.unclaim("carol", bob)
    assert roster.claimant("carol") is alice
    roster.unclaim("CAROL", alice)
    roster.unclaim("carol", alice)
    assert roster.claimant("carol") is None and roster.claim("carol", bob)


def test_only_who_does_not_own_the_name_is_displaced() -> None:
    roster, alice, bob = Roster(), Person(1, "alice"), Person(2, "bob")
    roster.put(alice)
    assert not roster.claim("alice", bob)
    assert roster.claim("alice", bob, displaces=True)
    roster.unclaim("alice", bob)
    alice.account = Account(1, "Alice", "v", 0)
    assert not roster.claim("alice", bob, displaces=True)
    alice.account = Account(1, "carol", "v", 0)  # it is about to have that name
    assert roster.claim("alice", bob, displaces=True)


def test_accounts_of_the_beginning_with_their_devices() -> None:
    accounts = Accounts([account(1, "Alice"), account(2, "bob")], [device("t", 1), device("lost", 7)])
    alice = accounts.named("alice")
    assert alice is not None and alice.stored() == account(1, "Alice")
    assert accounts.with_token("t") is alice and accounts.with_token("lost") is None
    assert len(accounts) == 2 and [one.name for one in accounts] == ["Alice", "bob"]
    accounts.remove(alice)
    assert (accounts.named("alice"), accounts.of_person(1), accounts.with_token("t")) == (None, None, None)
