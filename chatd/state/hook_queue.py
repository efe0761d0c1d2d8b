"""What waits to be sent to one webhook.

To add an event is one append: it is encoded when it is sent, by whoever sends. Nothing here waits for the
receiver. The queue is bounded; past that its oldest event goes, and the next delivery says how many are
missing before its own: so who reads the deliveries in order knows of each gap, and where it is. A message
that is deleted while it waits is not sent any more, also where its delivery is tried again.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

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


@dataclass(slots=True)
class Delivery:
    """Events, to be sent under an `id` that stays the same however often that is tried."""

    id: str
    events: list[Event]
    skipped: int


_encoder: Final = msgspec.json.Encoder()


def _encoded(event: Event) -> bytes:
    """As programs read it."""
    return JSONL.encode(event).rstrip(b"\n")


class HookQueue:
    """`wake` is called when something comes where nothing waited; `new_id` makes the ids; `server` is who
    sends. `under_way` is the delivery that was taken, until it is `done` or given up. `lost` counts the
    events that were never delivered."""

    __slots__ = ("_events", "_limits", "_new_id", "_server", "_skipped", "hook", "lost", "under_way", "wake")

    def __init__(self, hook: Webhook, limits: Limits, new_id: Callable[[], str], server: str) -> None:
        self.hook: Final = hook
        self.wake: Callable[[], None] = lambda: None
        self.lost = 0
        self.under_way: Delivery | None = None
        self._limits: Final = limits
        self._new_id: Final = new_id
        self._server: Final = server
        self._events: deque[Event] = deque()
        self._skipped = 0

    def __len__(self) -> int:
        """How many are not delivered yet."""
        return len(self._events) + (len(self.under_way.events) if self.under_way else 0)

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

    def change(self, changed: Callable[[Event], Event]) -> None:
        """What was not delivered yet is something else from now on."""
        self._events = deque(map(changed, self._events))
        if self.under_way is not None:
            self.under_way.events = [*map(changed, self.under_way.events)]

    def take(self) -> Delivery | None:
        """The oldest, as many as go into one delivery; None where nothing waits."""
        events: list[Event] = []
        size = 0
        while self._events and len(events) < self._limits.hook_events:
            size += len(_encoded(self._events[0]))
            if events and size > self._limits.hook_bytes:
                break
            events.append(self._events.popleft())
        if events:
            self.under_way = Delivery(self._new_id(), events, self._skipped)
            self._skipped = 0
        return self.under_way

    def body(self, delivery: Delivery) -> bytes:
        """What is sent."""
        events = [msgspec.Raw(_encoded(event)) for event in delivery.events]
        return _encoder.encode(HookBody(self._server, delivery.skipped, events))

    def done(self) -> None:
        """What was under way is delivered."""
        self.under_way = None

    def give_up(self, delivery: Delivery) -> None:
        """It could not be sent: the next one says so."""
        self._skipped += delivery.skipped + len(delivery.events)
        self.lost += len(delivery.events)
        self.under_way = None
