"""What the user says of certificates: options of the command line, or arguments of `Chat`."""

from dataclasses import dataclass
from pathlib import Path

from chatd.protocol.fingerprints import read_fingerprint


@dataclass(frozen=True, slots=True)
class TrustOptions:
    """What the user says of it. `fingerprint` is in hex; `certificate` and `key` are the user's own."""

    fingerprint: str = ""
    insecure: bool = False
    certificate: Path | None = None
    key: Path | None = None

    @property
    def given(self) -> bool:
        """Whether it says anything, so that TLS is meant."""
        return self != TrustOptions()


def trusting(fingerprint: str | None) -> TrustOptions:
    """The certificate with this SHA-256, however it is written, where there is one. Raises ConfigError."""
    return TrustOptions(read_fingerprint(fingerprint) if fingerprint else "")
