"""A window: the lines of one conversation, and what belongs to it while another window is shown.

A window knows what of it is new: messages that came while it was not shown are counted, and a line stands
above the first of them when it is shown again. That line goes when the window is left.
"""

from collections.abc import Container, Mapping, Sequence

from chatd.protocol.events import Event
from chatd_client.screen.completion import InputLine
from chatd_client.screen.deletions import ERASED
from chatd_client.screen.kept_lines import ScrollbackLine
from chatd_client.screen.line_kinds import DIRECT, MENTION, NOTICE, BareLine
from chatd_client.screen.lines import Composer
from chatd_client.screen.new_messages import NewMessages
from chatd_client.screen.page_state import PageState
from chatd_client.screen.paste import PasteQuestion
from chatd_client.screen.scrollback import Scrollback
from chatd_client.screen.subject import Subject

#: Among so many last lines is looked for a message that may have come by a page already.
_LATELY = 500
READ_UP_TO_HERE = "— you have read up to here —"


class ChatWindow:
    """One conversation. `current`: it is the window that is shown."""

    def __init__(self, subject: Subject, composer: Composer) -> None:
        self.subject = subject
        self._composer = composer
        self.pages = PageState()
        self.scrollback = Scrollback(
            day=composer.day,
            today=composer.today,
            filling=lambda: self.pages.under_way is not None,
        )
        self.current = False
        self.joining = False  # the answer is under way
        self._new = NewMessages()
        self.shown_up_to = 0  # the last message that was shown
        self._read: int | None = None  # up to this one, when the server counted; what is above is new
        self.told_away: tuple[bool, str | None] | None = None  # what its person was last told to be
        self.draft = InputLine("", 0)
        self.question: PasteQuestion | None = None
        self.set_aside = InputLine("", 0)  # what was in the input line when it was asked
        self._seen: ScrollbackLine | None = None  # the last line when it was left
        self._left_at: float | None = None
        self._new_since: ScrollbackLine | None = None

    def enter(self) -> None:
        """It is shown from now on."""
        self.current = True
        self._new.clear()
        self.place_read_line()

    @property
    def unread(self) -> int:
        """How many messages are new."""
        return self._new.count

    @property
    def mentions(self) -> int:
        """How many of them are to the user, or name the user."""
        return self._new.mentions

    def leave(self) -> None:
        """Another window is shown: what comes now is new."""
        self.current = False
        if self._new_since is not None:
            self.scrollback.remove(self._new_since)
            self._new_since = None
        self._read = None
        self._seen, self._left_at = self.scrollback.last, self._composer.now()

    # -- lines ------------------------------------------------------------------------------------------

    def add(self, *lines: ScrollbackLine) -> None:
        """Add lines at the end."""
        for line in lines:
            self.scrollback.append(line)

    def notice(self, text: str) -> None:
        """Show a sentence of the client itself."""
        self.add(self._composer.notice(text))

    def error(self, text: str) -> None:
        """Show an error."""
        self.add(self._composer.error(text))

    def event(self, event: Event) -> None:
        """Show an event that is no message."""
        self.add(*self._composer.event(event))

    def message(self, lines: Sequence[ScrollbackLine], kind: str) -> None:
        """Show a message of this kind from somebody else."""
        if not self.current:
            self._new.came(lines[0].id, kind in (DIRECT, MENTION))
            if self._new_since is None and self._read is None and self._left_at is not None:
                self._new_since = self._composer.new_since(self._left_at)
                self.scrollback.put_behind(self._seen, self._new_since)
        self.add(*lines)

    # -- what the server knows of it --------------------------------------------------------------------

    def counted(self, count: int, mentions: int, read: int) -> None:
        """So much is new, above the message `read`."""
        self._new.counted(count, mentions, read)
        if self.current:
            self._new.clear()
        if count:
            self._read = read
            self.place_read_line()

    def read_up_to(self, id: int | None) -> None:
        """Another device has shown this message; None: everything was shown."""
        self._new.clear(id)
        if not self.unread and not self.current and self._new_since is not None:
            self.scrollback.remove(self._new_since)
            self._new_since = self._read = None

    def place_read_line(self) -> None:
        """Put a line between what the user has read and what is new, where both are there."""
        if self._read is None:
            return
        if self._new_since is not None:
            self.scrollback.remove(self._new_since)
            self._new_since = None
        last = self.scrollback.last_up_to(self._read)
        if last is not None and self.scrollback.last_id() > self._read:
            self._new_since = BareLine(READ_UP_TO_HERE)
            self.scrollback.put_behind(last, self._new_since)

    # -- messages that come again -----------------------------------------------------------------------

    def has(self, id: int) -> bool:
        """Whether this message, which comes by itself, has come by a page already."""
        return 0 < id <= self.scrollback.last_id() and self.scrollback.has_lately(id, _LATELY)

    def forget(self, id: int) -> None:
        """Take this message out, if it came lately."""
        if self.has(id):
            for line in [line for line in self.scrollback.newest(_LATELY) if line.id == id]:
                self.scrollback.remove(line)

    def deleted(self, texts: Mapping[int, str]) -> None:
        """Messages are gone, by their ids: where they were this is to be read, and nothing of them is new."""
        for first, *others in self.scrollback.showing(texts):
            self.scrollback.delete(first, texts[first.shows])
            for line in others:
                self.scrollback.remove(line)
            self._seen = first if self._seen in others else self._seen
        self._new.gone(texts)

    def erased(self, names: Container[str]) -> None:
        """The accounts of these folded names are no more, nor is what they wrote."""
        self.deleted(dict.fromkeys(self.scrollback.messages_of(names), ERASED))

    def gap(self, text: str, after: int = 0, mark: str = NOTICE) -> None:
        """Show that something is missing here: what was said after the message of that id, or after the last
        one that is there.
        """
        after = after or self.scrollback.last_id()
        if not after:  # nothing was there: the newest page is to be asked for again
            self.pages.loaded, self.pages.begins = False, None
        self.add(self._composer.gap(text, after, mark))

    @property
    def ends_with_gap(self) -> bool:
        """Whether nothing was said behind the last gap."""
        gaps = self.scrollback.gaps()
        return bool(gaps) and not gaps[-1][1]

    def clear(self) -> None:
        """Drop all lines."""
        self.scrollback.clear()
        self._seen = self._new_since = None
        self.pages.begin_told = False

    @property
    def worth_keeping(self) -> bool:
        """Whether something would be lost if it were closed."""
        return bool(self.current or self.unread or self.draft.text or self.question)
