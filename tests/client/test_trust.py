"""Which server is trusted over TLS, and what is remembered of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatd.protocol.fingerprints import shown_fingerprint
from chatd_client.known_server import VOUCHED_FOR, KnownCertificate, KnownServer
from chatd_client.link_errors import CertificateRefused
from chatd_client.state_files import server_path
from chatd_client.trust import UnvouchedCertificate
from tests.support.encrypted import encrypted_server, port_of
from tests.support.trusting import MINE, OTHER, link, refusal, settled, trust, vouch

pytestmark = pytest.mark.usefixtures("watchdog")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "certificates" / "server.json"


@pytest.fixture(autouse=True)
def nobody_vouches(monkeypatch: pytest.MonkeyPatch) -> None:
    vouch(monkeypatch, os.devnull)


@pytest.fixture
def port() -> Iterator[int]:
    with encrypted_server(MINE) as server:
        yield port_of(server)


# -- whom one trusts ---------------------------------------------------------------------------------------


def test_one_that_the_systems_store_vouches_for(
    port: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouch(monkeypatch, MINE.certificate)
    assert settled(trust(file), port).questions == []
    assert KnownServer(file).find() == VOUCHED_FOR and file.stat().st_mode & 0o777 == 0o600
    with link(trust(file), port) as connected:
        assert connected.welcome.nick == "alice"


def test_one_for_which_nobody_vouches_is_asked_about_once(port: int, file: Path) -> None:
    (question,) = settled(trust(file), port, True).questions
    shown = shown_fingerprint(MINE.fingerprint)
    assert f":\n  {shown[:47]}\n  {shown[48:]}\n" in question and f"localhost port {port}" in question
    known = KnownServer(file).find()
    assert known is not None and known.fingerprint == MINE.fingerprint and not known.expired
    assert settled(trust(file), port).questions == []
    with link(trust(file), port) as connected:
        assert connected.welcome.nick == "alice"


def test_whoever_says_no_and_whoever_cannot_be_asked(port: int, file: Path) -> None:
    with pytest.raises(CertificateRefused, match=r"is not trusted$"):
        settled(trust(file), port, False)
    with pytest.raises(UnvouchedCertificate) as refused:
        settled(trust(file), port)
    assert str(refused.value).endswith(f"--fingerprint {shown_fingerprint(MINE.fingerprint)}")
    assert refusal(trust(file), port) == str(refused.value)  # a bot asks nobody
    assert not file.exists()


def test_the_fingerprint_may_be_given(port: int, file: Path) -> None:
    given = trust(file, fingerprint=MINE.fingerprint)
    assert settled(given, port).questions == []
    with link(given, port), link(trust(file), port, nick="bob"):
        pass
    wrong = refusal(trust(file, fingerprint=OTHER.fingerprint), port)
    assert shown_fingerprint(MINE.fingerprint) in wrong and shown_fingerprint(OTHER.fingerprint) in wrong


def test_any_will_do_and_nothing_is_remembered(port: int, file: Path) -> None:
    careless = trust(file, insecure=True)
    assert settled(careless, port).questions == [] and careless.tokens == ""
    with link(careless, port):
        pass
    assert not file.exists() and not file.parent.exists()


def test_without_a_home_it_holds_until_the_program_ends(port: int) -> None:
    homeless = trust(None)
    assert settled(homeless, port, True).told == []
    with link(homeless, port):
        pass


def test_what_cannot_be_kept_is_told(port: int, file: Path) -> None:
    file.mkdir(parents=True)
    unkept = trust(file)
    asked = settled(unkept, port, True)
    assert asked.told[0].startswith(f"the server's certificate cannot be remembered: {file}")
    with link(unkept, port):
        pass


@pytest.mark.parametrize("data", [b"", b"{", b'{"fingerprint":5}', b"\xff", b"[" * 5000])
def test_what_is_no_such_file_is_as_if_it_were_not_there(data: bytes, port: int, file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(data)
    assert len(settled(trust(file), port, True).questions) == 1
    assert KnownServer(file).find() is not None


# -- what changes ------------------------------------------------------------------------------------------


def test_another_one_than_before_is_refused(port: int, file: Path) -> None:
    KnownServer(file).keep(KnownCertificate(OTHER.fingerprint, 1 << 40))
    assert settled(trust(file), port, True).questions == []
    said = refusal(trust(file), port)
    assert "NOT THE ONE that you trust" in said and "--fingerprint" in said
    assert shown_fingerprint(MINE.fingerprint) in said and shown_fingerprint(OTHER.fingerprint) in said
    with link(trust(file, fingerprint=MINE.fingerprint), port), link(trust(file), port, nick="bob"):
        pass


def test_one_that_is_vouched_for_takes_the_place_of_one_that_was_trusted(
    port: int, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vouch(monkeypatch, MINE.certificate)
    KnownServer(file).keep(KnownCertificate(OTHER.fingerprint, 1 << 40))
    with link(trust(file), port):
        assert KnownServer(file).find() == VOUCHED_FOR


def test_one_that_is_vouched_for_no_more(port: int, file: Path) -> None:
    KnownServer(file).keep(VOUCHED_FOR)
    assert settled(trust(file), port, True).questions == []
    said = refusal(trust(file), port)
    assert "ANY MORE" in said and shown_fingerprint(MINE.fingerprint) in said


def test_one_that_has_expired_is_asked_about_anew(port: int, file: Path) -> None:
    KnownServer(file).keep(KnownCertificate(OTHER.fingerprint, 1))
    (question,) = settled(trust(file), port, True).questions
    assert question.startswith("The certificate that you trusted until now has expired.\nNobody whom")


def test_servers_have_a_file_each() -> None:
    KnownServer.at("Host", 1).keep(VOUCHED_FOR)
    assert KnownServer.at("host", 1).find() == VOUCHED_FOR and KnownServer.at("host", 2).find() is None
    assert server_path("certificates", "host", 1) is not None
