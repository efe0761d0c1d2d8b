"""The lines typed or pasted here that the server has not answered yet, and how far a paste has come."""

import itertools
from typing import Final

from chatd_client.outgoing import DeliveryState
from chatd_client.screen.line_kinds import OwnLine

#: Nothing more happens to a line in one of these.
_SETTLED: Final = (DeliveryState.ACKNOWLEDGED, DeliveryState.REFUSED, DeliveryState.CANCELLED)


class Deliveries:
    """Lines by their `ref`. A paste is over when each of its lines was answered; what is pasted before that
    is part of it.
    """

    def __init__(self) -> None:
        self._refs = itertools.count(1)
        self._unanswered: dict[str, list[OwnLine]] = {}
        self._pasted: dict[str, None] = {}  # those lines of a paste that are under way, in order
        self._paste_size = self._stopped_size = 0

    def __len__(self) -> int:
        """How many messages have no answer yet."""
        return len(self._unanswered)

    def next_ref(self) -> str:
        """The `ref` of the next line."""
        return str(next(self._refs))

    def add(self, ref: str, lines: list[OwnLine], pasted: bool) -> None:
        """A message is under way, which is shown as these lines."""
        self._unanswered[ref] = lines
        if pasted:
            self._pasted[ref] = None
            self._paste_size += 1

    def changed(self, ref: str, state: DeliveryState) -> list[OwnLine]:
        """Show the message's new state; returns its lines."""
        lines = self._unanswered.get(ref, [])
        if not lines:
            return lines
        for line in lines:
            line.set_state(state)
        if state in _SETTLED:
            del self._unanswered[ref]
            self._pasted.pop(ref, None)
        if not self._pasted:
            self._paste_size = 0
        return lines

    @property
    def progress(self) -> str:
        """How far the paste has come; empty without one."""
        sent = self._paste_size - len(self._pasted)
        return f"sending {sent} of {self._paste_size}" if self._pasted else ""

    def stop_paste(self) -> tuple[str, ...]:
        """The paste is to be cancelled: those of its lines that are under way."""
        refs = tuple(self._pasted)
        self._pasted.clear()
        self._stopped_size, self._paste_size = self._paste_size, 0
        return refs

    def cancelled(self, refs: tuple[str, ...]) -> str:
        """These lines were cancelled; returns what became of the paste."""
        for ref in refs:
            self.changed(ref, DeliveryState.CANCELLED)
        size, sent = self._stopped_size, self._stopped_size - len(refs)
        return f"{sent} of {size} lines were sent" + ("; those marked - were not" if refs else "")
