"""What waits to be sent to one webhook.

To add an event is one append: it is encoded when it is sent, by whoever sends. Nothing here waits for the
receiver. The queue is bounded; past that its oldest event goes, and the next delivery says how many are
missing before its own: so who reads the deliveries in order knows of each gap, and where it is.
"""

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from chatd.config import Webhook
from chatd.protocol.dialects import JSONL
from chatd.protocol.events import Event
from chatd.protocol.limits import Limits


class HookBody(msgspec.Struct, frozen=True, tag_field="type", tag="events"):
    """What a delivery says: `skipped` events are missing before these."""

    server: str
    skipped: int
    events: list[msgspec.Raw]


class Delivery(NamedTuple):
    """So many events, to be sent under an `id` that stays the same however often that is tried."""

    id: str
    body: bytes
    events: int
    skipped: int


_encoder: Final = msgspec.json.Encoder()


class HookQueue:
    """`wake` is called when something comes where nothing waited; `new_id` makes the ids; `server` is who
    sends. `lost` counts the events that were never delivered."""

    __slots__ = ("_events", "_limits", "_new_id", "_server", "_skipped", "hook", "lost", "wake")

    def __init__(self, hook: Webhook, limits: Limits, new_id: Callable[[], str], server: str) -> None:
        self.hook: Final = hook
        self.wake: Callable[[], None] = lambda: None
        self.lost = 0
        self._limits: Final = limits
        self._new_id: Final = new_id
        self._server: Final = server
        self._events: deque[Event] = deque()
        self._skipped = 0

    def __len__(self) -> int:
        return len(self._events)

    def add(self, event: Event) -> None:
        """It is to be sent."""
        events = self._events
        if not events:
            self.wake()
        elif len(events) >= self._limits.hook_waiting:
            events.popleft()
            self._skipped += 1
            self.lost += 1
        events.append(event)

    def take(self) -> Delivery | None:
        """The oldest, as many as go into one delivery; None where nothing waits."""
        events: list[msgspec.Raw] = []
        size = 0
        while self._events and len(events) < self._limits.hook_events:
            event = JSONL.encode(self._events[0]).rstrip(b"\n")
            size += len(event)
            if events and size > self._limits.hook_bytes:
                break
            events.append(msgspec.Raw(event))
            self._events.popleft()
        if not events:
            return None
        body = _encoder.encode(HookBody(self._server, self._skipped, events))
        delivery = Delivery(self._new_id(), body, len(events), self._skipped)
        self._skipped = 0
        return delivery

    def give_up(self, delivery: Delivery) -> None:
        """It could not be sent: the next one says so."""
        self._skipped += delivery.skipped + delivery.events
        self.lost += delivery.events
