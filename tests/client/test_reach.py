"""By TLS or in plain text: what decides, what is said of it, and what is kept apart."""

import socket as options
from typing import Any

import gevent
import pytest
from gevent import socket

from chatd.protocol.errors import ConfigError
from chatd_client import wire
from chatd_client.arguments import parse
from chatd_client.device_tokens import DeviceTokens
from chatd_client.known_server import KnownServer
from chatd_client.link_errors import CertificateRefused, LinkError
from chatd_client.reach import security_of, settle, warning_of
from chatd_client.target import Target, parse_target
from chatd_client.trust import ServerTrust
from chatd_client.trust_options import TrustOptions
from chatd_client.wire import PlainText, is_here, is_loopback
from tests.support.certificates import self_signed
from tests.support.encrypted import encrypted_server, port_of
from tests.support.live import address_of, serving
from tests.support.scripted_server import ScriptedServer

pytestmark = pytest.mark.usefixtures("watchdog")

HEX = "00ff" * 16
INSECURE = TrustOptions(insecure=True)


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Every name has these addresses, or none."""

    def look_up(*given: Any) -> list[Any]:
        if not addresses:
            raise options.gaierror(options.EAI_NONAME, "Name or service not known")
        return [(options.AF_INET, options.SOCK_STREAM, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        *((host, True) for host in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0", "::")),
        *(
            (host, False)
            for host in ("10.0.0.1", "192.0.2.1", "fe80::1%eth0", "::ffff:10.0.0.1", "2001:db8::")
        ),
    ],
)
def test_addresses_of_this_machine(host: str, here: bool) -> None:
    assert is_here(host) == is_loopback(host) == here


def test_names_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for addresses, here in (
        (("127.0.0.1", "::1"), True),
        (("127.0.0.1", "10.0.0.1"), False),
        (("10.0.0.1",), False),
        ((), False),
    ):
        resolves(monkeypatch, *addresses)
        assert is_here("some.name") == here
    assert not is_here("x" * 70) and not is_loopback("localhost")


@pytest.mark.parametrize(
    ("text", "trust", "kind"),
    [
        ("127.0.0.1", TrustOptions(), PlainText),
        ("192.0.2.1", TrustOptions(), ServerTrust),
        ("chats://127.0.0.1", TrustOptions(), ServerTrust),
        ("127.0.0.1", INSECURE, ServerTrust),
        ("127.0.0.1", TrustOptions(HEX), ServerTrust),
        ("chat://192.0.2.1", TrustOptions(), PlainText),
    ],
)
def test_what_decides(text: str, trust: TrustOptions, kind: type) -> None:
    assert isinstance(security_of(parse_target(text), trust), kind)


def test_a_certificate_and_plain_text_do_not_go_together() -> None:
    with pytest.raises(ConfigError, match=r"please write chats://h$"):
        security_of(Target("al", "h", 1, "chat"), INSECURE)


def test_a_name_that_is_not_this_machine_any_more_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer() as peer:
        monkeypatch.setattr(wire, "is_loopback", lambda address: False)
        accepted = gevent.spawn(peer.accept_again)
        with pytest.raises(LinkError, match=r"127\.0\.0\.1 is not this machine any more; please start again"):
            PlainText(anywhere=False).open("127.0.0.1", peer.port)
        accepted.get()
        assert peer.connection.recv(10) == b""


def test_what_is_said_each_time() -> None:
    encrypted, plain, here = (
        parse_target(text) for text in ("192.0.2.1", "chat://192.0.2.1", "chat://127.0.0.1")
    )
    assert warning_of(encrypted, TrustOptions()) == warning_of(here, TrustOptions()) == ""
    assert warning_of(plain, TrustOptions()).startswith(
        "the connection to 192.0.2.1 is not encrypted (chat://): whoever is on the way can read and change"
    )
    assert "(--insecure)" in warning_of(encrypted, INSECURE)


def test_a_token_that_was_got_by_tls_is_not_found_for_plain_text() -> None:
    target = Target("al", "host", 1)
    by_tls, careless = security_of(target, TrustOptions(HEX)), security_of(target, INSECURE)
    plain = security_of(target._replace(scheme="chat"))
    tokens, openly, nowhere = (
        DeviceTokens.of_server("host", 1, each.tokens) for each in (by_tls, plain, careless)
    )
    tokens.keep("al", "by TLS")
    nowhere.keep("al", "to anyone")
    assert openly.find("al") is None and nowhere.find("al") is None
    openly.keep("al", "openly")
    assert (tokens.find("al"), openly.find("al")) == ("by TLS", "openly")


def test_whoever_has_patience_goes_on_where_there_is_no_way_now() -> None:
    """But not where the server is not trusted."""
    with encrypted_server(self_signed()) as server:
        address = Target("al", "127.0.0.1", port_of(server))
        known = ServerTrust(KnownServer(None), TrustOptions())
        with pytest.raises(CertificateRefused):
            settle(known, address, lambda question: False, print, patient=True)
    with serving() as plain:
        for target, sentence in (
            (address, "cannot connect to 127.0.0.1 port"),
            (address._replace(port=address_of(plain.addresses[0])[1]), "there is no TLS with"),
        ):
            settle(known, target, lambda question: True, print, patient=True)
            with pytest.raises(LinkError, match=sentence):
                settle(known, target, lambda question: True, print)


# -- what is given -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("chats://host", ("login", "host", 5050, "chats")),
        ("CHATS://bob@host:1/", ("bob", "host", 1, "chats")),
        ("chat://bob@[::1]:1", ("bob", "::1", 1, "chat")),
        ("chats://", ("login", "example.org", 80, "chats")),
        ("chats://bob@", ("bob", "example.org", 80, "chats")),
        ("bob@", ("bob", "example.org", 80, "chat")),
        ("bob@host", ("bob", "host", 5050, "")),
        ("bob@chats://host:1", ("bob", "host", 1, "chats")),
    ],
)
def test_schemes(text: str, target: tuple[str, str, int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "login")
    assert parse_target(text, None, "chat://example.org:80") == target


@pytest.mark.parametrize("text", ["tcp://h", "https://bob@h", "://h", "chat:/h", "chats://a@chat://h"])
def test_what_is_no_scheme(text: str) -> None:
    with pytest.raises(ConfigError, match=r"is not understood; please write|the port /h is not"):
        parse_target(text)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--insecure", "--fingerprint", HEX], "please give --fingerprint or --insecure"),
        (["--key", "file"], "a key needs its certificate; please give --certificate, too"),
        (["--fingerprint", "1"], "a fingerprint is the SHA-256 of a certificate"),
    ],
)
def test_options_that_cannot_be(
    words: list[str], sentence: str, unchanged: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for command in ([], ["send"], ["tail"], ["log"]):
        with pytest.raises(SystemExit, match="2"):
            parse([*command, *words], terminal=True)
        assert sentence in capsys.readouterr().err


def test_options_that_can_be(unchanged: None) -> None:
    given = parse(["--fingerprint", HEX.upper(), "--certificate", "c", "--key", "k", "h"], terminal=True)
    assert given.trust.fingerprint == HEX and str(given.trust.key) == "k"
    assert not parse(["h"], terminal=True).trust.given


def test_a_certificate_of_ones_own_that_cannot_be_used(tmp_path: Any) -> None:
    mine, other = self_signed(), self_signed("other.example", 2)
    for certificate, key, sentence in (
        (tmp_path / "none", None, f"cannot read {tmp_path / 'none'}: no such file or directory"),
        (mine.key, None, "cannot be used; please give PEM files that belong together"),
        (mine.certificate, other.key, "cannot be used; please give PEM files that belong together"),
    ):
        with pytest.raises(ConfigError, match=sentence):
            security_of(Target("al", "h", 1), TrustOptions(certificate=certificate, key=key))
