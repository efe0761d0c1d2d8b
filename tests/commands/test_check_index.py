"""`chatd check` looks through the search index, too: else nobody would notice what a damaged one hides."""

import sqlite3
from pathlib import Path

import pytest

from chatd.commands import check, contract
from tests.commands.conftest import Check
from tests.support.folders import change, files
from tests.support.logs import sqlite
from tests.support.search_model import at_once, indexed

_REMEDY = "; please remove it while no server runs: the next one makes it anew from the log"


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """That of a server that has ended."""
    with at_once(), sqlite(tmp_path) as journal:
        for number in range(2000):
            journal.say(f"{number} {number * 7} word")
        journal.wait_for("published", 2000)
        indexed(journal)
    return tmp_path / "search.sqlite3"


def test_a_sound_one(look: Check, index: Path) -> None:
    before = [(name, (index.parent / name).read_bytes()) for name in files(index.parent)]
    code, shown, _ = look(index.parent)
    assert (code, shown[-2:]) == (0, ["the log is sound", "the search index is sound"])
    assert f", {contract.size(index.stat().st_size)} the search index" in shown[2]
    assert [(name, (index.parent / name).read_bytes()) for name in files(index.parent)] == before


def test_one_that_a_server_writes(look: Check, index: Path) -> None:
    with at_once(), sqlite(index.parent) as journal:
        journal.say("more")
        journal.wait_for("published", 1)
        indexed(journal)
        assert look(index.parent)[1][-1] == "the search index is sound"
        journal.say("and more")
        journal.wait_for("published", 1)
        indexed(journal)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE part_1_data SET block = zeroblob(length(block)) WHERE id > 10",
        "DELETE FROM part_1_data WHERE id = (SELECT max(id) FROM part_1_data)",
        "DROP TABLE part_1",
        "DROP TABLE about",
        "PRAGMA writable_schema = on; UPDATE sqlite_master SET sql = 'CREATE TABLE x' WHERE name = 'parts'",
    ],
)
def test_a_damaged_one(look: Check, index: Path, damage: str) -> None:
    change(index, *damage.split(";"))
    code, shown, text = look(index.parent)
    assert (code, shown[-1]) == (1, "the log is sound")
    assert text.startswith(f"{index} is damaged") and text.endswith(_REMEDY)


def test_what_is_no_database(look: Check, index: Path) -> None:
    index.write_bytes(b"x" * 10_000)
    code, _, text = look(index.parent)
    assert (code, text) == (1, f"{index} is damaged or no database (file is not a database){_REMEDY}")


def test_flipped_bytes(look: Check, index: Path) -> None:
    """Not each one can be seen, as there is nothing to compare it with: many cannot be overlooked."""
    content = bytearray(index.read_bytes())
    for place in range(len(content) // 3, len(content), 499):
        content[place] ^= 0x55
    index.write_bytes(content)
    assert look(index.parent)[0] == 1


def test_that_of_another_version_is_made_anew_anyway(look: Check, index: Path) -> None:
    change(index, "UPDATE about SET maker = 'an older one'", "DROP TABLE part_1")
    code, shown, _ = look(index.parent)
    assert (code, shown[-1]) == (0, "the search index is made anew by the next server")


def test_where_there_is_none(look: Check, index: Path) -> None:
    index.write_bytes(b"")
    assert look(index.parent)[1][-1] == "the log is sound"
    index.unlink()
    assert look(index.parent)[1][-1] == "the log is sound"


def test_one_that_cannot_be_read(look: Check, index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(path: Path, stop: object) -> bool:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(check, "examine_index", locked)
    code, _, text = look(index.parent)
    assert (code, text) == (2, f"{index} cannot be read: database is locked")
