"""Those bounds of the server (see limits.py) that are about HTTP and WebSocket."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Sizes are bytes, times are seconds."""

    #: A WebSocket message comes in so many frames at most: an empty one costs nothing but our time.
    frames: int = 256
    #: The first line of an HTTP request, and all of its head: as much as nginx takes in one piece.
    request_line: int = 4 * 1024
    head_bytes: int = 8 * 1024
    #: For a head to come, from its first byte on: nothing in it has to be typed.
    head_time: float = 10.0
    #: A connection of HTTP is kept for so long for the next request. Chromium gives up its own after 300 s,
    #: nginx after 75.
    http_idle: float = 60.0
    #: An address from which HTTP was spoken so long ago or less may be a browser's, which keeps spare
    #: connections: one of its is greeted only after so much silence, as Chromium fails on one that is.
    browser_time: float = 600.0
    greet_browser_after: float = 15.0
    #: Browsers are pinged this often: proxies close what is silent for 60 s.
    ping_interval: float = 25.0
