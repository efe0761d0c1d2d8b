"""Lines put together to messages of several lines, and `chat send --block`."""

import msgspec
import pytest

from chatd.protocol.sanitize import clean_message
from chatd_client.input_lines import NumberedLine
from chatd_client.packing import NumberedText, Packer
from tests.support.chat_process import ChatProcess
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog")


def packed(packer: Packer, limit: int, *texts: str) -> list[NumberedText]:
    lines = [NumberedLine(number, text) for number, text in enumerate(texts, 1)]
    return [*packer.pack(lines, limit), *packer.rest()]


def test_as_many_lines_as_a_message_may_have() -> None:
    assert packed(Packer(2), 100, "one", "two", "three") == [
        NumberedText(1, 2, "one\ntwo"),
        NumberedText(3, 3, "three"),
    ]
    assert [text for _, _, text in packed(Packer(1), 100, "one", " ", "two")] == ["one", "two"]


def test_what_shows_nothing_stands_only_between_others() -> None:
    lines = ("", "one", "", "  ", "two", "", "\u200b")
    assert packed(Packer(100), 100, *lines) == [NumberedText(2, 5, "one\n\n\ntwo")]
    assert packed(Packer(100), 100, "", " ") == []
    assert packed(Packer(3), 100, "one", "", "", "two") == [
        NumberedText(1, 1, "one"),
        NumberedText(4, 4, "two"),
    ]


@pytest.mark.parametrize("limit", [8, 9, 20, 21, 22])
def test_a_message_fits_the_line(limit: int) -> None:
    lines = ['say "a"', "two", "x" * 30, "y", "é" * 9]
    messages = packed(Packer(100), limit, *lines)
    assert all(len(msgspec.json.encode(text)) - 2 <= limit for _, _, text in messages)
    assert "".join(text for _, _, text in messages).replace("\n", "").replace(" ", "") == "".join(
        lines
    ).replace(" ", "")
    assert all(clean_message(text) == text for _, _, text in messages)
    assert [first for first, _, _ in messages] == sorted(first for first, _, _ in messages)


def test_send_block() -> None:
    text = "".join(f"line {number}\n" for number in range(1, 151))
    with ScriptedServer() as peer, ChatProcess("send", "--block", peer.target) as chat:
        chat.types(text)
        chat.closes_keyboard()
        peer.welcome()
        lines = text.splitlines()
        peer.hears(type="say", text="\n".join(lines[:100]), ref="1")
        peer.hears(type="say", text="\n".join(lines[100:]), ref="2")
        assert len(set(peer.keys.values())) == 2
        peer.says({"type": "ack", "ref": "1", "id": 1})
        peer.says({"type": "error", "code": "full", "text": "no", "ref": "2"})
        peer.hears_quit()
        assert chat.ends() == (3, "", "! lines 101 to 150 were not delivered: no\n")
