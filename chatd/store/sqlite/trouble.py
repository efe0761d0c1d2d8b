"""Why the log cannot be written, said once when that begins and once when it is over."""

import logging
from typing import Final

log: Final = logging.getLogger("chatd")


class Trouble:
    """`why` is empty while there is none."""

    why = ""

    def note(self, why: str) -> None:
        """This is how it is now."""
        if why and not self.why:
            log.error("the log cannot be written: %s; what is said is refused until it can", why)
        elif self.why and not why:
            log.warning("the log is written again")
        self.why = why
