"""What the shell asks a server for, in a world without sockets."""

from chatd.behaviour.administration.answers import administer
from chatd.behaviour.administration.parts import Answering
from chatd.protocol.events import Error, Event
from chatd.protocol.requests import Request
from tests.support.world import World


def next_part(answering: Answering) -> tuple[list[Event], bool]:
    """Of an answer that comes at once."""
    came: list[tuple[list[Event], bool]] = []
    answering(lambda events, more: came.append((events, more)))
    [part] = came
    return part


def whole(answering: Answering) -> list[Event]:
    """All that is left of it."""
    found: list[Event] = []
    more = True
    while more:
        events, more = next_part(answering)
        found += events
    return found


def answer(world: World, request: Request) -> list[Event]:
    """All of it."""
    return whole(administer(world.state, request))


def refusal(world: World, request: Request) -> tuple[str, str]:
    """The code and the sentence of an answer that is an error."""
    [event] = answer(world, request)
    assert isinstance(event, Error)
    return event.code, event.text
