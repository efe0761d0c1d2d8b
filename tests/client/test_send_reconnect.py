"""`chat send --reconnect`: nothing that was not acknowledged is lost, in bounded memory."""

from collections.abc import Iterator

import gevent
import pytest

from chatd_client import Chat, LinkError
from chatd_client.arguments import parse
from chatd_client.input_lines import NumberedLine
from chatd_client.send import Sending
from tests.support.link_fixture import reconnected
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog", "unchanged", "waits")


def test_the_option() -> None:
    assert parse(["send", "host", "--reconnect"], terminal=False).reconnect
    assert parse(["tail", "--reconnect"], terminal=False).reconnect
    assert not parse(["tail"], terminal=False).reconnect


def sent(peer: ScriptedServer, lines: Iterator[list[NumberedLine]]) -> int | str:
    """The exit code, or why it ended."""
    with Chat(peer.target, ["alice2"], reconnect=True) as chat:
        try:
            return Sending(chat, lines, None).run(progress=False)
        except LinkError as error:
            return str(error)


def numbered(*texts: str) -> Iterator[list[NumberedLine]]:
    yield [NumberedLine(number, text) for number, text in enumerate(texts, 1)]


def test_what_was_not_acknowledged_is_sent_again(
    peer: ScriptedServer, capfd: pytest.CaptureFixture[str]
) -> None:
    running = gevent.spawn(sent, peer, numbered("one", "two", "three"))
    peer.welcome()
    for ref, text in enumerate(("one", "two", "three"), 1):
        peer.hears(type="say", text=text, ref=str(ref))
    peer.says({"type": "ack", "ref": "1", "id": 1}, {"type": "bye", "reason": "the server is going down"})
    reconnected(peer)
    peer.hears(type="say", text="two", ref="2")
    peer.hears(type="say", text="three", ref="3")
    peer.says({"type": "error", "code": "full", "text": "not now", "ref": "2"})
    peer.hangs_up()
    reconnected(peer)
    peer.hears(type="say", text="three", ref="3")
    peer.says({"type": "ack", "ref": "3", "id": 2})
    peer.hears_quit()
    assert running.get() == 3
    assert capfd.readouterr().err == (
        "* the server is going down; connecting again\n"
        "* the server closed the connection; connecting again\n"
        "! line 2 was not delivered: not now\n"
    )


def test_without_a_link_no_more_is_read_than_the_window_takes(peer: ScriptedServer) -> None:
    count, reads = 200, []

    def lines() -> Iterator[list[NumberedLine]]:
        for number in range(1, count + 1):
            reads.append(number)
            yield [NumberedLine(number, "x" * 1000)]

    running = gevent.spawn(sent, peer, lines())
    peer.welcome()
    peer.hears(type="say", text="x" * 1000, ref="1")
    peer.hangs_up()
    peer.accept_again()  # it is coming back, so the sender waits
    assert len(reads) < 40
    peer.hangs_up()
    reconnected(peer)
    for ref in range(1, count + 1):
        peer.hears(type="say", text="x" * 1000, ref=str(ref))
        peer.says({"type": "ack", "ref": str(ref), "id": ref})
    peer.hears_quit()
    assert running.get() == 0


def test_it_ends_with_a_sentence_when_it_cannot_come_back(peer: ScriptedServer) -> None:
    running = gevent.spawn(sent, peer, numbered("one"))
    peer.welcome()
    peer.hears(type="say", text="one", ref="1")
    peer.hangs_up()
    peer.accept_again()
    for _ in range(2):
        peer.hears_line()
        peer.says({"type": "error", "code": "taken-nick", "text": "the name is taken"})
    assert running.get() == "the name is taken; 1 not acknowledged"
