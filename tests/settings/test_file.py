"""The configuration file: what it says, and one sentence for each mistake."""

import os
from pathlib import Path
from typing import Any

import pytest

from chatd.config import Config, Plaintext, Webhook
from chatd.protocol.address_ranges import parse_range
from chatd.protocol.errors import ConfigError
from chatd.protocol.keep_rule import KeepRule, parse_keep_rule
from chatd.protocol.registration import Registration
from chatd.settings.arguments import read_arguments
from chatd.settings.file import read_settings
from chatd.settings.options import OPTIONS

SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"
KEY = b"012345678901234567890123"
HOOK = f'[[webhooks]]\nurl = "https://a.example/x"\nrooms = ["dev"]\nsecret = "{SECRET}"\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chatd.toml"


def write(path: Path, text: str, mode: int = 0o640) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


WHOLE = """
listen = ["tcp://127.0.0.1:0", "tcp://[::1]:0"]
exempt = ["10.0.0.0/8", "2001:db8::7"]
proxy = ["192.0.2.1", "unix"]
data = "memory"
sync = "everysec"
keep = "90d"
registration = "invite"
plaintext-passwords = true
line-rate = 2.5
max-clients = 7
tls-certificate = "c.pem"
tls-key = "k.pem"
plaintext = "everywhere"
web-host = ["chat.example.org", "chat.example.net"]
log-level = "debug"
"""


def test_every_option_can_be_said_in_a_file(path: Path) -> None:
    write(path, WHOLE)
    assert {line.partition(" =")[0] for line in WHOLE.split("\n") if line} == {one.name for one in OPTIONS}
    assert read_arguments(["--config", str(path)]) == (
        Config(
            ("tcp://127.0.0.1:0", "tcp://[::1]:0"),
            2.5,
            7,
            "memory",
            "everysec",
            parse_keep_rule("90d"),
            Registration.INVITE,
            True,
            tls_certificate="c.pem",
            tls_key="k.pem",
            plaintext=Plaintext.EVERYWHERE,
            exempt=(parse_range("10.0.0.0/8"), parse_range("2001:db8::7")),
            proxies=(parse_range("192.0.2.1"), "unix"),
            web_hosts=("chat.example.org", "chat.example.net"),
        ),
        "debug",
    )


def test_what_the_command_line_says_wins(path: Path) -> None:
    write(path, WHOLE)
    words = "--listen tcp://127.0.0.1:6000 --data /data --sync always --keep 5 --registration closed"
    more = "--no-plaintext-passwords --line-rate 0 --max-clients 9 --log-level error"
    tls = "--tls-certificate other.pem --tls-key other.key --plaintext loopback --web-host other"
    ranges = "--exempt 10.0.0.1 --exempt ::2 --proxy 10.0.0.0/8"
    said = " ".join((words, more, tls, ranges))
    config, level = read_arguments(["--config", str(path), *said.split()])
    rule, listen = KeepRule(None, 5), ("tcp://127.0.0.1:6000",)
    files: dict[str, Any] = {"tls_certificate": "other.pem", "tls_key": "other.key"}
    files["exempt"] = (parse_range("10.0.0.1"), parse_range("::2"))
    files["proxies"] = (parse_range("10.0.0.0/8"),)
    files["web_hosts"] = ("other",)
    assert config == Config(listen, 0, 9, "/data", "always", rule, Registration.CLOSED, False, **files)
    assert level == "error"


def test_without_a_file_and_with_an_empty_one_all_is_as_usual(path: Path) -> None:
    write(path, "# nothing\n", mode=0o644)
    usual = read_arguments([], environment={"STATE_DIRECTORY": "/state"})
    assert usual == (Config(data="/state"), "info")
    assert read_arguments(["--config", str(path)], environment={"STATE_DIRECTORY": "/state"}) == usual


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('line_rate = "x"', "there is no setting 'line_rate'; did you mean line-rate?"),
        ("colour = 1", "there is no setting 'colour'; please write one of listen, data, "),
        ("[webhook]\n", "there is no setting 'webhook'; did you mean webhooks?"),
        ("config = 'x'", "there is no setting 'config'; "),
        ("line-rate = 'fast'", "line-rate is not a number; please write it as that"),
        ("line-rate = -1", "line-rate: -1 is not 0 or more; please write another"),
        ("line-rate = inf", "line-rate: inf is not 0 or more; please write another"),
        ("line-rate = nan", "line-rate: nan is not 0 or more; please write another"),
        ("line-rate = true", "line-rate is not a number; please write it as that"),
        ("max-clients = 1.5", "max-clients: 1.5 is no whole number; please write one"),
        (
            "exempt = ['all']",
            "exempt: 'all' is no address, and no range like 10.0.0.0/8; please write another",
        ),
        ("proxy = '10.0.0.1'", "proxy is not a list of words in quotes; please write it like proxy = "),
        ("max-clients = 0", "max-clients: 0 is not 1 or more; please write another"),
        ("plaintext-passwords = 1", "plaintext-passwords is not true or false; please write it as that"),
        ("plaintext-passwords = 'no'", "plaintext-passwords is not true or false; please write it as that"),
        ("data = 5", "data is not a word in quotes; please write it as that"),
        ("keep = 100", "keep is not a word in quotes; please write it as that"),
        ("keep = '0d'", "keep: 0d keeps nothing; please write an age like 90d"),
        ("sync = 'never'", "sync is 'never'; please write one of always, everysec"),
        ("log-level = 'loud'", "log-level is 'loud'; please write one of debug, info, warning, error"),
        (
            "listen = 'tcp://[::1]:1'",
            "listen is not a list of words in quotes; please write it like ",
        ),
        ("listen = []", "listen is not a list of words in quotes; "),
        ("listen = [1]", "listen is not a list of words in quotes; "),
        ("webhooks = 1", "webhooks is no list of tables; please write [[webhooks]] above each"),
        ("[webhooks]\n", "webhooks is no list of tables; please write [[webhooks]] above each"),
        (HOOK * 21, "there are more than 20 [[webhooks]]; please write fewer"),
        (HOOK + "[[webhooks]]\n", "[[webhooks]] number 2: url is missing; please write it like url = "),
    ],
)
def test_a_mistake_is_one_sentence(path: Path, text: str, sentence: str) -> None:
    write(path, text)
    with pytest.raises(ConfigError) as told:
        read_settings(path)
    assert str(told.value).startswith(f"{path}: {sentence}")
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            b"listen = \n",
            "is no TOML: Invalid value (at line 1, column 10); ",
        ),
        (b"data = 'a'\ndata = 'b'\n", "is no TOML: Cannot overwrite a value (at line 2, column 11); "),
        (b"data = '\xff'", "is not in UTF-8; please save it so"),
        (b"x = " + b"[" * 100_000, "is no settings: it is nested too deeply"),
        (b"#" * (2**20 + 1), "is larger than settings can be; please give another --config"),
    ],
)
def test_a_file_that_is_none(path: Path, data: bytes, sentence: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ConfigError) as told:
        read_settings(path)
    assert str(told.value).startswith(f"{path} {sentence}")


def test_a_file_that_cannot_be_read(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=f"cannot read {path}: No such file or directory; please"):
        read_settings(path)
    os.mkfifo(path)
    for other in (tmp_path, path, Path("/dev/null")):
        with pytest.raises(ConfigError, match=r"Is a directory|is no file; please give one with --config"):
            read_settings(other)


def hook(path: Path, **changes: object) -> Webhook:
    """The one webhook of a file, but for these lines."""
    lines: dict[str, object] = {"url": '"https://a.example/x"', "rooms": '["dev"]', "secret": f'"{SECRET}"'}
    lines |= {name.replace("_", "-"): value for name, value in changes.items()}
    text = "\n".join(f"{name} = {value}" for name, value in lines.items() if value is not None)
    (found,) = read_settings(write(path, f"[[webhooks]]\n{text}\n")).webhooks
    return found


def test_a_webhook(path: Path) -> None:
    usual = frozenset(("said", "topic", "acted"))
    assert hook(path) == Webhook("https://a.example/x", "https://a.example", frozenset(("dev",)), usual, KEY)
    other = hook(
        path,
        url='"http://[::1]:8080/?secret=1"',
        rooms='["*", "#Staff"]',
        events='["said", "left"]',
        allow_private="true",
        secret='"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"',
    )
    assert other == Webhook(
        "http://[::1]:8080/?secret=1",
        "http://[::1]:8080",
        frozenset(("*", "staff")),
        frozenset(("said", "left")),
        KEY,
        True,
    )
    assert KEY.decode() not in repr(other)


def test_a_secret_in_a_file_of_its_own(path: Path, tmp_path: Path) -> None:
    write(tmp_path / "hook.secret", f"{SECRET}\n", 0o600)
    assert hook(path, secret=None, secret_file='"hook.secret"').key == KEY
    assert hook(path, secret=None, secret_file=f'"{tmp_path / "hook.secret"}"').key == KEY
    path.chmod(0o644)  # there is no secret in it
    assert read_settings(path).webhooks[0].key == KEY


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"uri": '"x"'}, "there is no setting 'uri'; did you mean url?"),
        (
            {"allow_private": '"yes"'},
            "allow-private is not as it has to be; please write it like allow-private = true",
        ),
        ({"url": None}, 'url is missing; please write it like url = "https://example.org/chat"'),
        ({"rooms": None}, 'rooms is missing; please write it like rooms = ["lobby", "dev"]'),
        ({"rooms": "[]"}, "rooms is not as it has to be; please write it like rooms = "),
        ({"rooms": '"dev"'}, "rooms is not as it has to be; "),
        ({"rooms": '["no room"]'}, "rooms has 'no room': a room's name has 1 to 32 characters"),
        ({"events": "[]"}, "events is not as it has to be; "),
        ({"events": '["topics"]'}, "events has 'topics'; did you mean topic?"),
        ({"events": '["dm"]'}, "events has 'dm'; please write one of said, topic, "),
        ({"url": "5"}, "url is not as it has to be; "),
        ({"url": '"a.example"'}, "url is no address of the web; please write it like https://"),
        ({"url": '"ftp://a.example/"'}, "url is no address of the web; "),
        ({"url": '"https:///x"'}, "url is no address of the web; "),
        ({"url": '"https://a.example:0/"'}, "url is no address of the web; "),
        ({"url": '"https://a.example:99999/"'}, "url is none (Port out of range"),
        ({"url": '"https://[::1/"'}, "url is none ("),
        ({"url": '"https://a.example/ä"'}, "url has what no address has; "),
        ({"url": '"https://a.example/ b"'}, "url has what no address has; "),
        ({"url": r'"https://a.example/\r\nX: y"'}, "url has what no address has; "),
        ({"url": '"https://bücher.example/"'}, "url has what no address has; "),
        ({"url": '"https://a..example/"'}, "url has what no address has; "),
        ({"url": f'"https://{"a" * 64}.example/"'}, "url has what no address has; "),
        ({"url": f'"https://{"a." * 130}example/"'}, "url has what no address has; "),
        ({"url": '"https://al:pw@a.example/"'}, "url has a name or password before its @, or a #; "),
        ({"url": '"https://a.example/#x"'}, "url has a name or password before its @, or a #; "),
        ({"url": '"http://127.0.0.1/"'}, "url is an address of this machine or of a private network; "),
        ({"url": '"http://[fd00::1]/"'}, "url is an address of this machine or of a private network; "),
        (
            {"secret": None},
            "it needs a secret or a secret-file, and not both; please make one with: echo whsec_",
        ),
        ({"secret_file": '"x"'}, "it needs a secret or a secret-file, and not both; "),
        ({"secret": '"short"'}, "its secret is not 24 to 64 bytes in base64; please make one with: "),
        ({"secret": '"not base64!"'}, "its secret is not 24 to 64 bytes in base64; "),
        ({"secret": '"ä"'}, "its secret is not 24 to 64 bytes in base64; "),
        ({"secret": None, "secret_file": '"nowhere"'}, "cannot read "),
    ],
)
def test_a_mistake_in_a_webhook(path: Path, changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError) as told:
        hook(path, **changes)
    assert str(told.value).startswith(f"{path}: [[webhooks]] number 1: {sentence}")


def test_a_secret_that_everybody_can_read(path: Path, tmp_path: Path) -> None:
    write(path, HOOK, 0o644)
    with pytest.raises(ConfigError, match=rf"{path}: everybody can read it.*; please run: chmod o= {path}"):
        read_settings(path)
    secret = write(tmp_path / "hook.secret", SECRET, 0o604)
    with pytest.raises(ConfigError, match=rf"everybody can read {secret}; please run: chmod o= {secret}"):
        hook(path, secret=None, secret_file='"hook.secret"')
