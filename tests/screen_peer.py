"""The server's side of a client that comes back: the test plays it."""

from tests.client_peer import Peer


class Again(Peer):
    """A peer to which one connects, is cut off, and connects again."""

    def again(self) -> None:
        """Take the next connection in; the one before is over."""
        if self._connection is not self._listener:
            self._connection.close()
        self._connection, _ = self._listener.accept()
        self._received = b""
