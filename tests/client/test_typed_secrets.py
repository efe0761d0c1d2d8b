"""What is typed and nobody else may see."""

import pytest
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.layout import BufferControl
from prompt_toolkit.layout.processors import TransformationInput

from chatd_client.screen.completion import InputLine
from chatd_client.screen.input_line import InputBuffer
from chatd_client.screen.password_line import MaskSecret, PasswordLine
from chatd_client.screen.pasting import Pasting
from chatd_client.screen.typed_secrets import is_way_out, secret_from
from chatd_client.updates import LinkChanged, LinkState
from tests.support.controller_fixture import ControllerFixture


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("/register secret", "/register "),
        ("  /REGISTER\tsecret invite:code", "  /REGISTER\t"),
        ("\u200b/password secret", "\u200b/password "),
        ("/registr secret", "/registr "),
        ("/passwort secret", "/passwort "),
        ("/register", "/register"),
        ("/key secret", "/key "),
        ("/KEY secret", "/KEY "),
        ("/kye secret", "/kye "),
        ("/join dev secret", "/join dev "),
        ("  /Join  #dev  secret", "  /Join  #dev  "),
        ("/jion dev secret", "/jion dev "),
    ],
)
def test_a_command_with_a_password_is_seen_and_the_password_is_not(text: str, seen: str) -> None:
    assert secret_from(text, asked=False) == len(seen)


@pytest.mark.parametrize(
    "text",
    [
        *("", "hi", "/reconnect", "/dm bob /register me", "//register", "/nick register"),
        *("/join dev", "/join dev ", "/join", "/keep 90d", "/invite bob", "/jion dev"),
    ],
)
def test_all_else_is_no_secret(text: str) -> None:
    assert secret_from(text, asked=False) is None


def test_where_a_password_is_asked_for_all_is_secret_but_the_ways_out() -> None:
    assert secret_from("/any thing", asked=True) == 0 == secret_from("/names", asked=True)
    for way in ("/name bob", " /QUIT", "/reconnect"):
        assert is_way_out(way) and secret_from(way, asked=True) is None


def test_what_is_given_as_a_name_is_seen() -> None:
    assert secret_from("secret", asked=False, naming=True) == len("secret")
    assert secret_from("/name bob", asked=False, naming=True) is None
    assert secret_from("/register secret", asked=False, naming=True) == len("/register ")


def test_no_history_has_it_however_it_leaves_the_line() -> None:
    said: list[str] = []
    history = InMemoryHistory()
    line = InputBuffer(history, said.append, lambda text: secret_from(text, asked=False))
    for text in ("hello", "/register secret", "/key secret", "/join dev secret", "/join dev"):
        line.document = Document(text)
        line.validate_and_handle()
        line.document = Document(f"{text} again")
        line.reset(append_to_history=True)  # as Ctrl-C does
    assert said == ["hello", "/register secret", "/key secret", "/join dev secret", "/join dev"]
    assert history.get_strings() == ["hello", "hello again", "/join dev"]


def test_it_is_masked_in_each_row() -> None:
    document = Document("/password ab\ncd")
    mask = MaskSecret(lambda text: secret_from(text, asked=False))
    control = BufferControl()
    for row, seen in enumerate(("/password **", "**")):
        line: StyleAndTextTuples = [("", document.lines[row])]
        given = TransformationInput(control, document, row, lambda at: at, line, 80, 1)
        assert mask.apply_transformation(given).fragments == [("", seen)]
    plain = TransformationInput(control, Document("hi"), 0, lambda at: at, [("", "hi")], 80, 1)
    assert mask.apply_transformation(plain).fragments == [("", "hi")]


def test_what_is_half_typed_is_out_of_the_way_of_a_password() -> None:
    line = InputBuffer(InMemoryHistory(), lambda text: None)
    line.document = Document("half", 2)
    password = PasswordLine(line)
    password.update(False)
    password.update(True)
    assert line.text == ""
    line.insert_text("secret")
    password.update(True)
    assert line.text == "secret"
    password.update(False)
    password.update(False)
    assert (line.text, line.cursor_position) == ("half", 2)


def test_a_password_stays_in_no_window() -> None:
    line = InputBuffer(InMemoryHistory(), lambda text: None)
    line.document = Document("for dev", 3)
    password = PasswordLine(line)
    password.update(True)
    line.insert_text("secr")
    assert password.switch(InputLine("for bob", 2)) == InputLine("for dev", 3)
    line.insert_text("et")
    assert line.text == "secret"
    password.update(False)
    assert (line.text, line.cursor_position) == ("for bob", 2)
    assert password.switch(InputLine("", 0)) == InputLine("for bob", 2) and line.text == ""


def test_a_password_that_could_not_be_checked_is_still_no_message() -> None:
    controller = ControllerFixture()
    controller.on_updates([LinkChanged(LinkState.LOCKED, "registered", refused=True, name="alice")])
    controller.types("secret")
    controller.on_updates([LinkChanged(LinkState.CONNECTING)])
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "too many now", 1.0, name="alice")])
    controller.types("secret")
    assert controller.takes_password and controller.link.asked == ["password secret"]
    assert controller.rows()[-1] == "T ! the password is being checked; please wait"
    controller.on_updates([LinkChanged(LinkState.RECONNECTING, "no link", 1.0)])  # after a /name
    assert not controller.takes_password


def test_of_a_password_no_lines_are_pasted() -> None:
    controller, line = ControllerFixture(), InputBuffer(InMemoryHistory(), lambda text: None)
    pasting = Pasting(controller, line)
    controller.on_updates([LinkChanged(LinkState.LOCKED, "registered", refused=True, name="alice")])
    pasting.paste("secret\nand more\n")
    assert pasting.question is None and line.text == ""
    assert controller.rows()[-1] == "T ! a password is one line; nothing was taken"
    pasting.paste("secret\n")
    assert line.text == "secret"
