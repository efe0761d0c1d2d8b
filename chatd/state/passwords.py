"""What is done with a password, which takes some 30 ms each and so happens elsewhere (net/passwords.py)."""

from collections.abc import Callable
from typing import Protocol


class Passwords(Protocol):
    """`then` is called later, in the loop. Each returns False when too many wait already."""

    def make_verifier(self, password: str, then: Callable[[str], None]) -> bool:
        """What is stored in place of the password; empty where that could not be made."""

    def verify(self, verifier: str | None, password: str, then: Callable[[bool], None]) -> bool:
        """Whether it is the password of which the verifier was made. Without one, of a name that nobody
        owns, it is not, and that takes as long to find out. What could not be checked counts as wrong."""

    def close(self) -> None:
        """Nothing more is calculated, and nobody is told any more."""
