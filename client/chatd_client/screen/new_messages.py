"""What is new in a window that is not shown: what came here, and what the server counted before that.

The server tells a count, and up to which message one has read. What came here meanwhile may be in that count
already, so it is never added to it.
"""

from collections import deque
from collections.abc import Container
from typing import Final

#: Messages that came here whose ids are known; older ones are only counted.
_KNOWN: Final = 1000


class NewMessages:
    """Of one window. Mentions are messages to the user, too."""

    def __init__(self) -> None:
        self._came: deque[tuple[int, bool]] = deque()  # id, and whether it is a mention
        self._before = self._mentions_before = 0  # counted, and known by nothing else
        self._read = 0  # up to this message
        self.mentions = 0  # how many of all are mentions

    @property
    def count(self) -> int:
        """How many."""
        return self._before + len(self._came)

    def came(self, id: int, mention: bool) -> None:
        """One more."""
        self._came.append((id, mention))
        self.mentions += mention
        if len(self._came) > _KNOWN:
            self._before += 1
            self._mentions_before += self._came.popleft()[1]

    def gone(self, ids: Container[int]) -> None:
        """These are to be read no more."""
        self._came = deque(one for one in self._came if one[0] not in ids)
        self.mentions = self._mentions_before + sum(mention for _, mention in self._came)

    def counted(self, count: int, mentions: int, read: int) -> None:
        """The server says how many there are, above the message `read`."""
        self._keep(read)
        self._before = max(0, count - len(self._came))
        self._mentions_before = max(0, mentions - self.mentions)
        self.mentions += self._mentions_before

    def clear(self, up_to: int | None = None) -> None:
        """All were read, or those up to this one. (Those that are only counted came before all others.)"""
        if up_to is None:
            self._came.clear()
        if up_to is None or up_to > self._read:
            self._keep(up_to or self._read)

    def _keep(self, read: int) -> None:
        """Only those above this one."""
        self._read, self._before, self._mentions_before = read, 0, 0
        self._came = deque(one for one in self._came if one[0] > read)
        self.mentions = sum(mention for _, mention in self._came)
