"""Accounts where nothing outlives the server: everyone who has one is in memory above, so little is kept."""

from collections.abc import Callable, Sequence
from typing import Final

from chatd.state.account_store import always
from chatd.state.stored_accounts import (
    AccountChange,
    CaughtUp,
    ChangeOutcome,
    ReadMark,
    StoredAccount,
    StoredDevice,
    StoredInvite,
    Unread,
    UnreadQuestion,
)
from chatd.state.stored_entries import PAGE_LIMIT, Conversation
from chatd.state.stored_rulings import PersonFile
from chatd.store.memory_acts import MemoryActs
from chatd.store.recent_entries import RecentEntries
from chatd.store.unread import RecentUnread

#: Whenever a person has so many more marks, those go that are about entries which are forgotten.
_MARKS: Final = 1000


class MemoryPeople:
    """An AccountStore. `look` is called before anything is read. There are no invites, as there is no folder
    in which an operator could make one."""

    __slots__ = ("_acts", "_look", "_marks", "_recent")

    accounts: Sequence[StoredAccount] = ()
    devices: Sequence[StoredDevice] = ()

    def __init__(self, recent: RecentEntries, acts: MemoryActs, look: Callable[[], None]) -> None:
        self._recent: Final = recent
        self._acts: Final = acts
        self._look: Final = look
        self._marks: Final[dict[int, dict[Conversation, int]]] = {}  # of everyone who has an account

    def change(self, change: AccountChange, then: Callable[[ChangeOutcome], None]) -> None:
        if change.invite is not None:
            then(ChangeOutcome.NO_INVITE)
            return
        for person in change.gone:
            self._marks.pop(person, None)
        for account in change.accounts:
            self._marks.setdefault(account.person, {})
        then(ChangeOutcome.DONE)

    def keep_account(self, account: StoredAccount) -> None: ...

    def keep_device(self, device: StoredDevice) -> None: ...

    def keep_mark(self, mark: ReadMark) -> None:
        marks = self._marks.get(mark.person)
        if marks is None or mark.id <= marks.get(mark.conversation, 0):
            return
        marks[mark.conversation] = mark.id
        if len(marks) % _MARKS == 0:
            self._recent.sort()
            for place in [place for place, id in marks.items() if id <= self._recent.floor]:
                del marks[place]

    def find_invite(self, code: str, then: Callable[[StoredInvite | None], None]) -> bool:
        then(None)
        return True

    def read_person(self, person: int, after: int, then: Callable[[PersonFile | None], None]) -> bool:
        self._look()
        entries, acts = self._recent.of_person(person, after), self._acts.of_person(person, after)
        ids = sorted(entry.id for _, entry in (*entries, *acts))
        last = ids[min(len(ids), PAGE_LIMIT) - 1] if ids else 0
        said, done = ([one for one in found if one[1].id <= last] for found in (entries, acts))
        then(PersonFile(said, done, len(ids) > PAGE_LIMIT))
        return True

    def erase(self, person: int, then: Callable[[bool], None]) -> None:
        self._recent.erase(person)
        self._acts.erase(person)
        then(True)

    def count_unread(
        self,
        question: UnreadQuestion,
        then: Callable[[Unread | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        then(self._unread(question).count())
        return True

    def read_unread(
        self,
        question: UnreadQuestion,
        limit: int,
        then: Callable[[CaughtUp | None], None],
        wanted: Callable[[], bool] = always,
    ) -> bool:
        then(self._unread(question).read(limit))
        return True

    def _unread(self, question: UnreadQuestion) -> RecentUnread:
        self._look()
        return RecentUnread(self._recent, question, self._marks.get(question.person, {}))
