"""The keys under which this program's messages are said once, however often they are sent (see requests.Say).
Each is made of the message's `ref`, so that the client knows its own message again when the server tells it.
"""

import secrets

from chatd.protocol.events import Ack, DirectMessage, Event, Said

#: Bytes of chance in each key: another run of the program, under the same name, has other keys.
_CHANCE = 6


class OwnKeys:
    """Those of one link, over all of its connections."""

    def __init__(self) -> None:
        self._prefix = f"{secrets.token_urlsafe(_CHANCE)}."

    def of(self, ref: str) -> str:
        """The key of the message with this `ref`."""
        return self._prefix + ref

    def as_ack(self, event: Event) -> Ack | None:
        """This program's own message, which the server tells it again, acknowledges itself; None for all
        else.
        """
        if not isinstance(event, Said | DirectMessage) or not (event.key or "").startswith(self._prefix):
            return None
        return Ack(ref=str(event.key).removeprefix(self._prefix), id=event.id)
