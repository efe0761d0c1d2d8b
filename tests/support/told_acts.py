"""Acts of moderation, as a server tells them."""

from typing import Any

from chatd.protocol.events import Said
from chatd.protocol.moderation_events import Acted
from tests.support.controller_fixture import NOON


def act(act: str, id: int = 1_000_000, by: str = "bob", room: str = "dev", **fields: Any) -> Acted:
    return Acted(act=act, room=room, id=id, at=NOON, by=by, **fields)


def deleted(message: Said, by: str = "bob", id: int = 1_000_001) -> Acted:
    return act("delete", id, by, message.room, whom=message.sender, message=message.id)
