"""JSON lines: acts of moderation, bans and the audit, as the server writes and the client reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Event, Left, RoomInfo, Said, UserList
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted, AuditPage, BanInfo, BanList

KICK = Acted(act="kick", room="dev", id=7, at=1, by="bob", whom="eve")
KICKED = '{"type":"acted","act":"kick","room":"dev","id":7,"at":1,"by":"bob","whom":"eve"}'

#: Each event in the very bytes that a program reads; test_jsonl_events.py tries them with all others.
MODERATION_EVENTS: list[tuple[Event, str]] = [
    (KICK, KICKED),
    (
        Acted(act="ban", room="dev", id=7, at=1, by="bob", whom="eve", seconds=7200, reason="spam"),
        '{"type":"acted","act":"ban","room":"dev","id":7,"at":1,"by":"bob","whom":"eve","seconds":7200,'
        '"reason":"spam"}',
    ),
    (
        Acted(act="slow", room="dev", id=7, at=1, by="bob", value="10 s"),
        '{"type":"acted","act":"slow","room":"dev","id":7,"at":1,"by":"bob","value":"10 s"}',
    ),
    (
        Acted(act="delete", room="dev", id=7, at=1, by="bob", whom="eve", message=5),
        '{"type":"acted","act":"delete","room":"dev","id":7,"at":1,"by":"bob","whom":"eve","message":5}',
    ),
    (
        Acted(act="announce", room="lobby", id=7, at=1, by="bob", value="a\nb"),
        '{"type":"acted","act":"announce","room":"lobby","id":7,"at":1,"by":"bob","value":"a\\nb"}',
    ),
    # One that only a newer server knows.
    (
        Acted(act="warn", room="dev", id=7, at=1, by="bob"),
        '{"type":"acted","act":"warn","room":"dev","id":7,"at":1,"by":"bob"}',
    ),
    (BanList("dev", []), '{"type":"bans","room":"dev","bans":[]}'),
    (
        BanList(
            "dev", [BanInfo("ban", "eve", "bob", 1), BanInfo("mute", "al", "bob", 1, 9, "loud")], ref="r"
        ),
        '{"type":"bans","room":"dev","bans":[{"act":"ban","whom":"eve","by":"bob","at":1},'
        '{"act":"mute","whom":"al","by":"bob","at":1,"until":9,"reason":"loud"}],"ref":"r"}',
    ),
    (
        BanList("dev", [BanInfo("warn", "eve", "bob", 1)]),
        '{"type":"bans","room":"dev","bans":[{"act":"warn","whom":"eve","by":"bob","at":1}]}',
    ),
    (AuditPage("lobby", []), '{"type":"audit","room":"lobby","acts":[]}'),
    (
        AuditPage("dev", [KICK], more=True, ref="r"),
        f'{{"type":"audit","room":"dev","acts":[{KICKED}],"more":true,"ref":"r"}}',
    ),
    (
        HistoryPage(room="dev", messages=[KICK], more=False),
        f'{{"type":"page","room":"dev","messages":[{KICKED}],"more":false}}',
    ),
    (
        HistoryPage(
            messages=[Said("dev", 8, "al", "hi", 1)], more=False, found=True, before=[KICK], after=[None]
        ),
        '{"type":"page","messages":[{"type":"said","room":"dev","id":8,"from":"al","text":"hi","at":1}],'
        f'"more":false,"found":true,"before":[{KICKED}],"after":[null]}}',
    ),
    (
        Said("dev", 7, "eve", "[deleted by bob]", 1, "deleted"),
        '{"type":"said","room":"dev","id":7,"from":"eve","text":"[deleted by bob]","at":1,"kind":"deleted"}',
    ),
    (
        Left(["eve"], 1, "kicked", "dev"),
        '{"type":"left","names":["eve"],"count":1,"reason":"kicked","room":"dev"}',
    ),
    (
        RoomInfo("dev", 3, "", role="owner", private=True, key=True, moderated=True, slow=10),
        '{"type":"room","room":"dev","users":3,"topic":"","role":"owner","private":true,"key":true,'
        '"moderated":true,"slow":10}',
    ),
    (
        RoomInfo("lobby", 3, "", lockdown=True),
        '{"type":"room","room":"lobby","users":3,"topic":"","lockdown":true}',
    ),
    (
        UserList(["al", "bob"], 2, room="dev", roles={"al": "owner"}),
        '{"type":"users","names":["al","bob"],"count":2,"room":"dev","roles":{"al":"owner"}}',
    ),
]


@pytest.mark.parametrize(
    "line",
    [
        *(KICKED.replace(before, after) for before, after in (('"kick"', "5"), ('"id":7', '"id":-1'))),
        KICKED.replace(',"by":"bob"', ""),
        KICKED.replace("}", ',"seconds":9223372036854775808}'),
        '{"type":"bans","room":"dev","bans":[{"act":"ban","whom":"eve"}]}',
        '{"type":"audit","room":"dev","acts":[{"type":"pong"}]}',
    ],
)
def test_what_is_no_event(line: str) -> None:
    with pytest.raises(ChatError):
        JSONL.parse_event(line.encode())


TEXTS = st.none() | st.text()
NUMBERS = st.none() | st.integers(0, 2**63 - 1)
ACTED = st.builds(
    Acted,
    act=st.text(),
    room=st.text(),
    id=st.integers(0, 2**63 - 1),
    at=st.integers(0, 2**63 - 1),
    by=st.text(),
    **dict.fromkeys(("whom", "value", "reason"), TEXTS),
    **dict.fromkeys(("seconds", "message"), NUMBERS),
)


@given(st.lists(ACTED, max_size=3))
def test_an_act_is_read_as_it_was_written(acts: list[Acted]) -> None:
    for event in (*acts, AuditPage("dev", acts), HistoryPage(messages=acts, more=False)):
        line = JSONL.encode(event)
        assert line.count(b"\n") == 1
        assert JSONL.parse_event(line) == event
