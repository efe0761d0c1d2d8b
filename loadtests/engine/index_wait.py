"""Waiting for the search index of a server that was started a moment ago: it is there when a search finds all
that it must."""

from contextlib import closing
from dataclasses import replace
from time import monotonic
from typing import Final

from chatd.protocol.errors import Code
from chatd.protocol.events import Error
from chatd.protocol.history_page import HistoryPage
from loadtests.engine.asking import Asker
from loadtests.engine.connector import Connector
from loadtests.engine.loop import block
from loadtests.engine.questions import Question
from loadtests.measure.errors import Fault
from loadtests.servers.target import ServerUnderTest

#: Nobody comes later under this name.
_NAME: Final = "a99999"
#: Seconds between two looks, and until it must be there.
_LOOKED: Final = 0.1
_PATIENCE: Final = 600.0


def await_index(target: ServerUnderTest, question: Question) -> None:
    """Ask until the answer is right. Raises Fault where it is wrong, or does not come."""
    with closing(Connector(target.codec, target.address)) as loop:
        asker = _entered(loop, target)
        answers: list[HistoryPage | Error] = []
        until = monotonic() + _PATIENCE
        while True:
            asker.try_to_ask(question.request, answers.append)
            loop.until(lambda: bool(answers), _PATIENCE, lambda: "a search is not answered")
            answer = answers.pop()
            if isinstance(answer, HistoryPage):
                question.check(answer)
                return
            if answer.code != Code.UNAVAILABLE or monotonic() > until:
                raise Fault(f"a search is refused: {answer.code}: {answer.text}")
            _rest(loop)


def _entered(loop: Connector, target: ServerUnderTest) -> Asker:
    """Who asks; it tries to connect until somebody listens."""
    assert loop.codec.told is not None
    handshake = replace(loop.codec.told.handshake, start=b"")
    until = monotonic() + _PATIENCE
    loop.open(_PATIENCE)
    while True:
        try:
            asker = loop.enter(Asker, 0, _NAME, handshake)
        except Fault as fault:
            if not isinstance(fault.__cause__, ConnectionRefusedError) or monotonic() > until:
                raise
            target.spent()  # raises Fault where the server has ended
            _rest(loop)
        else:
            loop.await_welcomes()
            return asker


def _rest(loop: Connector) -> None:
    """What comes meanwhile is read soon enough."""
    block(loop.fileno(), _LOOKED)
