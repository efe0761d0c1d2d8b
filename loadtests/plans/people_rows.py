"""The rows of `make bench` that are about accounts: their devices, how they come back, and who guesses at
their passwords."""

from typing import Final

from loadtests.plans.campaign import Row, each, most
from loadtests.scenarios.devices import DeviceTalk
from loadtests.scenarios.passwords import PasswordGuessing
from loadtests.scenarios.returns import ReturnAll

_STORED: Final = "chatd-always"

PEOPLE_ROWS: Final = (
    Row(
        "devices",
        "1,000 accounts with 3 devices each, 1,000 messages a second, beside 3,000 guests",
        each((_STORED,), DeviceTalk()),
        most("devices ratio", 1.1, of=_STORED),
        repetitions=1,
    ),
    Row(
        "return",
        "10,000 accounts with 20 rooms each come back after a restart, all at once",
        each((_STORED,), ReturnAll()),
        most("returned s", 30, of=_STORED),
        repetitions=1,
    ),
    Row(
        "passwords",
        "one address tries 10,000 passwords in a minute, while 100 people talk",
        each(("chatd",), PasswordGuessing()),
        [
            *most("hashed", 33),
            *most("p99 growth ms", 10),
            *most("ping worst ms", 100),
            *most("names differ %", 5),
        ],
        repetitions=1,
    ),
)
