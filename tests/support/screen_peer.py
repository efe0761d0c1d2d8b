"""The server's side of a client that comes back: the test plays it."""

from tests.support.client_peer import Peer


class Again(Peer):
    """A peer to which one connects, is cut off, and connects again."""

    def again(self, *, keeping: bool = False) -> None:
        """Take the next connection in; the one before is over, or kept by the test."""
        if self.connection is not self._listener and not keeping:
            self.connection.close()
        self.connection, _ = self._listener.accept()
        self._received = b""
