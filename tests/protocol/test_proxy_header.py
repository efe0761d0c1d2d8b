"""The header with which a proxy says for whom it speaks: both versions, however the bytes are split."""

from ipaddress import ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatd.protocol.limits import DEFAULT
from chatd.protocol.proxy_header import BadProxyHeader, ProxyHeader, parse_proxy_header
from tests.support.proxied import LOCAL_HEADER, SIGNATURE, binary_header

Source = tuple[str, int] | None

LAST = ":".join(8 * ["ffff"])

#: (what comes, the client's address)
HEADERS: list[tuple[bytes, Source]] = [
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n", ("192.0.2.7", 56324)),
    (b"PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n", ("2001:db8::7", 1)),
    (b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 5 6\r\n", ("192.0.2.7", 5)),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 0 0\r\n", ("192.0.2.7", 0)),
    (b"PROXY UNKNOWN\r\n", None),
    (b"PROXY UNKNOWN ffff:f...f:ffff whatever it is 65535\r\n", None),
    (
        b"PROXY TCP6" + 2 * b" ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" + b" 65535 65535\r\n",
        (":".join(8 * ["ffff"]), 65535),
    ),
    (b"PROXY UNKNOWN" + b" " * (107 - 15) + b"\r\n", None),  # the longest there may be
    (binary_header("192.0.2.7", 56324), ("192.0.2.7", 56324)),
    (binary_header("2001:db8::7", 7), ("2001:db8::7", 7)),
    (binary_header("::ffff:192.0.2.7", 7), ("192.0.2.7", 7)),
    (binary_header("192.0.2.7", 7, b"\x01\0\x02h2\x30\0\x05\x07\0\0\0\0"), ("192.0.2.7", 7)),  # TLVs
    (binary_header("192.0.2.7", 7, b"not even a TLV"), ("192.0.2.7", 7)),
    (binary_header("192.0.2.7", 7, b"\x04" * (DEFAULT.proxy_header - 12)), ("192.0.2.7", 7)),
    (SIGNATURE + b"\x21\x12\0\x0c" + bytes([192, 0, 2, 7, 1, 1, 1, 1, 0, 9, 0, 8]), ("192.0.2.7", 9)),  # UDP
    (LOCAL_HEADER, None),
    (SIGNATURE + b"\x20\x11\0\x0c" + bytes(12), None),  # LOCAL: whatever else it says
    (SIGNATURE + b"\x20\x99\0\x03abc", None),
    (SIGNATURE + b"\x21\x00\0\x00", None),  # AF_UNSPEC
    (SIGNATURE + b"\x21\x00\0\x02xy", None),
    (SIGNATURE + b"\x21\x31\0\xd8" + b"/run/x".ljust(216, b"\0"), None),  # AF_UNIX
]


@pytest.mark.parametrize(("header", "source"), HEADERS)
@pytest.mark.parametrize("behind", [b"", b"alice\n", b"\x16\x03\x01", b"\r\n"])
def test_headers(header: bytes, source: Source, behind: bytes) -> None:
    assert parse_proxy_header(header + behind) == ProxyHeader(len(header), source)


@pytest.mark.parametrize(("header", "source"), HEADERS)
def test_until_all_of_it_is_there_more_is_asked_for(header: bytes, source: Source) -> None:
    assert [parse_proxy_header(header[:size]) for size in range(len(header))] == [None] * len(header)


TLS = b"\x20\0\x05\x01\0\0\0\0"


@pytest.mark.parametrize(
    ("tlvs", "encrypted"),
    [
        (b"", False),
        (TLS, True),
        (b"\x01\0\x02h2\x05\0\x00" + TLS + b"\x30\0\x01x", True),
        (b"\x20\0\x0f\x07\0\0\0\0\x21\0\x07TLSv1.3", True),
        (b"\x20\0\x05\x06\0\0\0\0", False),  # it showed a certificate, in another connection
        (b"\x20\0\x00", False),
        (b"\x20\0\x05\x01\0", False),
        (b"\x04\0\x08" + TLS, False),  # in another one
        (b"\x01\xff\xff" + TLS, False),
        (b"\x20\0", False),
    ],
)
def test_whether_the_client_spoke_tls_with_the_proxy(tlvs: bytes, encrypted: bool) -> None:
    for source in ("192.0.2.7", "2001:db8::7"):
        header = parse_proxy_header(binary_header(source, 7, tlvs) + TLS)
        assert header is not None and header.encrypted is encrypted
    header = parse_proxy_header(SIGNATURE + b"\x20\0\0" + bytes([len(tlvs)]) + tlvs)
    assert header is not None and not header.encrypted  # LOCAL


#: (what comes, a part of what is said of it)
WRONGS = [
    (b"alice\n", "does not begin"),
    (b"PROXZ", "does not begin"),
    (b"proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n", "does not begin"),
    (b" PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\n", "does not begin"),
    (b"\x16\x03\x01", "does not begin"),
    (b"\r\n\r\n\0\r\nQUIT\r", "does not begin"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n", "no end"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2\rx", "no end"),
    (b"PROXY UNKNOWN" + b" " * 94, "no end"),
    (b"PROXY UNKNOWN" + b" " * 93 + b"\r\n", "no end"),
    (b"PROXY \r\n", "not understood"),
    (b"PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n", "not understood"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n", "not understood"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n", "not understood"),
    (b"PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n", "not understood"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n", "not understood"),
    (b"PROXY UNKNOWNS\r\n", "not understood"),
    (b"PROXY TCP4 192.0.2.07 198.51.100.1 1 2\r\n", "address"),
    (b"PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n", "address"),
    (b"PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n", "address"),
    (b"PROXY TCP4 192.0.2.7 nonsense 1 2\r\n", "address"),
    (b"PROXY TCP4 192.0.2.\xd9\xa7 198.51.100.1 1 2\r\n", "address"),
    (b"PROXY TCP6 fe80::1%eth0 2001:db8::1 1 2\r\n", "zone"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 -2\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1 1 " + b"9" * 60 + b"\r\n", "port"),
    (b"PROXY TCP4 192.0.2.7 198.51.100.1  2\r\n", "port"),
    (SIGNATURE + b"\x11\x11\0\x0c", "version"),
    (SIGNATURE + b"\x22\x11\0\x0c", "command"),
    (SIGNATURE + b"\x21\x13\0\x0c", "kind of address"),
    (SIGNATURE + b"\x21\x41\0\x0c", "kind of address"),
    (SIGNATURE + b"\x21\x11\0\x0b", "too short"),
    (SIGNATURE + b"\x21\x21\0\x23", "too short"),
    (SIGNATURE + b"\x21\x31\0\xd7", "too short"),
    (SIGNATURE + b"\x21\x11\xff\xff", "too long"),
    (SIGNATURE + b"\x20\x00\xff\xff", "too long"),
]


@pytest.mark.parametrize(("start", "said"), WRONGS)
def test_wrongs(start: bytes, said: str) -> None:
    with pytest.raises(BadProxyHeader, match=said):
        parse_proxy_header(start)


_ANYTHING = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=60).map(b"PROXY ".__add__),
    st.binary(max_size=60).map((SIGNATURE + b"\x21").__add__),
    st.lists(
        st.sampled_from(
            [b"PROXY", b"TCP4", b"TCP6", b"UNKNOWN", b" ", b"1.2.3.4", b"::1", b"7", b"\r\n", b"\n"]
        ),
        max_size=14,
    ).map(b"".join),
)


def outcome(start: bytes) -> ProxyHeader | str | None:
    try:
        return parse_proxy_header(start)
    except BadProxyHeader:
        return "no header"


@settings(max_examples=300)
@given(_ANYTHING, st.binary(max_size=8))
def test_whatever_comes_is_a_header_or_none_or_not_yet(start: bytes, behind: bytes) -> None:
    """What it was found to be by some byte, it is with more behind it, too."""
    outcomes = [outcome(start[:size]) for size in range(len(start) + 1)]
    found = next((it for it in outcomes if it is not None), None)
    if found is None:
        return
    assert outcomes[-1] == outcome(start + behind) == found
    if isinstance(found, ProxyHeader):
        assert found.size == outcomes.index(found)
        if found.source is not None:
            assert str(ip_address(found.source[0])) == found.source[0]
            assert 0 <= found.source[1] <= 65535


@given(st.ip_addresses(), st.integers(0, 65535), st.binary(max_size=100))
def test_both_versions_tell_the_same(address: object, port: int, tlvs: bytes) -> None:
    source = str(address)
    word = "TCP6" if ":" in source else "TCP4"
    line = f"PROXY {word} {source} {source} {port} 1\r\n".encode()
    text, binary = parse_proxy_header(line), parse_proxy_header(binary_header(source, port, tlvs))
    assert text is not None and binary is not None and text.source is not None
    assert text.source == binary.source
    assert text.source[1] == port
