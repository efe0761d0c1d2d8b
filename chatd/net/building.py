"""From what can be set to all that the server knows: for the server, and for a command that works on the data
in its place."""

import secrets
import time
from collections.abc import Callable

from chatd.behaviour.guests import restore_guests
from chatd.behaviour.publication import attach, restore_rooms
from chatd.config import Config
from chatd.net.passwords import OWASP, Argon2Passwords, Costs
from chatd.protocol.limits import Limits
from chatd.state.room_directory import RoomDirectory
from chatd.state.server_state import ServerState
from chatd.store.engines import open_log, time_of_day
from chatd.store.secret_hash import secret_hash

#: Two of so many random numbers are never the same; SQLite, JSON and JavaScript hold them exactly.
_PERSON_BITS = 52


def build_state(
    config: Config, limits: Limits, failed: Callable[[], None], costs: Costs = OWASP
) -> ServerState:
    """Open the log, and know what it knows; `failed` is called when it cannot go on. Whoever gets it closes
    `passwords` and `log`. Raises ConfigError."""
    state = ServerState(
        limits=limits,
        log=open_log(config, limits, failed),
        rooms=RoomDirectory(limits),
        passwords=Argon2Passwords(limits.passwords_waiting, costs),
        plaintext_passwords=config.plaintext_passwords,
        registration=config.registration,
        exempt=config.exempt,
        now=time.monotonic,
        today=time_of_day,
        hash_token=secret_hash,
        new_token=lambda: secrets.token_urlsafe(16),
        new_person=lambda: secrets.randbits(_PERSON_BITS) + 1,
    )
    attach(state)
    restore_rooms(state)
    restore_guests(state)
    return state
