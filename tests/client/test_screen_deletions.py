"""Messages that are deleted, wherever the screen shows them."""

from msgspec.structs import replace

from chatd.protocol.history_page import HistoryPage
from chatd_client.outgoing import DeliveryState
from chatd_client.updates import DeliveryChanged
from tests.support.controller_fixture import ControllerFixture, direct, entered, said
from tests.support.told_acts import act, deleted


def test_a_message_that_is_deleted_changes_in_its_place() -> None:
    controller = entered("dev")
    long, other = said("one\ntwo\nthree", "eve", room="dev"), said("alice: hi", room="dev")
    controller.on_updates([long, other, deleted(long), deleted(other, id=1_000_002)])
    assert controller.rows() == [
        "T   <eve> [deleted by bob]",
        "T   <bob> [deleted by bob]",
        "T * bob deleted a message of eve in #dev",
        "T * bob deleted a message of bob in #dev",
    ]
    assert controller.scrollback.size == sum(line.size for line in controller.scrollback.newest(99))
    controller.types("/find two")
    assert controller.rows()[-1] == "T ! two was not found"
    assert "mention" not in controller.styles()


def test_what_is_in_view_stays_when_a_message_is_deleted() -> None:
    controller = entered("dev")
    messages = [said(f"{n}\nx\ny", room="dev") for n in range(20)]
    controller.on_updates([*messages])
    back = controller.scrollback
    back.scroll(20, 80, 10)
    before = back.view(80, 10)
    controller.on_updates([deleted(messages[0])])
    assert back.view(80, 10) == before
    controller.on_updates([deleted(one, id=1_000_100 + at) for at, one in enumerate(messages)])
    rows = ["".join(text for _, text in row) for row in back.view(80, 5)]
    assert all(row.endswith("[deleted by bob]") for row in rows)
    back.scroll(1, 80, 5)
    back.scroll(-1, 80, 5)
    back.to_end()


def test_it_is_changed_wherever_it_is_shown() -> None:
    """In an answer to /history, in the lobby where it was shown for want of a window, and in what one said
    oneself in another window."""
    controller = entered("dev")
    controller.types("/window 1", "/say dev mine")
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 77)])
    secret = said("secret", "eve", room="dev")
    controller.on_updates([secret, said("hello", room="dev")])
    controller.types("/history 5")
    page = HistoryPage(room="dev", messages=[secret], more=False, ref="typed 1")
    controller.on_updates([page, replace(page, messages=[secret])])
    controller.on_updates([deleted(secret), act("delete", 1_000_003, whom="alice", message=77)])
    assert controller.rows() == [
        "T > #dev <alice> [deleted by bob]",
        "T * 1 message of #dev:",
        "T   #dev <eve> [deleted by bob]",
    ]
    assert controller.rows_of("#dev")[1] == "T > <alice> [deleted by bob]"
    assert "secret" not in "".join(controller.rows_of("#dev"))


def test_a_page_that_was_read_before_comes_as_it_is_now() -> None:
    controller = entered("dev")
    secret = said("secret", "eve", room="dev")
    controller.on_updates([deleted(secret)])
    controller.on_updates([HistoryPage(room="dev", messages=[secret], more=True, ref="history new #dev")])
    assert controller.rows()[0] == "T   <eve> [deleted by bob]"


def test_what_a_page_tells_to_be_deleted_is_deleted_here() -> None:
    """The act itself was missed."""
    controller = entered("dev")
    secret = said("secret", "eve", room="dev")
    controller.on_updates([secret])
    gone = replace(secret, kind="deleted", text="[deleted]", sender="[deleted]")
    controller.on_updates([HistoryPage(room="dev", messages=[gone], more=True, ref="history new #dev")])
    assert controller.rows() == ["T   <[deleted]> [deleted]"]


def test_a_deletion_may_come_before_the_answer_to_the_message() -> None:
    controller = entered("dev")
    controller.types("oops")
    controller.on_updates([act("delete", whom="alice", message=50)])
    controller.on_updates([DeliveryChanged("1", DeliveryState.ACKNOWLEDGED, 50)])
    assert controller.rows()[0] == "T > <alice> [deleted by bob]"


def test_what_is_deleted_is_not_new_any_more() -> None:
    controller = entered("dev", "ops")
    mention, other = said("alice!", room="dev"), said("x", room="dev")
    controller.on_updates([mention, other])
    dev = controller.windows.all[1]
    assert (dev.unread, dev.mentions) == (2, 1)
    controller.on_updates([deleted(mention)])
    assert (dev.unread, dev.mentions) == (1, 0)
    controller.on_updates([deleted(other, id=1_000_005)])
    assert dev.unread == 0 and controller.windows.go_to_news() is not None
    assert controller.titles()[1] == "[#dev]"  # back to where one was, as nothing is new


def test_a_message_deleted_while_one_was_away_is_no_news() -> None:
    controller = entered("dev", "ops")
    gone = replace(said("[deleted by alice]", room="dev"), kind="deleted")
    assert not controller.on_updates([gone, replace(gone, id=gone.id + 500_000, sender="alice")])
    assert controller.windows.all[1].unread == 0
    assert controller.rows_of("#dev") == ["T   <bob> [deleted by alice]", "T > <alice> [deleted by alice]"]


def test_hits_of_a_search_are_changed_too() -> None:
    controller = entered("dev")
    controller.types("/search secret")
    ref = controller.link.asked[-1].ref
    secret = said("a secret", "eve", room="dev")
    around = act("moderated", value="on")
    found = HistoryPage(messages=[secret], more=False, found=True, before=[around], after=[None], ref=ref)
    controller.on_updates([found])
    assert shown_over(controller)[1] == "    bob lets only who has a role speak in #dev"
    assert shown_over(controller)[2].endswith("#dev <eve> a secret")
    controller.on_updates([deleted(secret)])
    assert shown_over(controller)[2].endswith("#dev <eve> [deleted by bob]")


def shown_over(controller: ControllerFixture) -> list[str]:
    overlay = controller.covering.overlay
    assert overlay is not None
    return ["".join(text for _, text in row) for row in overlay.view(78, 10)]


def test_of_an_account_that_is_erased_nothing_is_left() -> None:
    controller = entered("dev")
    controller.on_updates([said("one\ntwo", "Eve", room="dev"), said("hi eve", room="dev")])
    controller.on_updates([direct("psst", "eve")])
    controller.on_updates([act("erase", by="admin", room="lobby", whom="eve")])
    assert controller.rows() == ["T   <[deleted]> [deleted]", "T   <bob> hi eve"]
    assert "T @ <[deleted]> [deleted]" in controller.rows_of("eve")
    controller.on_updates([said("somebody else", "eve", room="dev")])
    assert controller.rows()[-1] == "T   <eve> somebody else"


def test_nothing_else_is_deleted_whatever_a_server_says() -> None:
    controller = entered("dev")
    controller.types("/nope")
    controller.on_updates(
        [act("delete", whom="x", message=0), act("delete", 1_000_002), said("hi", room="dev")]
    )
    assert controller.rows()[0].startswith("T ! there is no command") and len(controller.rows()) == 4


def test_no_more_deletions_are_known_than_a_bound() -> None:
    controller = entered("dev")
    for id in range(1, 5001):
        controller._composer.deletions.happened(act("delete", id + 10_000, whom="x", message=id))
    assert len(controller._composer.deletions._texts) <= 2000
    assert controller._composer.deletions.now(replace(said("x"), id=5000)) != said("x")
