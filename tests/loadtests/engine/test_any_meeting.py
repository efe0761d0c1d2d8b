"""Meetings played at random: no right server is accused, and whoever is wronged is found."""

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.events import Event, Said
from tests.support.model_chat import Meeting, ModelClient, Spoiling, changed, nothing, twice, unspoiled

#: How often each happens.
ACTS = {"join": 2, "say": 20, "write": 8, "leave": 2, "handle": 30, "deliver": 40, "settle": 4, "stranger": 4}


def script(seed: int, length: int = 150) -> Iterator[tuple[str, int, int]]:
    """What happens, to or by whom, and how much of it."""
    chance = random.Random(seed)
    for what in chance.choices([*ACTS], [*ACTS.values()], k=length):
        yield what, chance.randrange(8), chance.randrange(7)


def played(seed: int, spoil: Spoiling = unspoiled) -> Meeting:
    """A meeting in which all that happens; answers, deliveries and reports come in any order and in any
    pieces. At its end everybody who is still here hears three more."""
    meeting = Meeting(spoil)
    with meeting.chat as chat:
        people = [chat.join(meeting.gatherings[number % 2]) for number in range(5)]
        meeting.settle()
        chat.rest()
        for what, who, amount in script(seed):
            _do(what, amount, chat.clients[who % len(chat.clients)], meeting)
        chat.rest()
        for client in people:
            _do("say", 1, client, meeting)
        chat.rest()
        meeting.end()
    return meeting


def _do(what: str, amount: int, client: ModelClient, meeting: Meeting) -> None:
    one, chat = client.one, meeting.chat
    can_talk = one.is_in and one.ended is None and one.until < 0
    if what == "join":
        chat.join(meeting.gatherings[amount % 2])
    elif what == "handle":
        chat.handle(client)
    elif what == "deliver":
        chat.deliver(client, 1 + amount**4)
    elif what == "settle":
        gathering = meeting.gatherings[amount % 2]
        meeting.ledger.take(gathering.settle())
    elif what == "stranger":
        chat.say("somebody", f"hello ~{amount}")
    elif can_talk and what == "say":
        one.say("é\nlp" * (amount + 1))
    elif can_talk and what == "write":
        one.direct(chat.clients[amount % len(chat.clients)].nick or "nobody", "psst")
    elif can_talk and what == "leave":
        one.leave(silently=amount > 4)


@settings(max_examples=60)
@given(st.integers(0))
def test_no_right_server_is_accused(seed: int) -> None:
    meeting = played(seed)
    assert meeting.faults == []
    assert meeting.ledger.due == meeting.ledger.got <= meeting.chat.deliveries


@settings(max_examples=120)
@given(st.integers(0), st.sampled_from((nothing, twice, changed)), st.integers(0, 4), st.integers(1, 10))
def test_whoever_is_wronged_between_two_messages_is_found(
    seed: int, wrong: Callable[[Any], Sequence[Event]], client: int, at: int
) -> None:
    """Where somebody of these processes said the message, and it is not the first nor the last that comes."""
    heard = wronged = 0

    def spoil(number: int, event: Event) -> Sequence[Event]:
        nonlocal heard, wronged
        if number != client or not isinstance(event, Said) or event.sender == "somebody":
            return (event,)
        heard += 1
        if heard != at + 1:
            return (event,)
        wronged = event.id
        return wrong(event)

    meeting = played(seed, spoil)
    if wronged and meeting.chat.clients[client].one.last > wronged:
        assert meeting.faults
