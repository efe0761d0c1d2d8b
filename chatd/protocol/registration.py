"""Who may register a name."""

from enum import StrEnum


class Registration(StrEnum):
    """Everyone, who has an invite, or nobody."""

    OPEN = "open"
    INVITE = "invite"
    CLOSED = "closed"
