"""What is remembered of many for a while only, in bounded memory.

What is no longer wanted is forgotten first; while the table is full of what still is, nothing new comes in:
so nobody is forgotten before the time since others push in, however many addresses they have.
"""

from typing import Final, Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class ExpiringTable(Generic[_Key, _Value]):
    """Values by key, at most `most`. Each is kept until a time, and up to `step` seconds longer: they are
    forgotten by steps, without a look at those that stay."""

    __slots__ = ("_ends", "_most", "_step", "_values")

    def __init__(self, most: int, step: float) -> None:
        self._most: Final = most
        self._step: Final = step
        self._values: dict[_Key, tuple[_Value, int]] = {}  # with the number of the step ...
        self._ends: dict[int, set[_Key]] = {}  # ... at whose begin they are forgotten

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: _Key) -> _Value | None:
        found = self._values.get(key)
        return None if found is None else found[0]

    def wait(self, key: _Key, now: float) -> float:
        """Seconds until there is a place for it, which there is when it is known."""
        self.forget(now)
        if key in self._values or len(self._values) < self._most:
            return 0.0
        return min(self._ends) * self._step - now

    def put(self, key: _Key, value: _Value, until: float, now: float) -> None:
        """In place of what was known of it. Where there is no place (see `wait`), it is not remembered."""
        self.remove(key)
        self.forget(now)
        if len(self._values) < self._most:
            end = int(until // self._step) + 1
            self._values[key] = value, end
            self._ends.setdefault(end, set()).add(key)

    def remove(self, key: _Key) -> None:
        """Nothing is known of it any more."""
        found = self._values.pop(key, None)
        if found is not None:
            keys = self._ends[found[1]]
            keys.remove(key)
            if not keys:
                del self._ends[found[1]]

    def forget(self, now: float) -> None:
        """What is no longer wanted."""
        for end in [end for end in self._ends if end * self._step <= now]:
            for key in self._ends.pop(end):
                del self._values[key]
