"""Private keys with a password: HAProxy has nobody to ask, so it gets them without one."""

from __future__ import annotations

import re

_KEY = re.compile(rb"-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_MARKS = (b"BEGIN ENCRYPTED", b"Proc-Type: 4,ENCRYPTED")
_LONGEST = 1024
"""Bytes of a password that OpenSSL takes."""


def opened(pem: bytes, password: bytes) -> bytes | None:
    """The text with all private keys in it readable; None when the password does not open one."""
    if len(password) > _LONGEST:
        return None
    try:
        return _KEY.sub(lambda match: _opened_key(match[0], password), pem)
    except ValueError:
        return None


def _opened_key(block: bytes, password: bytes) -> bytes:
    """Raises ValueError."""
    if not any(mark in block for mark in _MARKS):
        return block
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # a slow import
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # the same

    try:
        key = serialization.load_pem_private_key(block, password)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError from error
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).rstrip()
