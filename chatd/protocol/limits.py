"""Every bound of the server, by name, with its reason.

One frozen object, handed to whoever needs it; tests make their own with `replace`. What a line may hold is
the same everywhere and is checked against DEFAULT (`name`, `ref`, `reason`, `notice_names`). Sizes are bytes,
times are seconds.
"""

from dataclasses import dataclass

from chatd.protocol.web_limits import WebLimits

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True)
class Limits(WebLimits):
    """The defaults are the product's; docs/limits.md shows them."""

    #: A line to the server, its newline not counted. IRC's 512 is cramped; Ergo's read buffer is 5,632.
    line: int = 4096
    #: A line to a client: a list of 20,000 names fits. The client's side of the same law.
    line_to_client: int = MIB
    #: A line before the name is given, then closed: an unlimited one took down a Python IRC server.
    line_before_name: int = 1024
    #: Longest name. It equals what IRC networks commonly allow, so that every IRC client can carry it.
    name: int = 32
    #: Longest `ref`: enough for a UUID or a counter, too small to be a free mailbox.
    ref: int = 64
    #: Lines of one message, of programs: each is shown with its author's name. Each costs the line rate.
    message_lines: int = 100
    #: Longest `key` of a message, and of a room: as a `ref`.
    key: int = 64
    #: For how long, and for how many messages, it is known what was said under a key already; the second
    #: where the log is in memory. A client that lost its connection comes back within minutes, a laptop the
    #: next morning.
    key_time: float = 86_400.0
    key_time_memory: float = 600.0
    keys: int = 100_000
    #: Time to give a name: UnrealIRCd 30, Ergo 60.
    name_time: float = 30.0
    #: Names that are refused to someone who types, then closed: who mistypes needs fewer, and what is no
    #: client of ours would try for ever.
    names_refused: int = 5
    #: After such a refusal what comes before so long a silence is dropped: what is sent without waiting for
    #: the answer was meant for something else, and must not become the name. A person takes longer.
    refusal_silence: float = 0.25
    #: Input that is dropped without being looked at: after such a refusal, after a client's last word, which
    #: unread input would cost it, and of a WebSocket message that is too long. As much as a socket's buffer
    #: holds; then closed.
    dropped: int = 64 * KIB
    #: Silence after which someone is taken for a person at a terminal and greeted.
    greet_after: float = 0.25
    #: Telnet's commands in one read, past which it is no telnet and left as it is. There are 256 options, and
    #: each can be asked for in two directions.
    telnet_commands: int = 512
    #: Room messages waiting for a client; past it they are skipped. InspIRCd 1 MiB, Ergo 96 KiB.
    room_waiting: int = MIB
    #: Replies and direct messages waiting. Unlimited output buffers were Redis's CVE-2025-21605.
    private_waiting: int = 256 * KIB
    #: Replies and direct messages that a client which keeps up may get from one round to the next: many
    #: writers may add one message each before they see that it is crowded.
    private_round: int = MIB
    #: The same for someone without a name who does not take them; then closed.
    nameless_waiting: int = 4 * KIB
    #: Notices of who came and left waiting for a client; past it the client is lost as too slow: to skip them
    #: would leave ghosts in a program's list for ever.
    notices_waiting: int = 256 * KIB
    #: No byte accepted by the socket while data waits: then lost as "too slow". Bounded memory allows
    #: patience with someone who pressed Ctrl-Z; NATS gives 10 s, ssh-chat 5 while the whole room waits. More
    #: than `user_timeout` would not help: Linux ends a connection whose peer takes nothing for that long.
    stall: float = 75.0
    #: Lines from a client: a burst, then so many a second, by waiting. Ergo 5, then 2.
    line_burst: int = 20
    line_rate: float = 10.0
    #: What costs nothing against that rate (pings, /quit) has a rate of its own: unlimited, one client drew
    #: 480,000 pongs a second.
    free_burst: int = 60
    free_rate: float = 20.0
    #: A long answer costs the rate a line more for each so many bytes: a list of 10,000 names costs 14.
    answer_bytes: int = 8 * KIB
    #: With so many lines waiting for the rate nothing more is read (one read may bring more of them), so that
    #: TCP slows the sender.
    read_ahead: int = 32
    #: A client whose line waits that long, since too many others are behind or for the line rate, is told so:
    #: else a program would take the connection for dead (ours after 8 s).
    tell_waiting: float = 3.0
    #: Between /quit and the close, for what is still to be written.
    leave_time: float = 5.0
    #: For everyone's last bytes when the server goes down.
    down_time: float = 5.0
    #: Notices of joining and leaving are merged and go out at most this often.
    notice_interval: float = 0.25
    #: Names a text notice spells out before it counts the rest.
    notice_names: int = 20
    #: Longest reason of someone who leaves, which everyone reads; more is cut. IRC networks allow 200 to 307.
    reason: int = 200
    #: Lines that tell one interval's notices as they happened; beyond them names of a kind are merged.
    notice_runs: int = 8
    #: Different reasons that one interval tells; further ones are left out.
    notice_reasons: int = 3
    #: Notices of one interval; what is more waits for the next. 10,000 names of usual length fit.
    notice_bytes: int = 128 * KIB
    #: Notices that an interval tells early, since one of those named speaks; then that one's only.
    hurried_notices: int = 4 * KIB
    #: Nobody more is accepted while so many intervals' worth of notices wait.
    notice_pages: int = 4
    #: Newcomers of one interval that are told exactly what came after them; further ones share parts.
    notice_parts: int = 16
    #: In a room with so many members the list of them may be a moment old, and is shared by all who ask.
    shared_list: int = 1000
    #: A silent peer is probed by TCP keepalive: after so long, so far apart. With a user timeout Linux gives
    #: up at that time instead of after so many probes. Data that was sent just before the first probe would
    #: have failed restarts the clock: a peer that vanished is found after 150 s at most. Ergo 150 s.
    keepalive_idle: int = 60
    keepalive_interval: int = 15
    keepalive_probes: int = 3
    user_timeout: int = 75
    #: Socket buffers. A loopback pair otherwise hides 4 MB, which makes every bound meaningless. With half of
    #: the first, and of `round_bytes`, each message costs a quarter more at saturation.
    send_buffer: int = 128 * KIB
    receive_buffer: int = 64 * KIB
    #: gevent's 128 loses SYNs in a storm.
    backlog: int = 4096
    #: Connections accepted before everyone else has a turn.
    accepts: int = 32
    #: A header of the PROXY protocol, version 2, behind its first 16 bytes: addresses, and what a proxy adds.
    #: The specification wants it within 536; some say more of a client's certificate.
    proxy_header: int = 2 * KIB
    #: File descriptors kept for everything that is not a client (listeners, the log, the event loop), and for
    #: as many connections as are accepted in one turn: else a full server could not even tell them so.
    spare_files: int = accepts + 32
    #: Commands of `chatd admin` that the server answers at a time.
    admins: int = 8
    #: Such a command is given up when its request takes longer to come, or a part of its answer to be taken.
    admin_patience: float = 30.0

    #: Entries, and bytes of them, that the log has not taken yet; while there are more, talkers wait.
    log_pending: int = 1000
    log_pending_bytes: int = MIB
    #: An entry that waits for so long to be handed to the disk has failed.
    log_patience: float = 5.0
    #: Messages of a session that are not answered yet, as its log may answer late; the next one waits.
    in_flight: int = 32
    #: Pages of history that may wait to be read.
    pages_asked: int = 1000
    #: Searches that may wait for the one before; and those of them that turned out to take long: with half a
    #: second each more would wait for too long, and they must not take the places of all others.
    searches_asked: int = 100
    long_searches_asked: int = 20
    #: Words of a search: each is one more list that has to be read.
    search_words: int = 32
    #: A search that takes longer is given up. A word among ten million messages takes a few milliseconds.
    search_time: float = 0.5
    #: A search costs the line rate a line more for each so long a time, so many lines at least, and so many
    #: at most: else a hundred clients in a loop would have a thread busy all the time. At a line or two, they
    #: drew 684 answers a second, and the pings of others took 59 ms instead of 2.
    search_line: float = 0.001
    search_least: int = 5
    search_lines: int = 20

    #: Rooms that one person can be in, beside the lobby: each costs some memory, and a look at each write.
    rooms_a_person: int = 100
    #: Rooms of the server: at the limit the one goes that has been empty for longest.
    rooms: int = 10_000
    #: Rooms that an address can make in an hour: else one client fills the list. Not where there is no line
    #: rate.
    rooms_made: int = 5
    #: Longest topic of a room, characters. IRC networks allow 300 to 390.
    topic: int = 300
    #: Rooms that a list of them names; the list is made anew once a second at most.
    rooms_listed: int = 500

    #: Text of a page of history; what is more is asked for again.
    page_bytes: int = 256 * KIB
    #: Newest entries of the log that are kept in memory.
    recent: int = 10_000
    #: For how long after a drop one comes back to one's rooms, and is told what one missed: a tunnel, a new
    #: network, a restart. (For as long as the keys hold it is still the same person.)
    away_time: float = 300.0
    #: So many who dropped are known at most; who dropped first is forgotten first.
    guests: int = 50_000
    #: Missed entries that are told to who comes back; of what is older it is only told how much it was.
    missed: int = 5000

    #: A password: shorter ones are guessed (NIST SP 800-63B, 8), longer ones cost time before they are known.
    password_least: int = 8
    password: int = 256
    #: For the handshake of TLS, which takes a program that is there three trips at most.
    handshake_time: float = 10.0
    #: Passwords that wait to be calculated, 30 ms each.
    passwords_waiting: int = 32
    #: Wrong passwords from an address, and for an account: a burst, then so many, by waiting. The account's
    #: is wider, so that who guesses at it keeps its owner waiting for seconds only; and who has a
    #: token gives no password.
    login_burst: int = 10
    login_rate: float = 3 / 60
    account_burst: int = 20
    account_rate: float = 12 / 60
    #: Addresses of which such a thing is remembered.
    addresses: int = 65_536
    #: Connections of an address at a time, and in so long a time: a burst of all, then one each 2.3 s. An
    #: office, a class or a mobile network shares an address of IPv4; one that has more is exempt (--exempt).
    address_here: int = 64
    address_connects: int = 256
    address_time: float = 600.0
    #: All of an address together send as much as so many clients: a burst of 320 lines, and 160 a second,
    #: where 64 people who type send some 30 a second, and five lines each when all come at once. So many
    #: bytes count as a line more; few lines are longer.
    address_lines: int = 16
    address_line_bytes: int = KIB
    #: What comes to nothing costs an address as much as so many connections: a handshake of TLS costs a
    #: millisecond, a wrong password 30, a name that is refused next to nothing, but programs try for ever.
    handshake_cost: int = 4
    login_cost: int = 4
    name_cost: int = 1
    #: However much that was, one more may come from there after so long: others may share the address.
    address_patience: float = 60.0
    #: Accounts, all of them in memory: a hundred thousand take some 100 MB.
    accounts: int = 100_000
    #: Accounts that an address can register in an hour. Not where there is no line rate.
    registrations: int = 5
    #: Devices of an account: the one that was not used for longest gives way.
    devices: int = 32
    #: After so long without use a device has to give the password again.
    device_time: float = 90 * 86_400.0
    #: Longest name of a device.
    device_name: int = 64
    #: Connections of one account at a time: each is told all that is said.
    sessions: int = 32
    #: Names that a person takes, and times that it goes away: a burst, then one in so many seconds. Everyone
    #: is told each time.
    rename_burst: int = 3
    rename_rate: float = 1 / 20
    #: What is not read and shown at once, messages of each kind.
    caught_up: int = 200
    #: For how long somebody is banned or muted at most, unless for good: ten years.
    longest: int = 3650 * 86_400
    #: Longest time that slow mode has everyone wait: with more than an hour it is no conversation; that is
    #: what a moderated room is for.
    slowest: int = 3600

    #: Bans, mutes, roles and invitations that a room has, of each kind; and the server.
    room_rulings: int = 1000
    server_rulings: int = 10_000
    #: Wrong keys of rooms that an address gives in an hour.
    wrong_keys: int = 20
    #: Bans and mutes that are listed at once, the newest ones.
    bans_listed: int = 500

    #: Webhooks of a server: each takes a little of its time.
    webhooks: int = 20
    #: Events that wait for a webhook; then the oldest goes, and the next delivery says how many are missing.
    hook_waiting: int = 1000
    #: Events of one delivery, and its bytes: receivers take 100 KiB (Express) or 1 MiB (nginx) at least.
    hook_events: int = 100
    hook_bytes: int = 64 * KIB
    #: Between two deliveries to a webhook: what is said meanwhile goes together, as each costs about 1 ms.
    hook_pause: float = 0.1
    #: For a delivery, from the look-up of the name to the status of the answer. GitHub gives 10 s.
    hook_time: float = 10.0
    #: Of the answer so much is read.
    hook_answer: int = 16 * KIB
    #: A delivery that fails is tried again, first after so long, then after twice as long each time, up to
    #: the second; and for so long in all.
    hook_backoff: float = 1.0
    hook_backoff_most: float = 60.0
    hook_patience: float = 900.0

    # The rhythm of delivery (see flusher.py).
    #: Rest after work, as a share of its time, and the most of a round. Less makes for lower latencies, and
    #: costs processor time for each delivery: at 0.6 a third more.
    rest_share: float = 1.2
    rest_max: float = 0.020
    #: Time in which nothing waits to be written pays for so many times as much rest, and for so much of it in
    #: advance: with a seventh of the time idle there are no rests, and a burst comes before the first.
    idle_worth: int = 7
    rest_saved: float = 0.060
    #: A connection's greenlet with much to do yields to the others this often.
    slice: float = 0.005
    #: A round does so too, and rests where that gathers something; each time costs some 40 us.
    stretch: float = 0.002
    #: Room bytes for each member that may wait for the next round before talkers wait: what one send can
    #: leave with a socket that keeps up.
    round_bytes: int = 192 * KIB
    #: A member that is behind and has taken no byte for this long is stuck, and holds nobody.
    stuck_after: float = 0.25
    #: How many members, behind yet taking bytes, hold the talkers: more than this share of the room ...
    slow_share: float = 0.1
    #: ... and at least so many.
    slow_least: int = 2
    #: Whoever was behind for so long and takes less than this share of the room's median rate holds nobody.
    slow_window: float = 2.0
    slow_rate: float = 0.1
    #: Nor does whoever leaves so much unread of what is for it alone: it waits for what it asked for itself.
    slow_private: int = 64 * KIB


DEFAULT = Limits()
