"""A paste of several lines: what of it is sent, and to whom."""

import pytest

from chatd.protocol.errors import ChatError
from chatd.protocol.requests import Direct, Say
from chatd_client.screen.paste import PasteQuestion, lines_of, message_of

LINES = ["one", "two", "three"]
PASTED = "one\r\ntwo\rthree\n"
TO_BOB, TO_ALL, IN_DEV = Direct(to="bob", text=""), Say(text=""), Say(text="", room="dev")


def test_lines_that_show_nothing_are_left_out() -> None:
    assert lines_of("one\r\r\n \n\u200b\ntwo\x1b\n\x1b\n\u2800\x01\r\nthree") == ["one", "two\x1b", "three"]
    assert lines_of("\n\u2060\n") == []


@pytest.mark.parametrize(
    ("before", "behind", "template", "to", "sent"),
    [
        ("", "", IN_DEV, "#dev", LINES),
        ("see: ", " (end)", IN_DEV, "#dev", ["see: one", "two", "three (end)"]),
        ("/dm bob ", "", TO_BOB, "bob", LINES),
        ("/DM  bob  ", "", TO_BOB, "bob", LINES),
        (" /dm bob ", " ", TO_BOB, "bob", LINES),
        ("\u200b/dm bob ", "", TO_BOB, "bob", LINES),
        ("/dm bob see: ", "", TO_BOB, "bob", ["see: one", "two", "three"]),
        ('/dm bob "', '"', TO_BOB, "bob", LINES),
        ("/dm bob “see ", " it”", TO_BOB, "bob", ["see one", "two", "three it"]),
        ("/bc ", "", TO_ALL, "everyone", LINES),
        ("/say #Ops ", "", Say(text="", room="ops"), "#ops", LINES),
        ("/say lobby ", "", TO_ALL, "everyone", LINES),
        ("//dm bob ", "", IN_DEV, "#dev", ["/dm bob one", "two", "three"]),
    ],
)
def test_what_was_typed_decides_who_gets_it(
    before: str, behind: str, template: Say | Direct, to: str, sent: list[str]
) -> None:
    question = PasteQuestion(before, behind, PASTED, here=IN_DEV)
    assert (question.template, question.lines) == (template, sent)
    assert question.prompt == f"send 3 lines to {to}? y/n, o as one message "


@pytest.mark.parametrize("lines", [["/quit", '"two'], ["/dm carol psst", "//three"], ["\ufffc", "\ufffc"]])
@pytest.mark.parametrize(("before", "template"), [("", TO_ALL), ("/dm bob ", TO_BOB)])
def test_what_is_pasted_is_text_whatever_it_looks_like(
    before: str, template: Say | Direct, lines: list[str]
) -> None:
    question = PasteQuestion(before, "", "\n".join(lines))
    assert (question.template, question.lines) == (template, lines)


@pytest.mark.parametrize(
    ("before", "behind", "why"),
    [
        ("/dm ", "", "please write /dm NAME"),
        ("/dm bob", "", "please write /dm NAME"),
        ("/dm ", " bob hi", "several lines can only be a message, as behind /dm NAME"),
        ('/dm bob "', "", "the quotes do not match"),
        ("/users ", "", "several lines"),
        ("/join ", "", "several lines"),
        ("/topic ", "", "several lines"),
        ("/rooms ", "", "please write /rooms"),
        ("/quit ", "", "several lines"),
        ("/find ", "", "several lines"),
        (" /ignore ", "", "several lines"),
        ("/nope ", "", "there is no command /nope"),
    ],
)
def test_several_lines_go_into_messages_only(before: str, behind: str, why: str) -> None:
    with pytest.raises(ChatError, match=why):
        PasteQuestion(before, behind, PASTED)


def test_further_lines_stand_before_the_end() -> None:
    question = PasteQuestion("/dm bob <", ">", "one\ntwo\n")
    question.add("three")
    assert question.lines == ["<one", "two", "three>"]
    assert question.block == "<one\ntwo\nthree>"
    assert question.prompt == "send 3 lines to bob? y/n, o as one message "


def test_there_is_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatd_client.screen.paste.MAX_UNANSWERED", 3)
    question = PasteQuestion("", "", PASTED)
    with pytest.raises(ChatError, match="a paste has at most 3 lines; chat send"):
        question.add("four")
    assert question.lines == LINES


def test_as_one_message_it_keeps_its_empty_lines() -> None:
    question = PasteQuestion("", "", "\n" + "\n\n".join(["x"] * 50) + "\n")
    assert question.block == "\n\n".join(["x"] * 50)
    question.add("y")
    assert question.block is not None
    question.add("z")
    assert question.block is None
    assert question.prompt == "send 52 lines to everyone? y/n "


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("one\ntwo", Say(text="one\ntwo", room="dev")),
        ("/dm bob one\n\ntwo", Direct(to="bob", text="one\n\ntwo")),
        ('/dm bob "one\ntwo"', Direct(to="bob", text="one\ntwo")),
        ("/bc one\ntwo\nthree", Say(text="one\ntwo\nthree")),
        ("/me one\ntwo", Say(text="one\ntwo", room="dev", kind="action")),
        ("one\n/quit", Say(text="one\n/quit", room="dev")),
    ],
)
def test_a_message_of_several_lines_is_typed_like_one_of_one(typed: str, message: Say | Direct) -> None:
    assert message_of(typed, IN_DEV) == message


@pytest.mark.parametrize(
    "typed", ["/users\nx", "/join a\nb", "/ignore a\nb", "\n\u200b", "\n".join("x" * 101)]
)
def test_what_is_no_message_has_one_line(typed: str) -> None:
    with pytest.raises(ChatError):
        message_of(typed, IN_DEV)
