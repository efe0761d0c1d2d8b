"""Makes a certificate that signs itself, and its key: ECDSA on P-256, which every client knows."""

import datetime
import os
import re
import shlex
import socket
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from chatd.commands.contract import WRONG, CommandFailed
from chatd.commands.own_addresses import own_addresses
from chatd.protocol.fingerprints import shown_fingerprint

CERTIFICATE: Final = "certificate.pem"
KEY: Final = "key.pem"

#: Days. Apple's systems take no certificate of a server that is valid for longer, also where somebody trusts
#: it by hand (support.apple.com/103769).
DAYS: Final = 825
#: A clock that is late by less takes it at once.
_LATE: Final = datetime.timedelta(hours=1)

_HOST: Final = re.compile(
    r"(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
)
#: Characters of a name in a certificate's subject (RFC 5280), and of a host's.
_SUBJECT: Final = 64
_LONGEST_HOST: Final = 253

_Name = x509.DNSName | x509.IPAddress


def make(folder: Path, names: Iterable[str]) -> list[str]:
    """Both files. Returns sentences that say what they are good for. Raises CommandFailed."""
    own = ["localhost", socket.gethostname(), "127.0.0.1", "::1", *map(str, own_addresses())]
    known = dict.fromkeys([*map(_name, names), *(name for name in map(_maybe_name, own) if name)])
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(key, list(known))
    paths = folder / CERTIFICATE, folder / KEY
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write({paths[1]: (secret, 0o600), paths[0]: (certificate.public_bytes(pem), 0o644)})
    shown = [shlex.quote(os.fspath(path)) for path in paths]
    fingerprint = shown_fingerprint(certificate.fingerprint(hashes.SHA256()).hex())
    return [
        f"{paths[0]} is good until {certificate.not_valid_after_utc:%Y-%m-%d}, for "
        f"{', '.join(str(name.value) for name in known)}; {paths[1]} is its key, which nobody else may read",
        f"its SHA-256, by which people know it: {fingerprint}",
        f"please start the server with: --tls-certificate {shown[0]} --tls-key {shown[1]}",
    ]


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[_Name]) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, str(names[0].value)[:_SUBJECT])])
    now = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    usage = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    public = key.public_key()
    return (
        x509.CertificateBuilder(subject, subject, public, x509.random_serial_number())
        .not_valid_before(now - _LATE)
        .not_valid_after(now - _LATE + datetime.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
        .sign(key, hashes.SHA256())
    )


def _maybe_name(text: str) -> _Name | None:
    """None for what cannot be in a certificate: a machine may be called anything."""
    with suppress(CommandFailed):
        return _name(text)
    return None


def _name(text: str) -> _Name:
    """Raises CommandFailed."""
    if (address := _address(text)) is not None:
        return x509.IPAddress(address)
    with suppress(UnicodeError):
        host = text.removesuffix(".").lower().encode("idna").decode()
        if len(host) <= _LONGEST_HOST and _HOST.fullmatch(host):
            return x509.DNSName(host)
    raise CommandFailed(
        f"{text!r} is no name of a machine and no address; please write one like chat.example.org or "
        "192.0.2.7",
        WRONG,
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    with suppress(ValueError):
        return ip_address(text)
    return None


def _write(files: dict[Path, tuple[bytes, int]]) -> None:
    """New files with these contents and modes: all, or none. Raises CommandFailed."""
    made: list[Path] = []
    try:
        for path in files:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path, (data, mode) in files.items():
            with os.fdopen(
                os.open(os.fspath(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb"
            ) as file:
                made.append(path)
                file.write(data)
    except OSError as error:
        for path in made:
            path.unlink()
        if isinstance(error, FileExistsError) and error.filename in map(os.fspath, files):
            raise CommandFailed(
                f"{error.filename} is there already; please give another folder, or move it away", WRONG
            ) from error
        raise CommandFailed(f"{error.filename} cannot be written: {error.strerror}") from error
