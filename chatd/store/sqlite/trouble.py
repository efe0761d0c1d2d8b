"""Why a file cannot be written, said once when that begins and once when it is over."""

import logging
from typing import Final

log: Final = logging.getLogger("chatd")


class Trouble:
    """Of `what` cannot be written; `until` says what that means for people. `why` is empty while there is no
    trouble."""

    __slots__ = ("_until", "_what", "why")

    def __init__(self, what: str, until: str) -> None:
        self._what: Final = what
        self._until: Final = until
        self.why = ""

    def note(self, why: str) -> None:
        """This is how it is now."""
        if why and not self.why:
            log.error("%s cannot be written: %s; %s until it can", self._what, why, self._until)
        elif self.why and not why:
            log.warning("%s is written again", self._what)
        self.why = why
