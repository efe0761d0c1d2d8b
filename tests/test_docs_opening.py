"""Opening it to the world: the page's commands are typed, one after the other, and it shows what they show.

The server is a process of its own, and is reached by an address that is not this machine's loopback, as from
elsewhere.
"""

import os
import re
import shlex
import signal
import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from chatd.commands.own_addresses import own_addresses
from chatd.commands.self_signed import DAYS
from chatd.commands.table import run_command
from chatd.net.opening import check_plaintext
from chatd.net.transports.tcp import listen
from chatd.net.web.site import SUBPROTOCOL
from chatd.protocol.errors import ConfigError
from chatd.protocol.limits import DEFAULT
from chatd.settings.arguments import read_arguments
from chatd_client.__main__ import main
from chatd_client.known_server import KnownServer
from chatd_client.link_errors import CertificateRefused
from chatd_client.trust import ServerTrust
from chatd_client.trust_options import TrustOptions
from tests.net.test_haproxy import HAPROXY
from tests.support.browser import WebPeer
from tests.support.certificates import self_signed
from tests.support.chatd_process import log_of, running
from tests.support.doc_pages import examples, page
from tests.support.live import WATCHDOG, serving
from tests.support.programs import needs

PAGE = "docs/opening-it.md"
_HOST, _PORT = "chat.example.org", "5050"
_ELSEWHERE = [str(one) for one in own_addresses() if one.version == 4 and not one.is_loopback]
_BYTE = "[0-9A-F]{2}"
#: What is another one each time.
_CHANGING = {
    "DATE": "[0-9]{4}-[0-9]{2}-[0-9]{2}",
    "OTHERS": "localhost, .*",
    "SHA256, FIRST HALF": f"({_BYTE}:?){{16}}",
    "SHA256, SECOND HALF": f"({_BYTE}:?){{16}}",
    "SHA256": f"({_BYTE}:?){{32}}",
}


def command(example: str) -> list[str]:
    """The words behind the program's name."""
    [line] = examples(PAGE, f"sh {example}").splitlines()
    return shlex.split(line)[1:]


def session(example: str) -> tuple[list[str], str]:
    """The words behind the program's name, and what it shows."""
    typed, _, shown = examples(PAGE, f"text {example}").partition("\n")
    assert typed.startswith("$ ")
    return shlex.split(typed)[2:], shown


def is_shown(shown: str, example: str) -> None:
    parts = re.split(f"({'|'.join(_CHANGING)})", example)
    assert re.fullmatch("".join(_CHANGING.get(part, re.escape(part)) for part in parts), shown), shown


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody vouches for anything there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", os.devnull)
    monkeypatch.setenv("SSL_CERT_DIR", "/nowhere")


def there(words: list[str], address: tuple[str, int]) -> list[str]:
    """The same words, where the server of the test is meant."""
    return [
        re.sub(f"^([a-z]+@)?{_HOST}:{_PORT}$", rf"\g<1>{address[0]}:{address[1]}", word) for word in words
    ]


def openssl(words: list[str]) -> list[str]:
    """What its program shows to somebody who comes and goes."""
    done = subprocess.run(
        ["openssl", *words],
        check=False,
        input=b"alice\n/quit\n",
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=WATCHDOG,
    )
    return done.stdout.decode().splitlines()


def made(words: list[str], shown: str, capfd: pytest.CaptureFixture[str]) -> str:
    """The SHA-256 of a certificate that is made."""
    assert run_command(words[0], words[1:]) == 0
    out = capfd.readouterr().out
    is_shown(out, shown)
    found = re.search(f"({_BYTE}:){{31}}{_BYTE}", out)
    assert found
    return found[0]


def curl(words: list[str], address: tuple[str, int]) -> str:
    """What it shows of a URL of the page."""
    words = [word.replace(f"{_HOST}:{_PORT}", f"{_HOST}:{address[1]}") for word in words]
    leads = ["--resolve", f"{_HOST}:{address[1]}:{address[0]}"]
    done = subprocess.run(
        ["curl", "-sS", *leads, *words], check=True, stdout=subprocess.PIPE, timeout=WATCHDOG
    )
    return done.stdout.decode()


def encrypted(address: tuple[str, int]) -> ssl.SSLSocket:
    """A connection that looks at no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(socket.create_connection(address, WATCHDOG))


@needs("openssl", "curl")
@pytest.mark.skipif(not _ELSEWHERE, reason="this machine has no address but its loopback")
def test_the_page_is_followed_from_its_beginning(capfd: pytest.CaptureFixture[str]) -> None:
    words, shown = session("certificate")
    first = made(words, shown, capfd)
    with running(*(word.replace(f":{_PORT}", ":0") for word in command("server"))) as (process, [port]):
        address = _ELSEWHERE[0], port
        is_asked(address)
        is_refused(address)
        for line in examples(PAGE, "sh openssl").splitlines():
            assert openssl(there(shlex.split(line)[1:], address))[-1] == "* bye"
        words, healthy = session("health")
        assert curl(words, address) == healthy
        script = there(command("script"), address)
        assert main(with_fingerprint(script, first)) == 0
        renewed, _, hang_up = examples(PAGE, "sh renew").splitlines()
        second = made(shlex.split(renewed)[1:], shown.replace("tls/", "new/"), capfd)
        for name in ("certificate.pem", "key.pem"):
            Path("new", name).rename(Path("tls", name))
        assert hang_up == "kill -HUP PID"
        with encrypted(address) as stays:
            process.send_signal(signal.SIGHUP)
            assert any("was read again" in line for line in log_of(process))
            stays.sendall(b"carol\n")
            assert b"* you are carol" in stays.recv(1000)
        assert main(with_fingerprint(script, first)) == 1
        assert "NOT THE ONE" in capfd.readouterr().err
        assert main(with_fingerprint(script, second)) == 0


def with_fingerprint(script: list[str], fingerprint: str) -> list[str]:
    return [fingerprint if word == "SHA256" else word for word in script]


def is_refused(address: tuple[str, int]) -> None:
    """In plain text."""
    with socket.create_connection(address, WATCHDOG) as plain:
        typed, _, refusal = session("plain")[1].partition("\n")
        plain.sendall(f"{typed}\n".encode())
        assert plain.recv(1000).decode() == refusal


def is_asked(address: tuple[str, int]) -> None:
    """As the page says it, by `chat` at a terminal."""
    asked: list[str] = []

    def no(question: str) -> bool:
        asked.append(f"{question}\nDo you trust it? yes/no:\n")
        return False

    with pytest.raises(CertificateRefused, match="is not trusted"):
        ServerTrust(KnownServer(None), TrustOptions()).settle(*address, no, asked.append)
    is_shown(
        asked[0].replace(f"{address[0]} port {address[1]}", f"{_HOST} port {_PORT}"), session("question")[1]
    )


def test_without_a_certificate_it_does_not_start() -> None:
    words, shown = session("refused")
    config, _ = read_arguments(words)
    [listener] = listen("tcp://0.0.0.0:0", DEFAULT)
    with pytest.raises(ConfigError) as error:
        check_plaintext(config, listener)
    listener.close()
    assert shown == f"chatd: {error.value}\n".replace(listener.uri, config.listen[0])


@pytest.mark.parametrize("example", ["server", "exempt", "proxied", "web"])
def test_a_command_of_the_server_is_understood(example: str) -> None:
    read_arguments(command(example))


def test_the_unit_of_systemd_has_a_command_that_is_understood() -> None:
    [_, line] = re.findall(r"^ExecStart=(.*)$", examples(PAGE, "ini drop-in"), re.MULTILINE)
    program, *words = shlex.split(line)
    assert program == "/opt/chatd/bin/chatd"
    read_arguments(words)


@pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed")
@pytest.mark.parametrize("example", ["haproxy", "haproxy-web"])
def test_an_example_of_haproxy_is_understood(example: str, tmp_path: Path) -> None:
    assert HAPROXY is not None
    both, file = tmp_path / "both.pem", tmp_path / "haproxy.cfg"
    both.write_bytes(b"".join(path.read_bytes() for path in (self_signed().certificate, self_signed().key)))
    text = examples(PAGE, f"text {example}")
    file.write_text(text.replace("/etc/haproxy/chat.example.org.pem", str(both)))
    subprocess.run([HAPROXY, "-c", "-q", "-f", file], check=True, timeout=WATCHDOG)


def test_the_example_of_websocket_is_what_the_server_speaks() -> None:
    text = examples("docs/protocol.md", "javascript")
    found = re.search(r'new WebSocket\("wss://([^/]+)(/)", "([^"]+)"\)', text)
    hello = re.search(r"JSON.stringify\({(.*?)}\)", text)
    assert found and hello
    assert (found[1], found[3]) == (_HOST, SUBPROTOCOL)
    fields = dict(pair.replace('"', "").split(": ") for pair in hello[1].split(", "))
    with serving(web_hosts=(_HOST,)) as server, WebPeer(server) as browser:
        browser.say(**fields)
        assert browser.until("welcome")["nick"] == fields["nick"]


@pytest.mark.parametrize(
    "sentence",
    [
        f"a share: {DEFAULT.address_here} connections at a time, {DEFAULT.address_connects} in ten minutes",
        f"{DEFAULT.address_lines * DEFAULT.line_rate:g} a second after a burst of "
        f"{DEFAULT.address_lines * DEFAULT.line_burst:g}",
        f"A handshake has {DEFAULT.handshake_time:g} s",
        f"good for {DAYS} days",
        f"chatd pings each {DEFAULT.ping_interval:g} s",
        f"is greeted after {DEFAULT.greet_browser_after:g} s of silence",
    ],
)
def test_a_number_on_the_page_is_that_of_the_code_too(sentence: str) -> None:
    assert sentence in page(PAGE).replace("\n", " ")
    assert (DEFAULT.handshake_cost, DEFAULT.login_cost, DEFAULT.name_cost) == (4, 4, 1)
