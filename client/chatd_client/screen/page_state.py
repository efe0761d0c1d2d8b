"""How far the history of one window has come."""

from dataclasses import dataclass

from chatd.protocol.requests import History
from chatd_client.screen.kept_lines import ScrollbackLine


@dataclass(slots=True)
class PageState:
    """What is known of the pages of one conversation."""

    loaded: bool = False  #: the newest page has come, since the user is here as this person
    under_way: History | None = None
    lost: History | None = None  #: was under way when the link broke
    gap_after: int = 0  #: of the gap that the page under way is for
    wanted: int = 0  #: the message to which the user wants to go
    begins: int | None = None  #: the first message of all, where the server told; 0: there is none
    floor: bool = False  #: what was said before that is not kept any more
    begin_told: bool = False
    full: ScrollbackLine | None = None  #: says above all lines that no more are asked for
