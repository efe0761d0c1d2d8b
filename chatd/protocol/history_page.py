"""A page of what was said and done: the answer to `history` and `search`."""

from collections.abc import Sequence

import msgspec

from chatd.protocol.events import DirectMessage, Event, Number, Said, TopicSet
from chatd.protocol.moderation_events import Acted

#: What a conversation is made of.
Told = Said | DirectMessage | TopicSet | Acted


class HistoryPage(Event, frozen=True, kw_only=True, tag="page"):
    """What was said in a `room`, or between you and somebody (`with`), in order. `more`: there was more
    before the first message, or behind the last one where it was asked what came `after` an id or `since` a
    time. What a search `found` comes newest first; with `more` there are older ones."""

    room: str | None = None  #: as asked for
    whom: str | None = msgspec.field(name="with", default=None)  #: as asked for
    messages: Sequence[Told]  #: in the order of their ids, or found ones
    more: bool  #: there are others to ask for
    floor: Number | None = None  #: messages of the conversation up to this id are not kept any more
    found: bool = False  #: a search found them
    #: where the context was asked for: what stands before each of them in its conversation
    before: Sequence[Told | None] | None = None
    after: Sequence[Told | None] | None = None  #: and what stands after each
    ref: str | None = None  #: of the request
