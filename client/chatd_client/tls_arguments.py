"""The options about TLS, which all commands have."""

import argparse
from pathlib import Path

from chatd.protocol.errors import ConfigError
from chatd.protocol.fingerprints import read_fingerprint
from chatd_client.trust_options import TrustOptions


def add_tls(parser: argparse.ArgumentParser) -> None:
    """To a command's parser."""
    parser.add_argument(
        "--fingerprint",
        metavar="SHA256",
        help="trust the server's certificate with this SHA-256, now and later, and no other",
    )
    parser.add_argument(
        "--insecure", action="store_true", help="take any certificate, this time; nothing is remembered"
    )
    parser.add_argument("--certificate", metavar="FILE", help="your own certificate, for the server (PEM)")
    parser.add_argument("--key", metavar="FILE", help="its key, where that is in a file of its own")


def trust_options(given: argparse.Namespace) -> TrustOptions:
    """Raises ConfigError."""
    if given.insecure and given.fingerprint is not None:
        raise ConfigError("it takes one certificate or any; please give --fingerprint or --insecure")
    if given.key is not None and given.certificate is None:
        raise ConfigError("a key needs its certificate; please give --certificate, too")
    return TrustOptions(
        "" if given.fingerprint is None else read_fingerprint(given.fingerprint),
        given.insecure,
        None if given.certificate is None else Path(given.certificate),
        None if given.key is None else Path(given.key),
    )
