"""Signatures of what the product posts to other machines, so that they know whom it is from."""

import hashlib
import hmac
import time

SIGNATURE, TIMESTAMP = "X-Audiophile-Signature", "X-Audiophile-Timestamp"


def signature(secret: str, timestamp: str, content: bytes) -> str:
    """HMAC-SHA256 over `timestamp.content`, so that an old message cannot be sent again."""
    signed = timestamp.encode() + b"." + content
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signed_headers(secret: str, content: bytes) -> dict[str, str]:
    """What to send along with these bytes at this moment."""
    timestamp = str(int(time.time()))
    return {TIMESTAMP: timestamp, SIGNATURE: signature(secret, timestamp, content)}
