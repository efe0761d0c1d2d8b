"""`/search`, as it is typed, and as it is answered."""

import pytest

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.events import DirectMessage, Said, TopicSet
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.requests import Search

DAY = 86_400_000
AT = 20_782 * DAY  # the 25th of November 2026


@pytest.mark.parametrize(
    ("typed", "request_"),
    [
        ("green build", Search(words="green build", limit=20)),
        ('"green build" in:Dev', Search(words='"green build"', room="Dev", limit=20)),
        ("x with:bob", Search(words="x", whom="bob", limit=20)),
        ("from:bob", Search(sender="bob", limit=20)),
        ("FROM:bob x Context:ON", Search(words="x", sender="bob", context=True, limit=20)),
        ("x context:off", Search(words="x", limit=20)),
        ("x since:2026-11-25", Search(words="x", since=AT, limit=20)),
        ("x until:2026-11-25", Search(words="x", until=AT + DAY, limit=20)),
        ("x until:2026-11-25t13:05", Search(words="x", until=AT + 47_100_000, limit=20)),
        ("x since:3d until:90s", Search(words="x", since=-3 * DAY, until=-90_000, limit=20)),
        ('"in:dev" in: since', Search(words='"in:dev" in: since', limit=20)),
        ('a " b', Search(words='a " b', limit=20)),
        ("NEAR( * AND OR NOT ^x -y", Search(words="NEAR( * AND OR NOT ^x -y", limit=20)),
        ("http://x.org since:1h", Search(words="http://x.org", since=-3_600_000, limit=20)),
    ],
)
def test_typed(typed: str, request_: Search) -> None:
    assert TEXT.parse(f"/search {typed}".encode()) == request_


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "please write /search WORDS"),
        ("in:dev", "please write /search WORDS"),
        ("x since:yesterday", "yesterday is no date; please write 2026-11-25"),
        ("x since:2026-02-30", "2026-02-30 is no date"),
        ("x until:2026-11-25T24:00", "2026-11-25T24:00 is no date"),
        ("x since:1969-12-31", "1969-12-31 is no date"),
        ("x since:0d", "0d is no date"),
        ("x since:9999999d", "9999999d is no date"),
        ("x context:yes", "please write context:on"),
    ],
)
def test_wrong(typed: str, why: str) -> None:
    with pytest.raises(ChatError) as caught:
        TEXT.parse(f"/search {typed}".encode())
    assert caught.value.code is Code.USAGE
    assert caught.value.text.startswith(why)


def said(id: int, text: str, room: str = "lobby") -> Said:
    return Said(room=room, id=id, sender="bob", text=text, at=AT + id * 60_000)


def shown(page: HistoryPage) -> list[str]:
    return TEXT.encode(page).decode().splitlines()


def test_what_is_found_is_shown_newest_first_with_where_it_was_said() -> None:
    hits: list[Said | DirectMessage | TopicSet] = [
        said(4, "green", "dev"),
        DirectMessage(id=3, sender="alice", to="bob", text="green\ntoo", at=AT),
        TopicSet(room="dev", id=2, sender="bob", text="green", at=AT),
        said(1, "green"),
    ]
    assert shown(HistoryPage(messages=hits, more=True, found=True)) == [
        "* 4 messages found, newest first, times in UTC:",
        "2026-11-25 00:04 #dev <bob> green",
        "2026-11-25 00:00 [dm from alice to bob] green",
        "2026-11-25 00:00 [dm from alice to bob] too",
        "2026-11-25 00:00 * bob set the topic of #dev: green",
        "2026-11-25 00:01 <bob> green",
        "* there are older ones; until:2026-11-25T00:01:01 shows them",
    ]
    assert shown(HistoryPage(messages=[], more=False, found=True)) == ["* 0 messages found"]
    assert shown(HistoryPage(messages=hits[3:], more=False, found=True))[0].startswith("* 1 message found,")


def test_the_context_is_indented() -> None:
    hits = [said(4, "x"), said(2, "x")]
    page = HistoryPage(messages=hits, more=False, found=True, before=[said(3, "a\nb"), None], after=[None])
    assert shown(page)[1:] == [
        "  2026-11-25 00:03 <bob> a",
        "  2026-11-25 00:03 <bob> b",
        "2026-11-25 00:04 <bob> x",
        "2026-11-25 00:02 <bob> x",
    ]
