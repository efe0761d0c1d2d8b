"""Passwords without argon2id, for tests of what is done with them."""

from collections.abc import Callable


class CheapPasswords:
    """`waits`: what is asked for is answered by `answer`, else at once. `asked` are the verifiers that were
    checked, None for a name that nobody owns."""

    def __init__(self) -> None:
        self.waits = False
        self.full = self.broken = False
        self.asked: list[str | None] = []
        self._waiting: list[Callable[[], None]] = []

    def make_verifier(self, password: str, then: Callable[[str], None]) -> bool:
        return self._later(lambda: then("" if self.broken else f"verifier of {password}"))

    def verify(self, verifier: str | None, password: str, then: Callable[[bool], None]) -> bool:
        self.asked.append(verifier)
        return self._later(lambda: then(verifier == f"verifier of {password}"))

    def _later(self, answer: Callable[[], None]) -> bool:
        if self.full:
            return False
        if self.waits:
            self._waiting.append(answer)
        else:
            answer()
        return True

    def answer(self) -> None:
        """Answer the oldest question."""
        self._waiting.pop(0)()

    def close(self) -> None: ...
