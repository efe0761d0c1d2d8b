"""The page that a browser is shown: what this is, and how to connect. It has no script, and loads nothing."""

import base64
import hashlib
import html
from typing import Final

from chatd.net.web.answers import NOTHING
from chatd.protocol.version import SERVER

_STYLE: Final = (
    "body{max-width:40em;margin:3em auto;padding:0 1em;font:1rem/1.5 system-ui,sans-serif}"
    "code{background:#8882;padding:.1em .3em;border-radius:.2em}:root{color-scheme:light dark}"
)
_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
#: Nothing but its own style.
PAGE_POLICY: Final = f"{NOTHING}; style-src 'sha256-{_HASH}'"


def page_for(host: str, encrypted: bool) -> bytes:
    """For who asked this host, which is a name of the server."""
    name, bracket, port = host.partition("]") if host.startswith("[") else ("", "", host)
    bare, _, number = port.partition(":")
    where, number = html.escape(name + bracket + bare), html.escape(number or ("443" if encrypted else "80"))
    address = html.escape(host)
    with_tls = f"openssl s_client -quiet -connect {where}:{number}"
    terminal = with_tls if encrypted else f"nc {where.strip('[]')} {number}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{SERVER}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>This is a chat server</h1>
<p>It is {SERVER}. There is nothing here to click on: people come from a terminal, programs by JSON.</p>
<ul>
<li>with its own client: <code>chat {"chats://" if encrypted else ""}{where}:{number}</code></li>
<li>with what is on every machine: <code>{terminal}</code></li>
<li>from a program or a browser, as JSON in WebSocket frames:
<code>{"wss" if encrypted else "ws"}://{address}/</code></li>
</ul>
</body>
</html>
""".encode()
