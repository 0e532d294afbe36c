"""What is in a PEM file that signatures are to be checked with. There is no library for it here, so
only that is looked at which people confuse: whether it is a public key, and of the right kind."""

from __future__ import annotations

import base64
import binascii
import re

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END \1-----")
_RSA = bytes.fromhex("06092a864886f70d010101")
_CURVES = {
    "ES256": ("P-256", bytes.fromhex("06082a8648ce3d030107")),
    "ES384": ("P-384", bytes.fromhex("06052b81040022")),
    "ES512": ("P-521", bytes.fromhex("06052b81040023")),
}
"""Object identifiers as they stand in the key (RFC 5480, 2.1.1; RFC 3279, 2.3.1)."""


def find_trouble(text: bytes, algorithm: str) -> tuple[str, str]:
    """What speaks against checking signatures of an algorithm with it, and what to do about it;
    twice "" for nothing."""
    blocks = dict(_BLOCK.findall(text))
    if any(kind.endswith(b"PRIVATE KEY") for kind in blocks):
        return (
            "holds a private key, which is for who signs",
            "write the public one with `openssl pkey -pubout`",
        )
    if b"CERTIFICATE" in blocks:
        return (
            "holds a certificate, and not its public key alone",
            "write the key with `openssl x509 -pubkey -noout`",
        )
    if b"RSA PUBLIC KEY" in blocks and algorithm.startswith("RS"):
        return "", ""
    try:
        key = base64.b64decode(blocks.get(b"PUBLIC KEY", b""))
    except binascii.Error:
        key = b""
    if not key:
        return "holds no public key in PEM form", ""
    kind, wanted = _CURVES.get(algorithm, ("RSA", _RSA))
    if wanted not in key[:64]:
        return f"holds no key for `{algorithm}`, which needs one of {kind}", ""
    return "", ""
