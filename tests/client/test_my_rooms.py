"""In which rooms a user is, and where what is typed is said."""

import pytest

from chatd.protocol.errors import ChatError
from chatd.protocol.events import Error, Event, Left, Mark, RoomInfo
from chatd.protocol.moderation_requests import Announce, Kick, SetSlow
from chatd.protocol.requests import HERE, LOBBY, History, Join, Leave, Request, Rooms, Say, Topic, Users
from chatd_client.my_rooms import MyRooms, room_kept_out_of
from tests.support.controller_fixture import WELCOME


def joined(room: str, how: str = "join") -> Event:
    return RoomInfo(room=room, users=1, topic="", ref=f"{how} {room}")


def left(room: str) -> Event:
    return Left(names=["alice"], count=1, room=room, ref=f"leave {room}")


def refused(ref: str) -> Error:
    return Error(code="too-many-rooms", text="no", ref=ref)


def in_rooms(*rooms: str) -> MyRooms:
    mine = MyRooms()
    for room in rooms:
        mine.named(Join(room=room))
        mine.happened(joined(room))
    return mine


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        (Say(text="x", room=HERE), Say(text="x", room="dev")),
        (Say(text="x", room="#Ops"), Say(text="x", room="ops")),
        (Say(text="x"), Say(text="x", room=LOBBY)),
        (Topic(room=HERE, text="x"), Topic(room="dev", text="x")),
        (Users(room=HERE), Users(room="dev")),
        (Users(), Users(room=LOBBY)),
        (History(room=HERE), History(room="dev")),
        (History(whom="bob"), History(whom="bob")),
        (Kick(room=HERE, nick="bob"), Kick(room="dev", nick="bob")),
        (SetSlow(room="#Ops", seconds=3), SetSlow(room="ops", seconds=3)),
        (Announce(text="x"), Announce(text="x")),
        (Rooms(), Rooms()),
        (Join(room="#Ops"), Join(room="ops", ref="join ops")),
        (Leave(room=HERE), Leave(room="dev", ref="leave dev")),
        (Leave(room="Ops"), Leave(room="ops", ref="leave ops")),
    ],
)
def test_what_is_sent_names_its_room(typed: Request, sent: Request) -> None:
    assert in_rooms("dev").named(typed) == sent


@pytest.mark.parametrize("request_", [Join(room="-x"), Join(room="x" * 33), Leave(room="a b")])
def test_what_is_no_room_is_refused_here(request_: Request) -> None:
    with pytest.raises(ChatError, match="a room's name has"):
        MyRooms().named(request_)


def test_a_room_is_current_when_the_server_says_so() -> None:
    mine = MyRooms()
    mine.named(Join(room="dev"))
    assert (mine.current, mine.here) == (LOBBY, "dev")
    mine.happened(RoomInfo(room="dev", users=1, topic=""))  # the answer to something else
    assert mine.current == LOBBY
    mine.happened(joined("dev"))
    assert (mine.current, mine.here) == ("dev", "dev")


def test_nothing_behind_a_refused_join_is_said_to_others() -> None:
    mine = MyRooms()
    join = mine.named(Join(room="dev"))
    assert mine.waits(join)
    assert mine.named(Say(text="x", room=HERE)) == Say(text="x", room="dev")
    mine.happened(refused("join dev"))
    assert (mine.current, mine.here, mine.waits(join)) == (LOBBY, LOBBY, False)


def test_who_leaves_is_where_they_were_before() -> None:
    mine = in_rooms("dev", "ops", "dev")
    assert mine.named(Leave(room=HERE)) == Leave(room="dev", ref="leave dev")
    assert (mine.current, mine.here) == ("dev", "ops")
    mine.happened(left("dev"))
    assert mine.current == "ops"
    mine.named(Leave(room=HERE))
    mine.happened(left("ops"))
    assert mine.current == LOBBY
    mine.named(Leave(room=HERE))
    mine.happened(refused("leave lobby"))
    assert (mine.current, mine.here) == (LOBBY, LOBBY)


def test_the_lobby_is_a_room_to_go_to() -> None:
    mine = in_rooms("dev", "lobby")
    assert mine.current == LOBBY
    mine.named(Leave(room="dev"))
    mine.happened(left("dev"))
    assert (mine.current, "dev" in mine) == (LOBBY, False)


def test_somebody_elses_departure_and_answers_to_nothing_change_nothing() -> None:
    mine = in_rooms("dev")
    for event in (
        Left(names=["alice"], count=1, room="dev"),
        left("dev"),
        joined("ops"),
        refused("join dev"),
        refused("rejoin dev"),
    ):
        mine.happened(event)
    assert mine.current == "dev"


def test_who_is_put_out_is_not_there_any_more() -> None:
    mine = in_rooms("dev", "ops")
    mine.happened(WELCOME)
    mine.happened(Left(names=["bob"], count=1, room="ops", reason="kicked"))
    assert mine.current == "ops"
    mine.happened(Left(names=["ALICE"], count=1, room="ops", reason="kicked"))
    assert (mine.current, mine.order) == ("dev", [LOBBY, "dev"])
    assert mine.named(Say(text="for ops", room=HERE)).room == "ops"  # which refuses it
    mine.named(Join(room="dev"))
    mine.happened(joined("dev"))
    assert mine.here == "dev"
    assert mine.again() == [Join(room="dev", ref="rejoin dev")]


def test_the_key_of_a_room_is_given_again_as_long_as_one_is_there() -> None:
    mine = MyRooms()
    mine.named(Join(room="Dev", key="k"))
    assert mine.again(resumed=True) == [Join(room="dev", key="k", ref="join dev")]
    mine.happened(joined("dev"))
    assert mine.again() == [Join(room="dev", key="k", ref="rejoin dev")]
    mine.happened(joined("dev", "rejoin"))
    mine.named(Leave(room="dev"))
    mine.happened(left("dev"))
    mine.named(Join(room="dev"))
    mine.happened(joined("dev"))
    assert mine.again() == [Join(room="dev", ref="rejoin dev")]


def test_on_another_link_what_was_joined_or_asked_for_is_joined_again() -> None:
    mine = in_rooms("dev", "ops", "old", "dev")
    mine.named(Leave(room="old"))
    mine.named(Join(room="new"))
    again = [Join(room=room, ref=f"rejoin {room}") for room in ("ops", "dev", "new")]
    assert mine.again() == again
    assert mine.current == "new"
    mine.happened(refused("rejoin ops"))
    del again[0]
    assert mine.again() == again  # that link broke, too
    mine.happened(joined("dev", "rejoin"))
    error = refused("rejoin new")
    mine.happened(error)
    assert (mine.current, mine.here, room_kept_out_of(error)) == ("dev", "dev", "new")
    assert mine.again() == again[:1]
    assert room_kept_out_of(refused("join dev")) == room_kept_out_of(Error("full", "x")) == ""


def told(mine: MyRooms, *rooms: str) -> None:
    for room in (LOBBY, *rooms):
        mine.happened(RoomInfo(room=room, users=1, topic=""))
    mine.happened(Mark(id=1))


def test_the_same_person_is_in_the_rooms_that_the_server_tells() -> None:
    mine = in_rooms("dev", "ops", "dev")
    assert mine.again(resumed=True) == []
    mine.happened(Mark(id=1))  # not the end
    told(mine, "dev", "new")
    assert [room for room in (LOBBY, "dev", "ops", "new") if room in mine] == [LOBBY, "dev", "new"]
    assert (mine.current, mine.here) == ("dev", "dev")
    mine.again(resumed=True)
    told(mine)
    assert (mine.current, mine.here, mine.lobby_only) == (LOBBY, LOBBY, True)
    mine.happened(RoomInfo(room="dev", users=1, topic=""))  # the answer to something else
    assert mine.lobby_only


def test_the_same_person_asks_again_for_what_was_not_answered() -> None:
    mine = in_rooms("dev", "old")
    mine.named(Leave(room="old"))
    mine.named(Join(room="new"))
    asked = [Leave(room="old", ref="leave old"), Join(room="new", ref="join new")]
    assert mine.again(resumed=True) == asked
    told(mine, "dev", "old")
    assert (mine.here, mine.lobby_only) == ("new", False)
    assert mine.again(resumed=True) == asked  # that link broke, too
    told(mine, "dev")
    mine.happened(Error(code="not-in-room", text="no", ref="leave old"))
    mine.happened(joined("new"))
    assert (mine.current, mine.here, "old" in mine) == ("new", "new", False)


def test_a_room_is_not_left_by_being_told_of_it() -> None:
    mine = in_rooms("dev")
    mine.named(Leave(room="dev"))
    mine.again(resumed=True)
    told(mine, "dev")
    assert (mine.here, "dev" in mine) == (LOBBY, True)
    mine.happened(left("dev"))
    assert mine.lobby_only


def test_rooms_of_last_time_are_joined_on_the_first_link_and_stay_in_their_order() -> None:
    mine = MyRooms(["dev", LOBBY, "ops"])
    assert (mine.current, mine.here, mine.order) == (LOBBY, "ops", ["dev", LOBBY, "ops"])
    assert mine.named(Say(text="x", room=HERE)) == Say(text="x", room="ops")
    assert mine.again() == [Join(room=room, ref=f"rejoin {room}") for room in ("dev", "ops")]
    mine.happened(joined("ops", "rejoin"))
    mine.happened(joined("dev", "rejoin"))
    assert (mine.current, mine.order) == ("ops", ["dev", LOBBY, "ops"])
    assert MyRooms(["dev"]).order == [LOBBY, "dev"]


def test_a_room_of_last_time_that_is_refused_is_not_remembered() -> None:
    mine = MyRooms(["dev", LOBBY, "ops"])
    mine.again()
    error = refused("rejoin ops")
    mine.happened(error)
    assert room_kept_out_of(error) == "ops"
    assert mine.order == ["dev", LOBBY]
    mine.happened(joined("dev", "rejoin"))
    assert (mine.current, mine.order) == (LOBBY, ["dev", LOBBY])
