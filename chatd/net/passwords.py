"""Passwords are hashed by argon2id, in a thread of its own: the loop never waits for it.

That a password takes long to try is the point of it: 20 to 30 ms of a processor, and 19 MiB. One thread does
one after the other, so that a crowd that logs in takes one processor at most; those who wait are bounded, and
told to come back. argon2-cffi gives the interpreter's lock away while it calculates.

Nothing here keeps a password for longer than its turn, nor shows one: a job is a function without arguments,
and what it may raise says nothing of what it was given.
"""

from base64 import b64encode
from collections.abc import Callable
from secrets import token_bytes
from typing import Final, NamedTuple, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError, VerifyMismatchError

from chatd.net.logs import log
from chatd.store.worker_thread import WorkerThread

_T = TypeVar("_T")

#: Bytes of the salt and of the hash: what RFC 9106 (section 4) recommends.
_SALT: Final = 16
_HASH: Final = 32
#: How long the end of the server waits for the password that is just being calculated.
_PATIENCE: Final = 1.0


class Costs(NamedTuple):
    """What a password costs: KiB of memory, how often that is gone through, and by how many threads."""

    memory: int
    passes: int
    lanes: int


#: What OWASP's Password Storage Cheat Sheet asks of argon2id at least: 19 MiB, twice, one thread.
#: That is 30 to 50 passwords a second. More would be safer where the file is stolen, but makes a crowd wait.
OWASP: Final = Costs(memory=19_456, passes=2, lanes=1)


def _of_nobody(costs: Costs) -> str:
    """A verifier like any other, of a password that nobody knows or can find: its hash is a random number."""
    salt, tag = (b64encode(token_bytes(size)).rstrip(b"=").decode() for size in (_SALT, _HASH))
    return f"$argon2id$v=19$m={costs.memory},t={costs.passes},p={costs.lanes}${salt}${tag}"


class Argon2Passwords:
    """See state/passwords.py. `most` may wait, the one that is being calculated included."""

    def __init__(self, most: int, costs: Costs = OWASP) -> None:
        self._most: Final = most
        self._hasher: Final = PasswordHasher(costs.passes, costs.memory, costs.lanes, _HASH, _SALT)
        self._of_nobody: Final = _of_nobody(costs)
        self._thread: Final = WorkerThread("passwords", (Argon2Error, InvalidHashError, MemoryError))
        self._waiting = 0
        self._closed = False

    def make_verifier(self, password: str, then: Callable[[str], None]) -> bool:
        secret = _bytes_of(password)
        return self._start(lambda: self._hasher.hash(secret), then, "")

    def verify(self, verifier: str | None, password: str, then: Callable[[bool], None]) -> bool:
        secret, known = _bytes_of(password), verifier is not None
        against = self._of_nobody if verifier is None else verifier

        def fits() -> bool:
            try:
                return self._hasher.verify(against, secret) and known
            except VerifyMismatchError:
                return False

        return self._start(fits, then, False)

    def close(self) -> None:
        self._closed = True
        self._thread.stop(_PATIENCE)

    def _start(self, job: Callable[[], _T], then: Callable[[_T], None], otherwise: _T) -> bool:
        """False when too many wait. `otherwise` is told where nothing could be calculated."""
        if self._waiting >= self._most:
            return False
        self._waiting += 1

        def done(result: _T, error: Exception | None) -> None:
            self._waiting -= 1
            if error is not None:
                log.error("a password could not be calculated: %s", str(error) or type(error).__name__)
            then(result if error is None else otherwise)

        self._thread.start(lambda: otherwise if self._closed else job(), done)
        return True


def _bytes_of(password: str) -> bytes:
    """What cannot be encoded is refused earlier (protocol/passwords.py); an error here would show it."""
    return password.encode(errors="surrogatepass")
