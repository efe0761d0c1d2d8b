"""The SHA-256 of a certificate, as it is written and read."""

import pytest

from chatd.protocol.errors import ConfigError
from chatd.protocol.fingerprints import read_fingerprint, shown_fingerprint

HEX = "00ff" * 16


def test_it_is_shown_in_pairs() -> None:
    assert shown_fingerprint(HEX) == ":".join(["00", "FF"] * 16)


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        HEX.upper(),
        shown_fingerprint(HEX),
        f"SHA256:{HEX}",
        f"sha256 Fingerprint={shown_fingerprint(HEX)}",
        f" SHA-256 {shown_fingerprint(HEX)}\n",
    ],
)
def test_a_fingerprint_may_be_written_in_several_ways(text: str) -> None:
    assert read_fingerprint(text) == HEX


@pytest.mark.parametrize("text", ["", "00", HEX + "0", HEX[:-1] + "g", "SHA1:" + HEX[:40], "é" * 64])
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(ConfigError, match="a fingerprint is the SHA-256 of a certificate: 64 digits"):
        read_fingerprint(text)
