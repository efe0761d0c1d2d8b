"""What a server of ours is spoken to over, as its name says."""

from pathlib import Path

import pytest

from loadtests.engine.codecs import CODECS
from loadtests.engine.transports import OPENINGS
from loadtests.measure.errors import Unusable
from loadtests.servers.programs import OURS, prepare_command
from loadtests.servers.transports import TCP, TRANSPORTS, make_certificate, over, transport_of


def test_each_transport_has_what_a_client_does() -> None:
    assert set(OPENINGS) == set(TRANSPORTS)


def test_every_server_of_ours_is_there_over_each() -> None:
    for name in OURS:
        assert CODECS[name].transport == transport_of(name)
        if transport_of(name) == TCP:
            for transport in TRANSPORTS:
                assert transport_of(over(name, transport)) == transport and over(name, transport) in OURS


def test_a_chatd_with_tls_gets_a_certificate_of_its_own(tmp_path: Path) -> None:
    command = prepare_command("chatd-tls", tmp_path)
    certificate, key = (command[command.index(word) + 1] for word in ("--tls-certificate", "--tls-key"))
    assert "BEGIN CERTIFICATE" in Path(certificate).read_text()
    assert Path(key).stat().st_mode & 0o777 == 0o600
    with pytest.raises(Unusable, match=r"^no certificate could be made: .* is there already"):
        make_certificate(tmp_path)
