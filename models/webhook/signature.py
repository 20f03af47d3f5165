"""By what a receiver sees that a message is ours, and new."""

from __future__ import annotations

import hashlib
import hmac

HEADER = "X-Flowrun-Signature"


def signature(secret: str, body: bytes, at: int) -> str:
    """Return the value of the header: when it was signed, s since 1970, and the HMAC-SHA256 of that time and the body.

    The receiver computes the same of what came, compares it in constant time, and refuses a time that is long past. So
    nobody can change a message, or send one that was overheard again.

    >>> signature("secret", b"{}", 1)[:30]
    't=1,v1=1122767b193110cfec322b6'
    """
    digest = hmac.new(secret.encode(), b"%d." % at + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"
