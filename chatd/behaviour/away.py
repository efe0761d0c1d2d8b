"""Who is away from the keyboard, and back."""

from chatd.behaviour.fanout import publish, tell
from chatd.behaviour.renaming import renew_lists, slow_down
from chatd.protocol.people_events import Done, Gone
from chatd.protocol.people_requests import Away
from chatd.state.server_state import ServerState
from chatd.state.sessions import Person, Session


def go_away(state: ServerState, session: Session, request: Away) -> None:
    """Until it says something."""
    person = session.person
    if person.away != request.text:
        slow_down(state, person)
        person.away = request.text
        renew_lists(state, person)
        publish(state, state.rooms.lobby, Gone(person.nick, text=request.text or None))
    why = f": {request.text}" if request.text else ""
    tell(state, session, Done(f"you are away{why}; you are back when you say something", ref=request.ref))


def come_back(state: ServerState, person: Person) -> None:
    """It said something."""
    person.away = None
    renew_lists(state, person)
    publish(state, state.rooms.lobby, Gone(person.nick, away=False))
