"""Who may come back, or not any more: what is not written yet."""

from collections import OrderedDict
from itertools import islice
from typing import Final

from chatd.state.stored_entries import StoredGuest

#: Changes that are written at once: a millisecond for each few hundred.
_AT_ONCE: Final = 1000


class GuestChanges:
    """Of each token only the newest change is kept, and of all the newest `most`."""

    __slots__ = ("_changes", "most")

    def __init__(self, most: int) -> None:
        self.most: Final = most
        self._changes: OrderedDict[str, StoredGuest | None] = OrderedDict()  # None: it is to be forgotten

    def __bool__(self) -> bool:
        return bool(self._changes)

    def keep(self, guest: StoredGuest) -> None:
        self._note(guest.token, guest)

    def forget(self, token: str) -> None:
        self._note(token, None)

    def _note(self, token: str, change: StoredGuest | None) -> None:
        changes = self._changes
        changes[token] = change
        changes.move_to_end(token)
        if len(changes) > self.most:
            changes.popitem(last=False)

    def take(self, most: int = _AT_ONCE) -> tuple[list[StoredGuest], list[str]]:
        """The oldest ones: those who are to be kept, and the tokens of those who are not."""
        tokens = list(islice(self._changes, most))
        taken = [(token, self._changes.pop(token)) for token in tokens]
        kept = [guest for _, guest in taken if guest is not None]
        return kept, [token for token, guest in taken if guest is None]

    def put_back(self, kept: list[StoredGuest], forgotten: list[str]) -> None:
        """These could not be written; what came since is newer."""
        newer, self._changes = self._changes, OrderedDict()
        for guest in kept:
            self.keep(guest)
        for token in forgotten:
            self.forget(token)
        for token, change in newer.items():
            self._note(token, change)
