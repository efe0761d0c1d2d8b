"""How far somebody who comes back was told what it missed."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Returning:
    """It is told the entries of its `rooms` above the id `seen`, which grows. `asked`: it asked for that, and
    is told who is in its rooms, too; else only what comes from now on. `away` is for how many seconds it was
    not here; None when it only changed its connection, which nobody is told. `begun`: its first page was
    read. `gaps` has up to where, by the room's number, it was told that something is missing."""

    rooms: tuple[str, ...]
    seen: int
    asked: bool
    away: int | None
    begun: bool = False
    gaps: dict[int, int] = field(default_factory=dict)

    def is_known_in(self, room: str) -> bool:
        """Whether it never left the room, as others know: it only changed its connection."""
        return self.away is None and room in self.rooms
