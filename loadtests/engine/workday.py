"""The people of the `mixed` scenario: those who stay all day, and visitors. Besides all messages, those who
stay must get a notice of everyone who came and of everyone who went."""

from loadtests.engine.participant import Participant
from loadtests.engine.residents import Residents
from loadtests.measure.errors import Fault


class Workday(Residents):
    """Those who stay say something in turn, and write to each other."""

    def __init__(self, address: tuple[str, int], people: int, size: int) -> None:
        super().__init__(address, people, size)
        self.written = self.came = self._gone = 0
        self._visitors: dict[int, Participant] = {}

    # -- what they do --------------------------------------------------------------------------------------

    def direct(self, who: int, whom: int, due: int) -> None:
        """One of those who stay writes to another."""
        self.written += 1
        self.senders[who].direct(self.senders[whom].name, self._text, due=due)

    def come(self, visitor: int, due: int) -> None:
        """A visitor joins."""
        self.came += 1
        self._visitors[visitor] = self.arrive()

    def go(self, visitor: int, due: int) -> None:
        """Every other visitor says /quit, the rest just close the connection."""
        self._gone += 1
        self._visitors.pop(visitor).leave(silently=visitor % 2 == 0)

    def sent(self) -> int:
        return self.said + self.written

    # -- whether everything came -----------------------------------------------------------------------------

    def fence(self, grace: float) -> None:
        """Also where something was told too much."""
        self.wait_until(lambda: not self._untold(), "all are told of who came and went", grace)
        self.ping_all()
        if self._untold():
            raise Fault(self._untold())
        super().fence(grace)

    def explanation(self) -> str:
        return f"; {self._untold()}"

    def _untold(self) -> str:
        """Who of those who stayed was told of too few, or too many; empty when all is right."""
        for one in self.senders:
            if (one.joined, one.left) != (self.came, self._gone):
                return (
                    f"{one.name} got {one.joined} of {self.came} notices of joining, and {one.left} of "
                    f"{self._gone} of leaving"
                )
        return ""
