"""Which events go to which webhook.

Whatever a room is told passes through `fanout.publish`, once for all of its members and in their order, and
is seen here. Direct messages and answers never do. Where there is no webhook, nothing is called.
"""

from collections.abc import Sequence
from typing import Final

from chatd.config import ALL_ROOMS
from chatd.protocol.events import Back, Event, Joined, Left, Lost, Said, TopicSet
from chatd.protocol.moderation_events import Acted
from chatd.protocol.people_events import Renamed
from chatd.state.hook_queue import HookQueue
from chatd.state.rooms import Room
from chatd.state.server_state import ServerState

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


class Watcher:
    """See `watch`."""

    __slots__ = ("_queues", "_state")

    def __init__(self, state: ServerState, queues: Sequence[HookQueue]) -> None:
        self._state = state
        self._queues = {
            kind: tuple(queue for queue in queues if name in queue.hook.events)
            for name, kind in WATCHED.items()
        }

    def see(self, room: Room, event: Event) -> None:
        """One append for each webhook that is to have it."""
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
