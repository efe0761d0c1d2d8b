"""Names that are owned, in the real program in a terminal, at the real server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.screen_terminal import ScreenTerminal, TextTalker, chatd

SECRET = "correct horse battery"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with chatd() as (_, port):
        yield port


def kept(home: Path, port: int, name: str) -> Path:
    return home / ".local/state/chatd/devices" / f"127.0.0.1:{port}" / name


def typed_before(home: Path) -> str:
    file = home / ".local/state/chatd/history"
    return file.read_text() if file.exists() else ""


def register(port: int, home: Path, name: str) -> None:
    with ScreenTerminal(f"{name}@127.0.0.1:{port}", home) as screen:
        screen.shows(f"you are {name}")
        screen.types(f"/register {SECRET}")
        screen.shows("> /register *********************")
        screen.types("\r")
        screen.shows(f"the name {name} is yours now")
        screen.types("\x04")
        assert screen.ends() == 0
        assert SECRET.encode() not in screen.raw


def test_a_name_is_registered_and_this_device_comes_back(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "ann")
    assert kept(tmp_path, port, "ann").stat().st_mode & 0o777 == 0o600
    assert SECRET not in typed_before(tmp_path)
    with ScreenTerminal(f"ann@127.0.0.1:{port}", tmp_path) as screen:
        screen.shows("you are ann")
        screen.types("/quit\r")
        assert screen.ends() == 0


def test_a_device_that_is_not_known_gives_the_password(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "bob")
    kept(tmp_path, port, "bob").write_text('{"token":"another"}')
    with ScreenTerminal(f"bob@127.0.0.1:{port}", tmp_path) as screen:
        screen.shows("bob is registered", f"password for bob at 127.0.0.1:{port}:")
        assert not kept(tmp_path, port, "bob").exists()
        screen.types("wrong password\r")
        screen.shows("the name or the password is wrong")
        screen.types(SECRET)
        screen.shows("*" * len(SECRET))
        screen.types("\r")
        screen.shows("you are bob")
        screen.types("/quit\r")
        assert screen.ends() == 0
        assert SECRET.encode() not in screen.raw
    assert kept(tmp_path, port, "bob").exists()
    assert SECRET not in typed_before(tmp_path) and "wrong" not in typed_before(tmp_path)


def test_three_wrong_passwords_or_another_name(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "carl")
    kept(tmp_path, port, "carl").unlink()
    with ScreenTerminal(f"carl@127.0.0.1:{port}", tmp_path) as screen:
        screen.shows(f"password for carl at 127.0.0.1:{port}:")
        for number in range(3):
            screen.types(f"wrong one {number}\r")
            screen.shows_times("the name or the password is wrong", number + 1)
        screen.shows("which name do you want?")
        screen.types("carl\r")
        screen.shows(f"password for carl at 127.0.0.1:{port}:")
        screen.types("/name dave\r")
        screen.shows("you are dave")
        screen.types("/quit\r")
        assert screen.ends() == 0
    assert "carl\n" not in typed_before(tmp_path)  # it might have been a password


def test_the_password_is_asked_for_before_the_screen(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "eve")
    home = tmp_path / "elsewhere"
    home.mkdir()
    with ScreenTerminal(f"eve@127.0.0.1:{port}", home, options=("--login",)) as screen:
        screen.shows(f"password for eve at 127.0.0.1:{port}:")
        screen.types(f"{SECRET}\r")
        screen.shows("you are eve")
        screen.types("/quit\r")
        assert screen.ends() == 0
        assert SECRET.encode() not in screen.raw and screen.restored()
    assert kept(home, port, "eve").exists()
    assert SECRET not in typed_before(home)


def test_plain_mode_asks_three_times(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "fred")
    kept(tmp_path, port, "fred").unlink()
    with ScreenTerminal(f"fred@127.0.0.1:{port}", tmp_path, options=("--plain",)) as screen:
        for number in range(2):
            screen.shows_times(f"password for fred at 127.0.0.1:{port}:", number + 1)
            screen.types("wrong password\n")
        screen.shows_times(f"password for fred at 127.0.0.1:{port}:", 3)
        screen.types(f"{SECRET}\n")
        screen.shows("you are fred")
        screen.types("/quit\n")
        assert screen.ends() == 0
        assert SECRET.encode() not in screen.raw
    assert kept(tmp_path, port, "fred").exists()


def log_in(screen: ScreenTerminal, port: int, name: str) -> None:
    screen.shows(f"password for {name} at 127.0.0.1:{port}:")
    screen.types(f"{SECRET}\r")
    screen.shows(f"you are {name}")


def leave(screen: ScreenTerminal) -> None:
    screen.types("/quit\r")
    assert screen.ends() == 0


def test_a_day_on_two_devices(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "gus")
    phone = tmp_path / "phone"
    phone.mkdir()
    target = f"gus@127.0.0.1:{port}"
    with ScreenTerminal(target, phone, options=("--login",)) as other, TextTalker(port, "hal") as hal:
        log_in(other, port, "gus")
        other.types("/join den\r")
        other.shows("[2:#den]")
        with ScreenTerminal(target, tmp_path) as screen:
            screen.shows("1:lobby", "2:#den")
            hal.says("/join den", "hello den", "/dm gus psst")
            other.shows("<hal> hello den", "3:hal(1!)")
            screen.shows("2:#den", "3:hal(1!)")
            other.types("/window hal\r")
            other.shows("[3:hal]", "<hal> psst")
            screen.until(r"3:hal(?!\()")  # read on the other one
            other.types("me, too\r")
            hal.hears(r"\[dm from gus\] me, too")
            screen.types("/window hal\r")
            screen.shows("> <gus> me, too")
            hal.says("/nick henry")
            screen.shows("[3:henry]", "* hal is now henry")
            screen.types("/away lunch\r")
            screen.shows("gus (away)")
            other.shows("gus (away)")
            screen.types("/devices\r")
            screen.shows("2 devices", "> 1: chat on ", "this one")
            screen.types("\x1b[B\x1b[3~y")
            other.shows(f"password for gus at 127.0.0.1:{port}:")
            screen.until(r"^1 device ")
            screen.types("\r")
            leave(screen)
        other.types("\x04")
        assert other.ends() == 1  # without a link


def test_what_was_said_to_who_was_away(port: int, tmp_path: Path) -> None:
    register(port, tmp_path, "jo")
    with ScreenTerminal(f"jo@127.0.0.1:{port}", tmp_path) as screen:
        screen.shows("you are jo")
        screen.types("/join yard\r")
        screen.shows("[2:#yard]")
        screen.types("here I am\r/nick joan\r")
        screen.shows("you are joan now")
        leave(screen)
    assert kept(tmp_path, port, "joan").exists() and not kept(tmp_path, port, "jo").exists()
    with TextTalker(port, "ida") as ida:
        ida.says("/join yard", "are you there, joan?", "/dm joan hello?")
        ida.hears(r"\* joan is away and will get it")
        with ScreenTerminal(f"joan@127.0.0.1:{port}", tmp_path) as screen:
            screen.shows("while you were away: yard 1 (1 mentions you)", "ida(1!)")
            screen.shows("[2:#yard]", "— you have read up to here —", "<ida> are you there, joan?")
            screen.types("/unregister\r")
            screen.shows("really give up your account?")
            screen.types("y")
            screen.shows("you have no account any more")
            leave(screen)
    assert not kept(tmp_path, port, "joan").exists()
