"""Who comes back after the server was killed has missed nothing, and said nothing twice; and what is wrong
with that is seen."""

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any, TypeGuard

import pytest
from msgspec.structs import replace

from chatd.protocol.events import Ack, Event, Mark, Said, Skipped, UserList, Welcome
from chatd.protocol.requests import LOBBY
from loadtests.engine.loads import Schedule, TimedAct
from loadtests.engine.recovery import Recovery
from loadtests.measure.errors import Fault
from loadtests.servers.target import ServerUnderTest
from tests.support.mortal import MortalReception, mortal

#: Of three people each says one message before the server is killed, and one after.
PEOPLE, SAID = 3, 3
#: Those from this id on the server did not get rid of before it was killed: neither answers nor deliveries.
UNTOLD = 2
ACTS = (
    *(TimedAct(0, Recovery.say_next, (k,)) for k in range(SAID)),
    TimedAct(1, Recovery.kill, ()),
    *(TimedAct(2, Recovery.say_next, (k,)) for k in range(SAID, 2 * SAID)),
)

#: What the first of them gets in place of an event, once the server lives again.
Swap = Callable[[Event], Sequence[Event]]


def same(event: Event) -> Sequence[Event]:
    return (event,)


def recovered(swap: Swap = same, server: list[MortalReception] | None = None) -> Recovery:
    """After such a run."""
    lives = list[MortalReception]() if server is None else server

    def spoil(nick: str, event: Event) -> Sequence[Event]:
        if lives and lives[0].lives > 1:
            return swap(event) if nick.endswith("-1") else (event,)
        kept_back = isinstance(event, Said | Ack) and event.id >= UNTOLD
        return () if kept_back else (event,)

    with mortal(spoil, SAID) as one:
        lives.append(one)
        target = ServerUnderTest("chatd-always", one.address, process=one)
        with closing(Recovery(one.address, PEOPLE, 60, target)) as people:
            people.join()
            people.run(Schedule(ACTS), 10)
    return people


def test_who_comes_back_misses_nothing_and_says_nothing_twice() -> None:
    server = list[MortalReception]()
    people = recovered(server=server)
    said = server[0].memory.said
    assert server[0].lives == 2 and len(said) == 2 * SAID
    assert len({(one.sender, one.key) for one in said}) == len(said)
    assert len(people.listened) == len(people.resumed) == 1 and people.resumed[0] >= people.listened[0] > 0
    assert people.delivered() == 2 * SAID * (PEOPLE - 1)
    # What was kept back: each of two messages to the two others, and nobody has an answer.
    assert people.missed >= 4 and people.again >= SAID - 1


def about(kind: type[Event], swap: Callable[[Any], Sequence[Event]]) -> Swap:
    return lambda event: swap(event) if isinstance(event, kind) else (event,)


def _is_own(event: Event) -> TypeGuard[Said]:
    return isinstance(event, Said) and event.sender.endswith("-1")


def own(swap: Callable[[Said], Sequence[Event]]) -> Swap:
    """Of what the first has said itself, and is told of."""
    return lambda event: swap(event) if _is_own(event) else (event,)


def others(swap: Callable[[Said], Sequence[Event]]) -> Swap:
    """Of what others have said."""
    return lambda event: swap(event) if isinstance(event, Said) and not _is_own(event) else (event,)


@pytest.mark.parametrize(
    ("swap", "sentence"),
    [
        (about(Welcome, lambda event: (replace(event, resumed=False),)), "came back, and is not known"),
        (about(Mark, lambda event: (Skipped(LOBBY, 7, 1, 9), event)), "away for too long: 7 messages"),
        (
            about(UserList, lambda event: (replace(event, names=["somebody"]),)),
            "not among those who",
        ),
        (about(Ack, lambda event: (replace(event, id=event.id + 100),)), "has the id 10., and came as"),
        (others(lambda said: (said, said)), "doubled, or out of order"),
        (others(lambda said: (replace(said, text="hi"),)), "did not say: changed|and others .*: changed"),
        (own(lambda said: (said, said)), "again: doubled, or out of order"),
        (own(lambda said: (replace(said, key=None),)), "not what it said: changed"),
        (own(lambda said: (replace(said, text="hi"),)), "not what it said: changed"),
        (
            own(lambda said: (replace(said, id=said.id + 100),)),
            "with the id|another id|has the id ., and came as 10.",
        ),
    ],
    ids=[
        *("unknown", "skipped", "not listed", "another id", "doubled", "changed"),
        *("own doubled", "own without key", "own changed", "own of another id"),
    ],
)
def test_what_is_wrong_with_coming_back_is_seen(swap: Swap, sentence: str) -> None:
    with pytest.raises(Fault, match=sentence):
        recovered(swap)


def test_what_is_not_made_good_is_missing() -> None:
    dropped = list[Event]()

    def drop(said: Said) -> Sequence[Event]:
        dropped.append(said)
        return () if len(dropped) == 1 else (said,)

    with pytest.raises(Fault, match=r"missing|did not get 1 messages"):
        recovered(others(drop))


def test_a_connection_that_is_lost_while_the_server_lives_is_a_fault() -> None:
    with mortal(lambda nick, event: (event,), SAID) as server:
        target = ServerUnderTest("chatd-always", server.address, process=server)
        with closing(Recovery(server.address, PEOPLE, 60, target)) as people:
            people.join()
            server.stop()
            with pytest.raises(Fault, match="was closed by the server"):
                people.wait_until(lambda: False, "never")
