"""By which names the server is known, and whose pages may connect."""

import pytest

from chatd.net.web.hosts import KnownHosts, is_same


@pytest.mark.parametrize(
    "host",
    [
        *("localhost", "LOCALHOST:5050", "localhost.", "box", "Chat.Example.org", "chat.example.org:443"),
        *("127.0.0.1", "192.0.2.7:5050", "[::1]", "[2001:db8::1]:5050"),
    ],
)
def test_known_hosts(host: str) -> None:
    assert KnownHosts(["box", "CHAT.example.org."]).knows(host)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "",
            "evil.example",
            "localhost.evil.example",
            "box.evil.example",
            "localhost:",
            "localhost:x",
            "box:123456",
        ),
        *(
            "::1",
            "[::1",
            "[::g]",
            "127.0.0.1.evil.example",
            "a@localhost",
            "localhost/",
            "localhost evil",
            "1.2.3",
        ),
    ],
)
def test_unknown_hosts(host: str) -> None:
    assert not KnownHosts(["box"]).knows(host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:5050", "localhost:5050"),
        ("https://chat.example.org", "chat.example.org"),
        ("https://CHAT.example.org:443", "chat.example.org"),
        ("http://a", "a:80"),
        ("https://a", "a:443"),
        ("http://[::1]:5050", "[::1]:5050"),
    ],
)
def test_a_page_of_this_server(origin: str, host: str) -> None:
    assert is_same(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        *(
            ("null", "a"),
            ("", "a"),
            ("a", "a"),
            ("file://", "a"),
            ("ftp://a", "a"),
            ("http://", ""),
            ("null", ""),
        ),
        *(("http://evil", "a"), ("http://a:81", "a:80"), ("https://a", "a:80"), ("http://a", "a:443")),
        *(
            ("http://a/path", "a"),
            ("http://a?q", "a"),
            ("http://a#f", "a"),
            ("http://u@a", "a"),
            ("http://[", "a"),
        ),
        *(("http://a.evil", "a"), ("http://evil a", "a")),
    ],
)
def test_a_page_of_somebody_else(origin: str, host: str) -> None:
    assert not is_same(origin, host)
