"""Every request and every event that there is."""

from chatd.protocol.events import (
    Ack,
    Back,
    Bye,
    DirectMessage,
    Error,
    HelpList,
    Joined,
    Left,
    Lost,
    Mark,
    Pong,
    RoomInfo,
    RoomList,
    Said,
    Skipped,
    TopicSet,
    UserList,
    Waiting,
    Welcome,
)
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted, AuditPage, BanList
from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Delete,
    GiveOperator,
    GiveVoice,
    Grant,
    InvitePerson,
    Kick,
    Kill,
    Lockdown,
    Mute,
    SetKeep,
    SetKey,
    SetModerated,
    SetPrivate,
    SetSlow,
    TakeOperator,
    TakeVoice,
    Unban,
    Unmute,
)
from chatd.protocol.people_events import (
    Caught,
    DeviceList,
    Done,
    Gone,
    Identity,
    ReadUpTo,
    Renamed,
    UnreadCounts,
)
from chatd.protocol.people_requests import (
    Away,
    CatchUp,
    ChangePassword,
    Devices,
    Read,
    Register,
    Rename,
    Revoke,
    Unregister,
    Whois,
)
from chatd.protocol.requests import (
    Direct,
    Hello,
    Help,
    History,
    Join,
    Leave,
    Me,
    Ping,
    Quit,
    Request,
    Rooms,
    Say,
    SayIn,
    Search,
    Topic,
    Users,
)

#: What can be typed, in the order in which /help lists it: what everyone uses first, what is for those who
#: moderate last.
COMMANDS: tuple[type[Request], ...] = (
    *(Say, Direct, Me, Users),
    *(Join, Leave, Rooms, Topic, SayIn, History, Search),
    *(Rename, Away, Whois, CatchUp),
    *(Register, ChangePassword, Unregister, Devices, Revoke),
    *(Delete, Help, Quit),
    *(Kick, Ban, Unban, Bans, Mute, Unmute, GiveVoice, TakeVoice, GiveOperator, TakeOperator),
    *(InvitePerson, SetPrivate, SetKey, SetModerated, SetSlow, SetKeep, Audit),
    *(Announce, Kill, Lockdown, Grant),
)
#: Those that have a JSON form.
REQUESTS: tuple[type[Request], ...] = (
    *(one for one in COMMANDS if one not in (SayIn, Me)),
    *(Hello, Read, Ping),
)
#: Everything that has a JSON form.
WIRE_EVENTS = (
    Welcome
    | Said
    | DirectMessage
    | Joined
    | Left
    | Lost
    | Back
    | Renamed
    | Gone
    | UserList
    | UnreadCounts
    | ReadUpTo
    | Caught
    | DeviceList
    | Identity
    | Done
    | RoomInfo
    | RoomList
    | TopicSet
    | HistoryPage
    | Acted
    | BanList
    | AuditPage
    | HelpList
    | Ack
    | Error
    | Skipped
    | Mark
    | Waiting
    | Pong
    | Bye
)
