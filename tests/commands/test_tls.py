"""`chatd tls self-signed`: files that a server takes, for every name of its machine; or one sentence."""

import socket
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from chatd.commands import own_addresses, self_signed
from chatd.commands.table import run_command
from chatd.protocol.fingerprints import shown_fingerprint
from chatd.protocol.requests import Hello
from chatd_client.known_server import KnownServer
from chatd_client.link import connect
from chatd_client.trust import ServerTrust
from chatd_client.trust_options import TrustOptions
from tests.commands.conftest import RunCommand
from tests.support.certificates import CertificateFiles
from tests.support.encrypted import encrypted_server, port_of


def names_in(folder: Path) -> list[str]:
    certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in names]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "box")


def test_what_is_made_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "new one" / "tls"
    given = [
        "--name",
        "Chat.Example.org.",
        "--name",
        "203.0.113.7",
        "--name",
        "bücher.de",
        "--name",
        "localhost",
    ]
    assert run_command("tls", ["self-signed", str(folder), *given]) == 0
    names = names_in(folder)
    assert names[:6] == [
        "chat.example.org",
        "203.0.113.7",
        "xn--bcher-kva.de",
        "localhost",
        "box",
        "127.0.0.1",
    ]
    assert "::1" in names and len(names) == len(set(names))
    assert [path.stat().st_mode & 0o777 for path in (folder, folder / "key.pem")] == [0o700, 0o600]
    certificate = x509.load_pem_x509_certificate((folder / "certificate.pem").read_bytes())
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 825
    good, fingerprint, start = capsys.readouterr().out.splitlines()
    assert (
        f"for chat.example.org, 203.0.113.7, {', '.join(names[2:])}; {folder / 'key.pem'} is its key" in good
    )
    assert fingerprint.endswith(shown_fingerprint(certificate.fingerprint(hashes.SHA256()).hex()))
    assert start == (
        f"chatd tls: please start the server with: --tls-certificate '{folder}/certificate.pem' "
        f"--tls-key '{folder}/key.pem'"
    )


def test_a_server_takes_it_and_whoever_trusts_it_may_check_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run_command("tls", ["self-signed", str(tmp_path)])
    certificate = tmp_path / "certificate.pem"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    trust = ServerTrust(KnownServer(None), TrustOptions())
    with encrypted_server(CertificateFiles(certificate, tmp_path / "key.pem", "")) as server:
        for number, host in enumerate(("localhost", "127.0.0.1")):
            connect(host, port_of(server), Hello(f"guest{number}"), security=trust).__exit__()


@pytest.mark.parametrize("there", ["key.pem", "certificate.pem"])
def test_nothing_is_overwritten(there: str, run: RunCommand, tmp_path: Path) -> None:
    (tmp_path / there).write_text("mine")
    status, text = run("tls", "self-signed", tmp_path)
    assert status == 2
    assert text == f"{tmp_path / there} is there already; please give another folder, or move it away"
    assert [path.name for path in tmp_path.iterdir()] == [there] and (tmp_path / there).read_text() == "mine"


def test_where_nothing_can_be_made(run: RunCommand, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        status, text = run("tls", "self-signed", folder)
        assert status == 1 and text.endswith(
            ("cannot be written: File exists", "cannot be written: Not a directory")
        )


@pytest.mark.parametrize(
    "name", ["", "a b", "-x", "a..b", "x" * 64, "a." * 130, "256.1.1.1/8", "*", "ü" * 64]
)
def test_what_is_no_name(name: str, run: RunCommand, tmp_path: Path) -> None:
    status, text = run("tls", "self-signed", tmp_path, f"--name={name}")
    assert status == 2 and text.startswith(
        f"{name!r} is no name of a machine and no address; please write one"
    )
    assert not [*tmp_path.iterdir()]


def test_a_machine_with_a_name_that_cannot_be_in_a_certificate(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "(none)")
    self_signed.make(tmp_path, [])
    assert names_in(tmp_path)[:2] == ["localhost", "127.0.0.1"]


def test_a_machine_without_ipv6(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(own_addresses, "_IPV6", tmp_path / "none")
    found = own_addresses.own_addresses()
    assert "127.0.0.1" in map(str, found) and {address.version for address in found} == {4}
    (tmp_path / "two").write_text(
        "fe800000000000000000000000000001 02 40 20 80 eth0\n"
        "20010db8000000000000000000000007 02 40 00 80 eth0\n"
    )
    monkeypatch.setattr(own_addresses, "_IPV6", tmp_path / "two")
    assert [str(one) for one in own_addresses.own_addresses() if one.version == 6] == ["2001:db8::7"]


def test_the_kind_has_to_be_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        run_command("tls", [])
    assert "required: self-signed" in capsys.readouterr().err
