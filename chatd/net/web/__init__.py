"""HTTP/1.1, as far as a chat server needs it: a page that says what this is, a health check, and the
handshake of WebSocket.

| module | holds |
|---|---|
| `heads` | from bytes to what is asked for, as strictly as can be |
| `hosts` | by which names the server is known, and which pages may connect |
| `answers` | what an answer looks like on the wire |
| `page` | the page |
| `site` | what is answered |
| `pinging` | keeps browsers connected |
| `serving` | the conversation: deadlines, and how it ends |
"""
