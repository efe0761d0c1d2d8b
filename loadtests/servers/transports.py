"""What a server of ours is spoken to over, as part of its name: `chatd-always-tls` is `chatd-always` with a
certificate. TCP is not named.

Another transport is one more row here, and one in `engine.transports`, which has what a client does.
"""

import subprocess
import sys
from pathlib import Path
from typing import Final

from loadtests.measure.errors import Unusable

TCP: Final = "tcp"
TLS: Final = "tls"
#: JSON lines over TCP, to which WebSocket is compared: it is the same JSON in frames.
JSON: Final = "json"
WEBSOCKET: Final = "websocket"

#: What a server is started with besides for each; `{certificate}` and `{key}` are files made for the run.
ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    TLS: ("--tls-certificate", "{certificate}", "--tls-key", "{key}"),
    JSON: (),
    WEBSOCKET: (),
}
TRANSPORTS: Final = (TCP, *ARGUMENTS)


def over(server: str, transport: str) -> str:
    """The name of that server where it is spoken to over this transport."""
    return server if transport == TCP else f"{server}-{transport}"


def transport_of(server: str) -> str:
    """Over which the server with this name is spoken to."""
    return next((one for one in ARGUMENTS if server.endswith(f"-{one}")), TCP)


def make_certificate(folder: Path) -> dict[str, Path]:
    """What the files in the arguments stand for, made in this folder by chatd's own command. Raises
    Unusable."""
    place = folder / "certificate"
    made = subprocess.run(
        [sys.executable, "-m", "chatd", "tls", "self-signed", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise Unusable(f"no certificate could be made: {made.stderr.strip() or made.stdout.strip()}")
    return {"{certificate}": place / "certificate.pem", "{key}": place / "key.pem"}
