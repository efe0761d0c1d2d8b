"""What the thread that reads does for somebody who comes back: how much is unread, and what, as one
statement.

It is bounded as `store/unread.py` says. SQLite finds the texts that hold the name as a word of its own, as
far as it can tell; `NameTest` decides.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from chatd.protocol.limits import KIB
from chatd.state.stored_accounts import (
    UNREAD_MOST,
    CaughtUp,
    Unread,
    UnreadPair,
    UnreadQuestion,
    UnreadRoom,
)
from chatd.state.stored_entries import PAGE_LIMIT, Conversation, StoredEntry
from chatd.store.sqlite.schema import BY_PLACE, ENTRY_COLUMNS, as_json
from chatd.store.unread import LOOKED_AT_DIRECT, LOOKED_AT_ROOM, SAID, NameTest, caught_up

#: Of each room the newest texts with the name are tested, of the others what SQLite says is believed: nobody
#: needs to know whether it were 30 or 31, and each has to be read.
_TESTED: Final = 20
#: Text of each list that is read; of what is more it is said that there is more.
_BYTES: Final = 256 * KIB
#: Above all ids.
_FAR: Final = 1 << 62

_KINDS: Final = ", ".join(str(kind.value) for kind in SAID)

#: A room is its number, its floor, and its mark where that is not written yet; a pair has such a mark, too.
_ROOMS: Final = """rooms(number, mark, floor) AS MATERIALIZED (SELECT value ->> 0,
    max(:since, value ->> 2, ifnull((SELECT id FROM marks
        WHERE marks.person = :person AND marks.first = value ->> 0 AND marks.second = 0), 0)), value ->> 1
    FROM json_each(:rooms))"""
#: What others said in a room, newest first, and whether it holds the name. (AND would look for the word in
#: all texts, which takes ten times as long.)
_SAID: Final = f"""SELECT id,
    CASE WHEN text LIKE :name ESCAPE '!' THEN ' ' || lower(text) || ' ' GLOB :word ELSE 0 END AS named
    FROM (SELECT id, text, person, kind FROM entries {BY_PLACE} WHERE first = number AND second = 0
        AND id > max(mark, floor) AND id < :end ORDER BY id DESC LIMIT {LOOKED_AT_ROOM})
    WHERE person <> :person AND kind IN ({_KINDS}) LIMIT {UNREAD_MOST}"""
_BY_ONE: Final = """SELECT first, second, id FROM entries INDEXED BY direct_by_{which}
    WHERE {which} = :person AND second <> 0
        AND id > (SELECT mark FROM letter_box) AND id > :direct AND id < :end
    ORDER BY id DESC LIMIT """ + str(LOOKED_AT_DIRECT)
#: Those direct messages of others that are above the mark of their pair.
_DIRECT: Final = f"""letter_box(mark) AS MATERIALIZED (SELECT max(:since, :all, ifnull((SELECT id FROM marks
        WHERE person = :person AND first = 0 AND second = :person), 0))),
    direct AS MATERIALIZED (SELECT first, second, id, max((SELECT mark FROM letter_box),
            ifnull((SELECT id FROM marks WHERE marks.person = :person
                AND marks.first = found.first AND marks.second = found.second), 0),
            CASE :pairs WHEN '[]' THEN 0 ELSE ifnull((SELECT value ->> 2 FROM json_each(:pairs)
                WHERE value ->> 0 = found.first AND value ->> 1 = found.second), 0) END) AS mark
        FROM (SELECT * FROM ({_BY_ONE.format(which="first")})
            UNION ALL SELECT * FROM ({_BY_ONE.format(which="second")}) WHERE first <> second
            ORDER BY id DESC LIMIT {LOOKED_AT_DIRECT}) AS found),
    letters AS MATERIALIZED (SELECT entries.first, entries.second, entries.id, mark, person, sender
        FROM direct CROSS JOIN entries {BY_PLACE} ON entries.first = direct.first
            AND entries.second = direct.second AND entries.id = direct.id
        WHERE direct.id > mark AND person <> :person AND kind IN ({_KINDS}))"""

_COUNT: Final = f"""WITH {_ROOMS}, {_DIRECT},
    counts(number, mark, found) AS MATERIALIZED (SELECT number, mark, (
        SELECT json_array(count(*), json_group_array(id) FILTER (WHERE named)) FROM ({_SAID})) FROM rooms)
    SELECT json_array(
        (SELECT json_group_array(json_array(number, mark, found ->> 0, json_array_length(found, '$[1]'),
            (SELECT json_group_array(text) FROM (SELECT text FROM json_each(found, '$[1]') CROSS JOIN entries
                {BY_PLACE} ON first = number AND second = 0 AND entries.id = value LIMIT {_TESTED}))))
            FROM counts),
        (SELECT json_group_array(json_array(person, sender, count, mark)) FROM (
            SELECT person, sender, min(count(*), {UNREAD_MOST}) AS count, mark, max(id) AS last
            FROM letters GROUP BY person ORDER BY last DESC)))"""

#: The newest `most` of them, as far as the bytes suffice.
_NEWEST: Final = f"""SELECT json_group_array(json_array({ENTRY_COLUMNS})) FROM (SELECT * FROM (
    SELECT *, sum(octets) OVER (ORDER BY id DESC) AS so_far FROM (
        SELECT entries.*, length(CAST(text AS BLOB)) AS octets FROM (
            SELECT * FROM ({{ids}}) ORDER BY id DESC LIMIT :most) AS wanted CROSS JOIN entries {BY_PLACE}
        ON entries.first = wanted.first AND entries.second = wanted.second AND entries.id = wanted.id
    )) WHERE so_far <= {_BYTES} ORDER BY id)"""
_IN_ROOMS: Final = """SELECT number AS first, 0 AS second, value AS id
    FROM found CROSS JOIN json_each(ids, '$[{place}]')"""
_NAMED_OR_DIRECT: Final = f"{_IN_ROOMS.format(place=0)} UNION ALL SELECT first, second, id FROM letters"
_READ: Final = f"""WITH {_ROOMS}, {_DIRECT},
    found(number, ids) AS MATERIALIZED (SELECT number, (
        SELECT json_array(
            json_group_array(id) FILTER (WHERE named), json_group_array(id) FILTER (WHERE NOT named))
        FROM ({_SAID})) FROM rooms)
    SELECT json_array(
        ({_NEWEST.format(ids=_NAMED_OR_DIRECT)}), ({_NEWEST.format(ids=_IN_ROOMS.format(place=1))}),
        (SELECT ifnull(sum(json_array_length(ids, '$[0]')), 0) FROM found) + (SELECT count(*) FROM letters),
        (SELECT ifnull(sum(json_array_length(ids, '$[1]')), 0) FROM found))"""

_counted: Final = msgspec.json.Decoder(
    tuple[list[tuple[int, int, int, int, list[str]]], list[tuple[int, str, int, int]]]
)
_read: Final = msgspec.json.Decoder(tuple[list[StoredEntry], list[StoredEntry], int, int])


@dataclass(frozen=True, slots=True)
class UnreadBounds:
    """What holds at the moment of the question: nothing with the id `end` or a higher one is read, or at or
    below the floor of its room, or of direct messages. `marks` are those that are not written yet."""

    end: int
    rooms: Mapping[int, int]
    direct: int
    marks: Mapping[Conversation, int]


def count_unread(database: sqlite3.Connection, question: UnreadQuestion, bounds: UnreadBounds) -> Unread:
    """See AccountStore.count_unread."""
    names = NameTest(question.name)
    rooms, pairs = _counted.decode(_ask(database, _COUNT, question, bounds, 0))
    return Unread(
        tuple(
            UnreadRoom(number, count, named - sum(not names.fits(text) for text in texts), mark)
            for number, mark, count, named, texts in rooms
        ),
        tuple(UnreadPair(*pair) for pair in pairs),
    )


def read_unread(
    database: sqlite3.Connection, question: UnreadQuestion, limit: int, bounds: UnreadBounds
) -> CaughtUp:
    """See AccountStore.read_unread."""
    names, limit = NameTest(question.name), max(0, min(limit, PAGE_LIMIT))
    found, others, many, other = _read.decode(_ask(database, _READ, question, bounds, limit))
    first = [entry for entry in found if entry.second or names.fits(entry.text)]
    first_ids = {entry.id for entry in first}
    rest = others + [entry for entry in found if entry.id not in first_ids]
    page = caught_up(first, rest, limit)
    more = page.more or len(found) < many or len(others) < other
    return CaughtUp(page.first, page.rest, more)


def word_pattern(name: str) -> str:
    """What GLOB finds in a text in lower case, with a space before and behind: a folded name that no letter
    of names makes longer, but for brackets, which can also stand around a name."""
    edge = "[^a-z0-9_|^-]"
    return f"*{edge}{name.replace('[', '[[]')}{edge}*"


def _ask(
    database: sqlite3.Connection, statement: str, question: UnreadQuestion, bounds: UnreadBounds, most: int
) -> Any:
    name = question.name.lower()
    rooms = [
        (number, bounds.rooms.get(number, 0), bounds.marks.get((number, 0), 0))
        for number in dict.fromkeys(question.rooms)
    ]
    values = {
        "person": question.person,
        "name": f"%{name.replace('_', '!_')}%",
        "word": word_pattern(name),
        "since": max(0, min(question.since, _FAR)),
        "rooms": as_json(rooms),
        "all": bounds.marks.get((0, question.person), 0),
        "pairs": as_json([(*place, id) for place, id in bounds.marks.items() if all(place)]),
        "direct": bounds.direct,
        "end": bounds.end,
        "most": most,
    }
    return database.execute(statement, values).fetchone()[0]
