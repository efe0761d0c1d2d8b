"""What is shown of the conversation: lines of the scrollback, made of events and of what the client says."""

from chatd.protocol.events import DirectMessage, Event, Said
from chatd.protocol.names import fold
from chatd_client.screen.cells import shown
from chatd_client.screen.lines import Composer, rings
from chatd_client.screen.scrollback import Scrollback, ScrollbackLine
from chatd_client.settings import Bell


class Transcript:
    """`bell` says which lines ring."""

    def __init__(self, composer: Composer, bell: Bell) -> None:
        self.composer, self._bell = composer, bell
        self.scrollback = Scrollback()
        self._ignored: set[str] = set()
        self._rang = False

    def take_rang(self) -> bool:
        """Whether a line rang since the last call."""
        rang, self._rang = self._rang, False
        return rang

    def add(self, line: ScrollbackLine) -> None:
        """Add a line at the end."""
        self.scrollback.append(line)

    def notice(self, text: str) -> None:
        """Show a sentence of the client itself."""
        self.add(self.composer.notice(text))

    def error(self, text: str) -> None:
        """Show an error."""
        self.add(self.composer.error(text))

    def event(self, event: Event) -> None:
        """Show an event that is no message."""
        for line in self.composer.event(event):
            self.add(line)

    def message(self, event: Said | DirectMessage) -> bool:
        """Show a message from someone else; False where that one is ignored."""
        if fold(shown(event.sender)) in self._ignored:
            return False
        self._rang = self._rang or rings(self._bell, self.composer.kind(event))
        self.add(self.composer.message(event))
        return True

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
