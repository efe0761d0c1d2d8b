"""What is kept of a secret that was made at random: of tokens and of invites' codes."""

import hashlib


def secret_hash(secret: str) -> str:
    """Nobody finds the secret by it. (It has 128 random bits, so it need not take long.)"""
    return hashlib.sha256(secret.encode()).hexdigest()
