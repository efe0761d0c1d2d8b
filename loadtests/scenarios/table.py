"""All scenarios, by name: what the command line, the bench's plan and locust choose from."""

from typing import Final

from loadtests.scenarios.bans import ManyBans
from loadtests.scenarios.base import Scenario
from loadtests.scenarios.broadcast import Broadcast
from loadtests.scenarios.devices import DeviceTalk
from loadtests.scenarios.direct import DirectMessaging
from loadtests.scenarios.handshakes import Handshakes
from loadtests.scenarios.idle import Idle
from loadtests.scenarios.mixed import Mixed
from loadtests.scenarios.passwords import PasswordGuessing
from loadtests.scenarios.raid import Raid, RangeBan
from loadtests.scenarios.reading import Paging, Searching
from loadtests.scenarios.recover import Recover
from loadtests.scenarios.returns import ReturnAll
from loadtests.scenarios.rooms import RoomTalk
from loadtests.scenarios.saturate import Saturate
from loadtests.scenarios.slow import SlowReaders
from loadtests.scenarios.storm import Storm

SCENARIOS: Final[dict[str, type[Scenario]]] = {
    scenario.name: scenario
    for scenario in (
        *(Broadcast, Saturate, RoomTalk, DirectMessaging, Storm, SlowReaders, Recover, Searching, Paging),
        *(DeviceTalk, ReturnAll, PasswordGuessing, ManyBans, RangeBan, Raid, Mixed, Handshakes, Idle),
    )
}
