"""What can be set from outside."""

from dataclasses import dataclass, field
from enum import StrEnum

from chatd.protocol.address_ranges import AddressRange, parse_range
from chatd.protocol.keep_rule import EVERYTHING, KeepRule
from chatd.protocol.limits import DEFAULT
from chatd.protocol.registration import Registration

DEFAULT_LISTEN = "tcp://127.0.0.1:5050"
#: In place of a folder: nothing is kept.
IN_MEMORY = "memory"
#: Whoever is on this machine.
LOOPBACK = (parse_range("127.0.0.0/8"), parse_range("::1"))
#: Among the rooms of a webhook: all that are public.
ALL_ROOMS = "*"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent: those of the types `events`, of these `rooms` (a private one has to be named).
    `key` signs what is sent. `name` is as much of the `url` as a log may show: in the rest may be a secret.
    """

    url: str
    name: str
    rooms: frozenset[str]
    events: frozenset[str]
    key: bytes = field(repr=False)
    allow_private: bool = False


class Plaintext(StrEnum):
    """Where nothing has to be encrypted: only on this machine, or everywhere."""

    LOOPBACK = "loopback"
    EVERYWHERE = "everywhere"


@dataclass(frozen=True, slots=True)
class Config:
    """`listen` are URIs, whose scheme is a row of `net/transports.SCHEMES`; `line_rate` is lines a second
    from one client, 0 for no bound; `max_clients` None for what the file limit allows; `data` a folder, or
    `memory`; `sync` a word of `store/engines.SYNCS`; `keep` says how much of what was said is kept;
    `registration` who may register a name; `plaintext_passwords` takes passwords over any connection;
    `webhooks` are told what happens; `tls_certificate` and `tls_key` are PEM files; `plaintext` says who may
    speak without TLS; `proxies` are addresses, or `unix`, that say for whom they speak, `exempt` those of
    which there may be any number; `web_hosts` are names by which browsers know the server."""

    listen: tuple[str, ...] = (DEFAULT_LISTEN,)
    line_rate: float = DEFAULT.line_rate
    max_clients: int | None = None
    data: str = IN_MEMORY
    sync: str = "always"
    keep: KeepRule = EVERYTHING
    registration: Registration = Registration.OPEN
    plaintext_passwords: bool = False
    webhooks: tuple[Webhook, ...] = ()
    tls_certificate: str | None = None
    tls_key: str | None = None
    plaintext: Plaintext = Plaintext.LOOPBACK
    proxies: tuple[AddressRange | str, ...] = ()
    exempt: tuple[AddressRange, ...] = LOOPBACK
    web_hosts: tuple[str, ...] = ()
