"""What the server begins with."""

import pytest

from chatd.state.stored_accounts import StoredAccount
from chatd.state.stored_rulings import Ruling, RulingKind
from chatd.store.memory import MemoryLog
from chatd.store.memory_people import MemoryPeople
from tests.support.world import World

#: A person's number, of which 7 owns an account, the kind and value of its ruling, and whether that holds.
KEPT = (
    ("7", RulingKind.ROLE, "operator", True),
    ("8", RulingKind.ROLE, "operator", False),
    ("8", RulingKind.ROLE, "owner", False),
    ("8", RulingKind.ROLE, "voice", True),
    ("8", RulingKind.BAN, "all", True),
    ("8", RulingKind.MEMBER, "5", True),
)


@pytest.mark.parametrize(("subject", "kind", "value", "holds"), KEPT)
def test_no_role_above_voice_without_an_account(
    subject: str, kind: RulingKind, value: str, holds: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryLog, "rulings", [Ruling(2, kind, subject, value)])
    monkeypatch.setattr(MemoryPeople, "accounts", [StoredAccount(7, "bob", "", 0)])
    assert bool(World().state.rulings.value(2, kind, subject)) is holds
