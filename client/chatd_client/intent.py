"""What is to become of a connection."""

from enum import Enum


class Intent(Enum):
    """STAY: keep the link up. REJOIN: quit, and connect under the new name. LEAVE: quit, and stop."""

    STAY = "stay"
    REJOIN = "rejoin"
    LEAVE = "leave"
