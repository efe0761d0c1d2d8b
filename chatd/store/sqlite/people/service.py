"""The accounts of the log in a folder: an AccountStore.

A change waits until the thread that commits is free, which then takes all that wait, and with them what is to
be kept. Changes come first, and what is older than a change of the same is taken out when that is asked for:
so nothing comes back that a change has removed.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from chatd.protocol.limits import Limits
from chatd.state.stored_accounts import (
    AccountChange,
    ChangeOutcome,
    ReadMark,
    StoredAccount,
    StoredDevice,
)
from chatd.state.stored_entries import Conversation
from chatd.store.later import Later
from chatd.store.sqlite.durability import CommittedChange, Durability
from chatd.store.sqlite.files import LogFiles
from chatd.store.sqlite.hand_overs import HandOvers
from chatd.store.sqlite.pages import PageQuestions
from chatd.store.sqlite.people.asking import PeopleQuestions
from chatd.store.sqlite.people.erasing import Erasing
from chatd.store.sqlite.people.keeps import Keeps, KeptRows
from chatd.store.sqlite.people.person_files import PersonFiles
from chatd.store.sqlite.people.writer import NobodyKnows, PeopleJob
from chatd.store.sqlite.trouble import Trouble
from chatd.store.sqlite.unhurried import Unhurried
from chatd.store.sqlite.worker import StoreError, StoreThread

log: Final = logging.getLogger("chatd")

#: Changes that are written at once.
_AT_ONCE: Final = 200
#: Seconds until what may be lost is written, and until it is tried again.
_KEPT_LATER: Final = 0.1
_AGAIN: Final = 0.5


@dataclass(frozen=True, slots=True)
class PeopleHost:
    """What the engine has: the thread that commits, the time of day in milliseconds, a monotonic clock in
    seconds, whether a change is answered when the disk has it (`waits`), else when it is committed, and
    MessageLog.in_turn. It is told when something was answered."""

    committer: StoreThread
    now: Callable[[], int]
    clock: Callable[[], float]
    waits: bool
    durability: Durability
    questions: PageQuestions
    told: Callable[[], None]
    in_turn: Callable[[Callable[[], None]], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A change that is not answered. `displaced` is what it takes the place of, and `owned` are those whom it
    is about and who had an account before."""

    change: AccountChange
    then: Callable[[ChangeOutcome], None]
    since: float
    displaced: KeptRows
    owned: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What the thread has."""

    asked: list[_Asked]
    job: PeopleJob


class StoredPeople:
    """See the module's text. `accounts` and `devices` are those of the beginning; `work` is how what takes
    long is done."""

    def __init__(self, files: LogFiles, limits: Limits, host: PeopleHost, work: Unhurried) -> None:
        self.accounts, self.devices = files.accounts, files.devices
        self._files: Final = files
        self._patience: Final = limits.log_patience
        self._host: Final = host
        self._owners = {account.person for account in files.accounts}  # if all that wait succeed
        self._waiting: deque[_Asked] = deque()
        self._keeps: Final = Keeps()
        self._batch: _Batch | None = None  # the thread has it
        self._unsure: _Batch | None = None  # nobody knows yet whether it is written
        self._closed = False
        self._hand_overs: Final = HandOvers(host.clock, self._hand_over)
        self._later, self._look_later = Later(), Later()
        self._trouble: Final = Trouble("what is kept of accounts", "changes of them are refused")
        questions = PeopleQuestions(files, host.questions, host.now, self._unwritten_marks)
        self.find_invite: Final = questions.find_invite
        self.count_unread: Final = questions.count_unread
        self.read_unread: Final = questions.read_unread
        host.durability.when_released(self._hand_overs.soon)
        asked = host.questions
        self._erasing: Final = Erasing(files.erased, work, asked.recent, host.in_turn, lambda: asked.end)
        self.erase, self.finish = self._erasing.erase, self._erasing.finish
        self.read_person: Final = PersonFiles(files.reader, limits, asked).read_person

    @property
    def settled(self) -> bool:
        """Whether every change is answered, or waits for nothing but the disk."""
        return not (self._waiting or self._batch or self._unsure)

    def change(self, change: AccountChange, then: Callable[[ChangeOutcome], None]) -> None:
        owned = self._owners.intersection((*change.gone, *(account.person for account in change.accounts)))
        displaced = self._keeps.displaced_by(change)
        self._waiting.append(_Asked(change, then, self._host.clock(), displaced, frozenset(owned)))
        self._suppose(change)
        self._hand_overs.soon()
        if not self._look_later.active:
            self._look_later.start(_AGAIN, self.look)

    def keep_account(self, account: StoredAccount) -> None:
        if account.person in self._owners:
            self._keeps.keep_account(account)
            self._write_soon()

    def keep_device(self, device: StoredDevice) -> None:
        if device.person in self._owners:
            self._keeps.keep_device(device)
            self._write_soon()

    def keep_mark(self, mark: ReadMark) -> None:
        if mark.person in self._owners:
            self._keeps.keep_mark(mark)
            self._write_soon()

    # -- writing -------------------------------------------------------------------------------------

    def _unwritten_marks(self, person: int) -> Mapping[Conversation, int]:
        marks = dict(self._keeps.marks_of(person))
        for batch in (self._batch, self._unsure):
            for mark in batch.job.kept.marks if batch is not None else ():
                if mark.person == person:
                    marks[mark.conversation] = max(mark.id, marks.get(mark.conversation, 0))
        return marks

    def _write_soon(self) -> None:
        if not self._later.active:
            self._later.start(_KEPT_LATER, self._hand_over)

    def _hand_over(self) -> None:
        if self._closed or self._batch is not None or self._host.durability.holds:
            return
        batch = self._unsure or self._next()
        if batch is None:
            return
        self._batch, self._unsure = batch, None
        self._hand_overs.handed(len(batch.asked))
        writer, job = self._files.people, batch.job
        self._host.committer.start(lambda: writer.commit(job), lambda _, error: self._written(batch, error))

    def _next(self) -> _Batch | None:
        asked = [self._waiting.popleft() for _ in range(min(_AT_ONCE, len(self._waiting)))]
        kept = KeptRows() if self._waiting else self._keeps.take()
        if not (asked or kept):
            return None
        return _Batch(asked, PeopleJob([one.change for one in asked], kept, self._host.now()))

    def _written(self, batch: _Batch, error: Exception | None) -> None:
        """The thread is back."""
        self._batch = None
        if isinstance(error, NobodyKnows):
            self._unsure = batch
            self._trouble.note(str(error))
        elif error is not None:
            self._failed(batch, error)
        else:
            self._committed(batch)
        if error is not None:
            self._later.start(_AGAIN, self._hand_over)
        elif self._waiting:
            self._hand_overs.soon()
        elif self._keeps:
            self._write_soon()
        self._host.told()

    def _failed(self, batch: _Batch, error: Exception) -> None:
        if isinstance(error, StoreError):  # else it is a bug, which the thread has logged
            self._trouble.note(str(error))
            self._put_back(batch.job.kept)
        for asked in batch.asked:
            self._answer(asked, ChangeOutcome.UNAVAILABLE)

    def _committed(self, batch: _Batch) -> None:
        self._trouble.note("")
        host, done = self._host, []
        for asked, outcome in zip(batch.asked, batch.job.outcomes, strict=True):
            if outcome is ChangeOutcome.DONE and host.waits:
                done.append(asked)
            else:
                self._answer(asked, outcome)
        if done or batch.job.again:
            safe = CommittedChange(batch.job.again, lambda: self._safe(done))
            host.durability.committed_change(safe, urgent=host.waits)
        else:
            host.durability.changed()

    def _safe(self, done: list[_Asked]) -> None:
        """The disk has these."""
        for asked in done:
            self._answer(asked, ChangeOutcome.DONE)

    def _answer(self, asked: _Asked, outcome: ChangeOutcome) -> None:
        if outcome is not ChangeOutcome.DONE:
            self._undo(asked)
        try:
            asked.then(outcome)
        except Exception:
            log.exception("an error after a change of accounts")

    # -- what does not happen ------------------------------------------------------------------------

    def _suppose(self, change: AccountChange) -> None:
        """Until it fails."""
        self._owners.difference_update(change.gone)
        self._owners.update(account.person for account in change.accounts)

    def _undo(self, asked: _Asked) -> None:
        self._owners.difference_update(account.person for account in asked.change.accounts)
        self._owners |= asked.owned
        for later in self._waiting:
            self._suppose(later.change)
        self._put_back(asked.displaced)

    def _put_back(self, kept: KeptRows) -> None:
        """To be written, but for what changes that wait take the place of."""
        self._keeps.put_back(kept)
        for asked in self._waiting:
            self._keeps.displaced_by(asked.change)

    def look(self) -> None:
        """Now and then, while something waits: what has waited for too long does not happen."""
        since = self._host.clock() - self._patience
        if self._waiting and self._waiting[0].since <= since:
            self._trouble.note("the disk does not answer in time")
            while self._waiting and self._waiting[0].since <= since:
                self._answer(self._waiting.popleft(), ChangeOutcome.UNAVAILABLE)
            self._host.told()
        if self._waiting:
            self._look_later.start(_AGAIN, self.look)

    def give_up(self) -> None:
        """What is not handed over yet does not happen."""
        while self._waiting:
            self._answer(self._waiting.popleft(), ChangeOutcome.UNAVAILABLE)

    def close(self, write: bool) -> None:
        """Nothing is told any more. `write`: the disk takes what is to be kept."""
        self._closed = True
        self._erasing.close()
        self._hand_overs.close()
        self._later.stop()
        self._look_later.stop()
        while write and not self._trouble.why and self._keeps:
            job = PeopleJob([], self._keeps.take(), self._host.now())
            self._host.committer.start(partial(self._files.people.commit, job), lambda _, error: None)
