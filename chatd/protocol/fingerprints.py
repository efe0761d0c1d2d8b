"""The SHA-256 of a certificate, as people write it and compare it."""

import re
from typing import Final

from chatd.protocol.errors import ConfigError

_DIGITS: Final = re.compile("[0-9a-f]{64}")
#: What `openssl x509 -fingerprint` and others write before it.
_BEFORE: Final = re.compile(r"\s*(sha-?256)?\s*(fingerprint)?\s*[=:]?", re.IGNORECASE)


def shown_fingerprint(fingerprint: str) -> str:
    """In pairs of digits, as OpenSSL and browsers show it."""
    digits = fingerprint.upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def read_fingerprint(text: str) -> str:
    """In hex, however it was written. Raises ConfigError."""
    bare = text[match.end() :] if (match := _BEFORE.match(text)) else text
    digits = re.sub(r"[\s:]", "", bare).lower()
    if not _DIGITS.fullmatch(digits):
        raise ConfigError(
            "a fingerprint is the SHA-256 of a certificate: 64 digits of 0 to 9 and A to F, with or without "
            "colons"
        )
    return digits
