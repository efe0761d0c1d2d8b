"""What a password may be, and the code of an invite: checked before anything is calculated of it. No error
shows what was given.
"""

import re
import unicodedata
from typing import Final

from chatd.protocol.errors import ChatError, Code
from chatd.protocol.limits import DEFAULT
from chatd.protocol.sanitize import clean, shows_nothing

_INVITE: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def check_password(password: str) -> str:
    """Return it in its one form, or raise ChatError with what to give instead. (A letter with an accent is
    one character at some keyboards and two at others: NFC makes them the same, as RFC 8265 says.)"""
    password = unicodedata.normalize("NFC", password)
    try:
        size = len(password.encode())
    except UnicodeEncodeError:  # half of a surrogate pair
        size = -1
    fits = DEFAULT.password_least <= size <= DEFAULT.password
    if not fits or clean(password) != password or password.strip() != password:
        raise ChatError(
            Code.BAD_PASSWORD,
            f"a password has {DEFAULT.password_least} to {DEFAULT.password} bytes, no control characters, "
            "and no space at its ends; please give another",
        )
    return password


def check_invite(code: str) -> str:
    """Return the code as it is, or raise ChatError."""
    if not _INVITE.fullmatch(code):
        raise ChatError(Code.BAD_INVITE, "that is no invite; please give the code as you got it")
    return code


def clean_device(name: str) -> str:
    """What a device calls itself, as its owner may be shown it; "" when it shows nothing."""
    cleaned = clean(name).strip()[: DEFAULT.device_name].rstrip()
    return "" if shows_nothing(cleaned) else cleaned
