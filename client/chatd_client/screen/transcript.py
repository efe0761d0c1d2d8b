"""What is shown of the conversation: lines of the scrollback, made of events and of what the client says."""

from collections.abc import Sequence

from chatd.protocol.events import DirectMessage, Event, HistoryPage, Said, TopicSet
from chatd.protocol.names import fold
from chatd_client.screen.cells import shown
from chatd_client.screen.lines import Composer, PastMessage, placed, rings
from chatd_client.screen.scrollback import Scrollback, ScrollbackLine
from chatd_client.settings import Bell


class Transcript:
    """`bell` says which lines ring."""

    def __init__(self, composer: Composer, bell: Bell) -> None:
        self.composer, self._bell = composer, bell
        self.scrollback = Scrollback()
        self._day = self._top_day = composer.today  # of the last line, and of the first
        self._top_date: ScrollbackLine | None = None  # the date above all lines
        self._ignored: set[str] = set()
        self._rang = False

    def take_rang(self) -> bool:
        """Whether a line rang since the last call."""
        rang, self._rang = self._rang, False
        return rang

    def add(self, *lines: ScrollbackLine) -> None:
        """Add lines at the end, behind the date where that is another by now."""
        if self._day != (today := self.composer.today):
            self._day = today
            self.scrollback.append(self.composer.date(today))
        for line in lines:
            self.scrollback.append(line)

    def notice(self, text: str) -> None:
        """Show a sentence of the client itself."""
        self.add(self.composer.notice(text))

    def error(self, text: str) -> None:
        """Show an error."""
        self.add(self.composer.error(text))

    def event(self, event: Event) -> None:
        """Show an event that is no message."""
        lines = self.composer.event(event)
        self.add(*(placed(event, lines) if isinstance(event, TopicSet) else lines))

    def message(self, event: Said | DirectMessage) -> bool:
        """Show a message from someone else; False where that one is ignored."""
        if self._is_ignored(event):
            return False
        self._rang = self._rang or rings(self._bell, self.composer.kind(event))
        self.add(*self.composer.message(event))
        return True

    # -- history ---------------------------------------------------------------------------------------

    def put(self, messages: list[PastMessage], before: int) -> int:
        """Put older messages before the line of this number, with the date where the day changes. Returns by
        how much the numbers of the lines behind them have grown.
        """
        messages = [message for message in messages if not self._is_ignored(message)]
        if not messages:
            return 0
        lines, day = self._dated(messages)
        if before > self.scrollback.first_number:
            return self.scrollback.insert(lines + self._date_again(day, self.composer.today), before)
        if self._top_date is None:
            lines += self._date_again(day, self._top_day)
        elif day == self._top_day:
            self.scrollback.remove_first(self._top_date)
        self._top_day = self.composer.day(messages[0].at)
        self._top_date = lines[0] if self._top_day != self.composer.today else None
        return self.scrollback.insert(lines, self.scrollback.first_number)

    def put_begin(self, room: str) -> None:
        """Say above all lines that there is nothing older in the room."""
        line = self.composer.bare_notice(f"this is where {room} begins")
        self.scrollback.insert([line], self.scrollback.first_number)

    def page(self, page: HistoryPage) -> None:
        """Show what the user has asked for; it may be there a second time."""
        count = len(page.messages)
        where = f"you and {page.whom}" if page.whom else f"#{page.room}"
        self.notice(f"{count} message{'s' * (count != 1)} of {where}{':' * (count > 0)}")
        lines, day = self._dated(page.messages)
        for line in lines:
            line.place = None
        self.add(*lines, *self._date_again(day, self.composer.today))

    def _dated(self, messages: Sequence[PastMessage]) -> tuple[list[ScrollbackLine], str]:
        """The lines of messages, with the date where it is not today's or changes; and the last date."""
        day, lines = self.composer.today, []
        for message in messages:
            if day != (new := self.composer.day(message.at)):
                day = new
                lines.append(self.composer.date(day))
            lines += self.composer.past(message)
        return lines, day

    def _date_again(self, before: str, behind: str) -> list[ScrollbackLine]:
        return [self.composer.date(behind)] if before != behind else []

    def clear(self) -> None:
        """Drop all lines."""
        self.scrollback.clear()
        self._day = self._top_day = self.composer.today
        self._top_date = None

    def _is_ignored(self, message: PastMessage) -> bool:
        return fold(shown(message.sender)) in self._ignored

    # -- commands of the user --------------------------------------------------------------------------

    def ignore(self, name: str) -> None:
        self._ignored.add(fold(name))
        self.notice(f"what {name} says is not shown any more; /unignore {name} shows it again")

    def unignore(self, name: str) -> None:
        if fold(name) not in self._ignored:
            return self.error(f"{name} is not ignored")
        self._ignored.discard(fold(name))
        return self.notice(f"what {name} says is shown again")

    def search(self, text: str, columns: int) -> bool:
        """Whether it was found, and is in view."""
        found = self.scrollback.search(text, columns)
        if not found:
            self.error(f"{text} was not found")
        return found
