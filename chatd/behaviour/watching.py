"""Which events go to which webhook.

Whatever a room is told passes through `fanout.publish`, once for all of its members and in their order, and
is seen here. Direct messages and answers never do. Where there is no webhook, nothing is called.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from chatd.config import ALL_ROOMS
from chatd.protocol.events import Back, Event, Joined, Left, Lost, Said, TopicSet
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd.protocol.people_events import Renamed
from chatd.state.hook_queue import HookQueue
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState
from chatd.state.stored_entries import ERASED

#: What a webhook can ask for: by the `type` of the event in JSON.
WATCHED: Final[dict[str, type[Event]]] = {
    "said": Said,
    "topic": TopicSet,
    "acted": Acted,
    "joined": Joined,
    "left": Left,
    "lost": Lost,
    "back": Back,
    "renamed": Renamed,
}


#: Acts after which nobody reads what somebody said.
_REMOVING: Final = ("delete", "erase")


def _without(event: Event, act: Acted) -> Event:
    """The event, or what is left of a message that the act takes away: what is read in its place from then
    on."""
    if not isinstance(event, Said):
        return event
    if act.act == "delete" and event.id == act.message:
        return replace(event, text=f"[deleted by {act.by}]", kind="deleted")
    if act.act == "erase" and act.whom is not None and fold(event.sender) == fold(act.whom):
        return replace(event, sender=ERASED, text=ERASED, kind="deleted")
    return event


class Watcher:
    """See `watch`."""

    __slots__ = ("_all", "_queues", "_state")

    def __init__(self, state: ServerState, queues: Sequence[HookQueue]) -> None:
        self._state = state
        self._all = queues
        self._queues = {
            kind: tuple(queue for queue in queues if name in queue.hook.events)
            for name, kind in WATCHED.items()
        }

    def see(self, room: Room, event: Event) -> None:
        """One append for each webhook that is to have it."""
        if isinstance(event, Acted) and event.act in _REMOVING:
            for queue in self._all:
                queue.change(lambda one: _without(one, event))
        for queue in self._queues.get(type(event), ()):
            rooms = queue.hook.rooms
            if room.name in rooms or (ALL_ROOMS in rooms and not self._is_private(room)):
                queue.add(event)

    def _is_private(self, room: Room) -> bool:
        """Whether not everybody can read it: who is not invited, or has not its key, stays outside."""
        setting = self._state.rulings.setting
        return bool(setting(room.number, "private") or setting(room.number, "key"))


def watch(state: ServerState, queues: Sequence[HookQueue]) -> None:
    """From now on events go into these queues."""
    state.watch = Watcher(state, queues).see if queues else None
