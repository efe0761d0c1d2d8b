"""An AccountStore that answers when the test says so."""

from collections.abc import Callable
from typing import Any

from chatd.state.stored_accounts import AccountChange, ChangeOutcome, StoredInvite
from tests.support.world import World


class HeldPeople:
    """In place of the store of the world's log, for what changes accounts; all else is the store's. An
    `invite` is for that name; None: there is none. While it is `late`, `answers` are to be called for what is
    asked for."""

    def __init__(self, world: World, invite: str | None = None) -> None:
        log: Any = world.state.log
        self._store, self.invite = log.people, invite
        self._changes: list[tuple[AccountChange, Callable[[ChangeOutcome], None]]] = []
        self.busy = self.unreadable = self.late = False
        self.answers: list[Callable[[], None]] = []
        log.people = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def change(self, change: AccountChange, then: Callable[[ChangeOutcome], None]) -> None:
        self._changes.append((change, then))

    def find_invite(self, code: str, then: Callable[[StoredInvite | None], None]) -> bool:
        if self.busy:
            return False
        return self._tell(then, None if self.invite is None else StoredInvite(code, self.invite, 0))

    def _tell(self, then: Callable[[Any], None], what: Any) -> bool:
        self.answers.append(lambda: then(what))
        if not self.late:
            self.answers.pop()()
        return True

    def count_unread(self, question: Any, then: Callable[[Any], None], wanted: Any = None) -> bool:
        if self.busy or not self.unreadable:
            return not self.busy and bool(self._store.count_unread(question, then))
        then(None)
        return True

    def read_unread(self, question: Any, limit: int, then: Callable[[Any], None], wanted: Any = None) -> bool:
        if self.busy or not self.unreadable:
            return not self.busy and bool(
                self._store.read_unread(question, limit, lambda found: self._tell(then, found))
            )
        then(None)
        return True

    @property
    def asked(self) -> AccountChange:
        """The oldest change that waits."""
        return self._changes[0][0]

    def pop(self) -> Callable[[ChangeOutcome], None]:
        """Answers the oldest change that waits."""
        return self._changes.pop(0)[1]

    def answer(self, outcome: ChangeOutcome) -> None:
        """Of the oldest change that waits."""
        self._changes.pop(0)[1](outcome)
