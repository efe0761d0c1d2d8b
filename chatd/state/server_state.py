"""Everything that the server knows, in memory: the one argument that all functions of `behaviour/` share.

What it needs from outside (clocks, secrets) is handed to it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from msgspec.structs import replace

from chatd.protocol.address_ranges import AddressRange
from chatd.protocol.events import Event
from chatd.protocol.limits import Limits
from chatd.protocol.registration import Registration
from chatd.protocol.roles import Role
from chatd.state.accounts import Accounts
from chatd.state.admission import Admission
from chatd.state.expiring_table import ExpiringTable
from chatd.state.guests import Guests
from chatd.state.hourly_rates import HourlyRates
from chatd.state.keys import MessageKeys
from chatd.state.listings import Listing, RoomListing
from chatd.state.login_rates import LoginRates
from chatd.state.message_log import MessageLog
from chatd.state.passwords import Passwords
from chatd.state.pending import PendingWrites
from chatd.state.room_directory import RoomDirectory
from chatd.state.rooms import Room
from chatd.state.roster import Roster
from chatd.state.rulings import Rulings
from chatd.state.stored_rulings import Ruling, RulingKind


@dataclass(slots=True)
class ServerState:
    """`now` is a monotonic clock in seconds, `today` the time of day in milliseconds since the epoch,
    `exempt` are addresses without bounds, `new_token` makes a secret, of which `hash_token` is what is kept,
    `new_person` a number that nobody has. `listings` are the newest lists of rooms' members. `spoken` is when
    somebody spoke in a room that is slow, by the numbers of the room and the person; `left_from` are the
    addresses of guests who left in the last minutes, and when, by their names; `leaving` are steps that put
    out those who are banned, one after the other (see moderation/putting_out.py). `watch`, where it is set,
    is called with what the members of a room are told."""

    limits: Limits
    log: MessageLog
    now: Callable[[], float]
    today: Callable[[], int]
    new_token: Callable[[], str]
    hash_token: Callable[[str], str]
    new_person: Callable[[], int]
    rooms: RoomDirectory
    passwords: Passwords
    plaintext_passwords: bool = False
    registration: Registration = Registration.OPEN
    exempt: tuple[AddressRange, ...] = ()
    roster: Roster = field(default_factory=Roster)
    listings: dict[str, Listing] = field(default_factory=dict)
    room_listing: RoomListing = field(default_factory=RoomListing)
    keys: MessageKeys = field(init=False)
    guests: Guests = field(init=False)
    accounts: Accounts = field(init=False)
    logins: LoginRates = field(init=False)
    admission: Admission = field(init=False)
    registrations: HourlyRates = field(init=False)
    rulings: Rulings = field(init=False)
    wrong_keys: HourlyRates = field(init=False)
    spoken: ExpiringTable[tuple[int, int], float] = field(init=False)
    left_from: ExpiringTable[str, tuple[str, float]] = field(init=False)
    leaving: deque[Iterator[bool]] = field(default_factory=deque)
    pending: PendingWrites = field(default_factory=PendingWrites)
    watch: Callable[[Room, Event], None] | None = None

    def __post_init__(self) -> None:
        self.keys = MessageKeys(self.limits, self.log)
        self.guests = Guests(self.limits, self.log)
        self.accounts = Accounts(self.log.people.accounts, self.log.people.devices)
        self.logins = LoginRates(self.limits)
        self.admission = Admission(self.limits, self.exempt)
        self.registrations = HourlyRates(self.limits.registrations, self.limits.addresses)
        self.rulings = Rulings(filter(self._is_held, self.log.rulings), self.today)
        for ruling in self.log.rulings:
            if not self._is_held(ruling):
                self.log.keep_ruling(replace(ruling, value=""))
        self.wrong_keys = HourlyRates(self.limits.wrong_keys, self.limits.addresses)
        self.spoken = ExpiringTable(self.limits.addresses, 1.0)
        self.left_from = ExpiringTable(self.limits.addresses, 1.0)

    def _is_held(self, ruling: Ruling) -> bool:
        """Whether a role is that of an account, where it has to be: it may have been given in the moment in
        which that was given up. (It would be had again by who registers once more.)"""
        needs_account = ruling.kind is RulingKind.ROLE and ruling.value != Role.VOICE.word
        return not needs_account or self.accounts.of_person(int(ruling.subject)) is not None
