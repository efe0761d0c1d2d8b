"""Certificates for tests, made as they are needed."""

import datetime
import ssl
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from gevent.ssl import SSLContext


@dataclass(frozen=True)
class CertificateFiles:
    """A certificate and its key, in PEM files; `fingerprint` is its SHA-256, in hex."""

    certificate: Path
    key: Path
    fingerprint: str

    def client(self, *, verified: bool = True) -> SSLContext:
        """Of a client that trusts nothing else."""
        context = SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = verified
        context.verify_mode = ssl.CERT_REQUIRED if verified else ssl.CERT_NONE
        context.load_verify_locations(self.certificate)
        return context


@cache
def self_signed(name: str = "localhost", days: int = 1) -> CertificateFiles:
    """For this name and 127.0.0.1; below 0 days it expired so long ago."""
    folder = Path(mkdtemp(prefix="certificates-"))
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    alternative = x509.SubjectAlternativeName([x509.DNSName(name), x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1 + abs(days)))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(alternative, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = CertificateFiles(
        folder / "certificate.pem", folder / "key.pem", certificate.fingerprint(hashes.SHA256()).hex()
    )
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.touch(0o600)
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return files


def of_no_version(files: CertificateFiles) -> bytes:
    """This certificate as one of a version that there is not, in DER: OpenSSL takes it, others do not."""
    der = ssl.PEM_cert_to_DER_cert(files.certificate.read_text())
    return der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05", 1)
