"""What goes wrong and is told to a client.

Two kinds of error cross the wire: answer and stay (`ChatError`), answer and close (`Refused`). Each has a
code for programs and one sentence for people that says what to do. Handlers and dialects raise them; only
the dispatcher and the connection turn them into an answer. A third kind, `ConfigError`, is for the person at
the command line.
"""

from enum import StrEnum


class Code(StrEnum):
    """The `code` of an `error` object. Programs may rely on these words."""

    BAD_LINE = "bad-line"
    BAD_UTF8 = "bad-utf8"
    BAD_JSON = "bad-json"
    BAD_REF = "bad-ref"
    BAD_KEY = "bad-key"
    TOO_LONG = "too-long"
    EMPTY = "empty"
    UNKNOWN_COMMAND = "unknown-command"
    USAGE = "usage"
    BAD_NICK = "bad-nick"
    RESERVED_NICK = "reserved-nick"
    TAKEN_NICK = "taken-nick"
    TOO_MANY = "too-many"
    NO_NICK = "no-nick"
    HAS_NICK = "has-nick"
    NO_SUCH_NICK = "no-such-nick"
    NO_SUCH_ROOM = "no-such-room"
    NOT_IN_ROOM = "not-in-room"
    BAD_ROOM = "bad-room"
    TOO_MANY_ROOMS = "too-many-rooms"
    NOT_READING = "not-reading"
    PASSWORD_NEEDED = "password-needed"
    WRONG_PASSWORD = "wrong-password"
    BAD_PASSWORD = "bad-password"
    NOT_PRIVATE = "not-private"
    NO_REGISTRATION = "no-registration"
    BAD_INVITE = "bad-invite"
    NO_ACCOUNT = "no-account"
    HAS_ACCOUNT = "has-account"
    NO_SUCH_DEVICE = "no-such-device"
    NOT_ALLOWED = "not-allowed"
    BANNED = "banned"
    MUTED = "muted"
    MODERATED = "moderated"
    SLOW_MODE = "slow-mode"
    LOCKED_DOWN = "locked-down"
    PRIVATE_ROOM = "private-room"
    WRONG_KEY = "wrong-key"
    NO_SUCH_MESSAGE = "no-such-message"
    NO_SUCH_BAN = "no-such-ban"
    BAD_TIME = "bad-time"
    BAD_ADDRESS = "bad-address"
    TIMEOUT = "timeout"
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    FULL = "full"


class ChatError(Exception):
    """Answer and stay.

    `code` is for programs, `text` one sentence for people, `ref` the reference of the request where it is
    known from the line that could not be understood.
    """

    def __init__(self, code: Code, text: str, ref: str | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self.ref = ref


class Refused(ChatError):
    """Answer and close."""


class ConfigError(Exception):
    """A setting that cannot work: one sentence for the person at the command line (exit code 2)."""
