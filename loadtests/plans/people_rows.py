"""The rows of `make bench` that are about accounts: their devices, how they come back, who guesses at their
passwords, and what those do who keep the server civil."""

from typing import Final

from loadtests.plans.campaign import Row, each, most
from loadtests.scenarios.bans import ManyBans
from loadtests.scenarios.devices import DeviceTalk
from loadtests.scenarios.passwords import PasswordGuessing
from loadtests.scenarios.raid import Raid, RangeBan
from loadtests.scenarios.returns import ReturnAll

_STORED: Final = "chatd-always"
_EVERY_SECOND: Final = "chatd-everysec"
_PACED: Final = "chatd-always-paced"

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
    Row(
        "bans",
        "people join a server with 10,000 accounts, with 1,000 bans and without",
        each((_EVERY_SECOND,), ManyBans()),
        [
            *most("guest join ratio", 1.05, of=_EVERY_SECOND),
            *most("account join ratio", 1.05, of=_EVERY_SECOND),
        ],
        repetitions=1,
    ),
    Row(
        "range-ban",
        "the range is banned from which 1,000 guests came, while 100 people talk",
        each((_STORED,), RangeBan()),
        [*most("put out s", 1, of=_STORED), *most("p99 growth ms", 10, of=_STORED)],
        repetitions=1,
    ),
    Row(
        "raid",
        "2,000 guests of 50 addresses shout, until the server is locked down and their range is banned",
        each((_PACED,), Raid()),
        [*most("locked s", 1, of=_PACED), *most("put out s", 1, of=_PACED)],
        repetitions=1,
    ),
)
