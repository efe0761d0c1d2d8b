"""A server that is killed while a person goes: whoever repeats it, beside the next server or in its place,
ends it. (What the log does when it is killed while it erases, see tests/store/sqlite/test_erasing.py.)"""

from pathlib import Path

import gevent
import pytest
from gevent.event import Event

from chatd.behaviour.administration.answers import administer
from chatd.config import Config
from chatd.net.admin_answers import parts_of
from chatd.net.building import build_state
from chatd.protocol.admin_requests import ErasePerson
from chatd.protocol.limits import DEFAULT
from tests.commands.admin.conftest import Admin
from tests.support.cheap import CHEAP
from tests.support.folders import value
from tests.support.live import WATCHDOG


def killed_before(data: Path, step: str) -> None:
    """While alice goes, at this step of the log's."""
    state = build_state(Config(data=str(data)), DEFAULT, lambda: None, CHEAP)
    reached = Event()
    people = state.log.people
    setattr(people, step, lambda *given: reached.set())
    going = gevent.spawn(list, parts_of(administer(state, ErasePerson("alice"))))
    with gevent.Timeout(WATCHDOG):
        reached.wait()
    going.kill()
    state.passwords.close()
    state.log.close()


def erased(data: Path) -> int:
    """How often it is in the audit that somebody was."""
    count = value(data / "log.sqlite3", "SELECT count(*) FROM audit WHERE text LIKE '%\"erase\"%'")
    assert isinstance(count, int)
    return count


def test_before_the_account_is_gone(admin: Admin, data: Path) -> None:
    killed_before(data, "change")
    assert erased(data) == 1
    assert admin("users").lines[1].startswith("alice ")
    assert admin("delete", "alice", "--yes").code == 0
    assert len(admin("users").lines) == 1
    assert erased(data) == 2


@pytest.mark.parametrize("name", ["alice", "ALICE"])
def test_before_all_else_is_gone(admin: Admin, data: Path, name: str) -> None:
    killed_before(data, "erase")
    assert len(admin("users").lines) == 1
    ran = admin("delete", name)
    assert ran.lines == [f"chatd admin delete: {name} is deleted, with all that it said"]
    assert erased(data) == 1
    assert admin("audit").lines[1].endswith("* admin deleted the account [deleted]")
    ran = admin("delete", name)
    assert (ran.code, ran.error) == (1, f"nobody has the name {name}; where it was deleted, nothing is left")
