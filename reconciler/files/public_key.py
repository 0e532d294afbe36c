"""What is in a PEM file that signatures are to be checked with: whether it is a public key, and one
of the right kind. People confuse it with what else is in such files, and are told so."""

from __future__ import annotations

import re

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----")
_CURVES = {
    "ES256": ("P-256", "secp256r1"),
    "ES384": ("P-384", "secp384r1"),
    "ES512": ("P-521", "secp521r1"),
}
"""What the curve of an algorithm is called there (RFC 7518, 3.4), and by the library."""


def find_trouble(text: bytes, algorithm: str) -> tuple[str, str]:
    """What speaks against checking signatures of an algorithm with it, and what to do about it;
    twice "" for nothing."""
    blocks = {match[1]: match[0] for match in _BLOCK.finditer(text)}
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
    kind = _kind_of(blocks.get(b"PUBLIC KEY") or blocks.get(b"RSA PUBLIC KEY") or b"")
    if not kind:
        return "holds no public key in PEM form", ""
    name, wanted = _CURVES.get(algorithm, ("RSA", "RSA"))
    if kind != wanted:
        return f"holds no key for `{algorithm}`, which needs one of {name}", ""
    return "", ""


def _kind_of(block: bytes) -> str:
    """A key's curve, `RSA`, or `other`; "" for what is no public key."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415  # a slow import
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  # the same
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415  # the same

    try:
        key = serialization.load_pem_public_key(block)
    except UnsupportedAlgorithm:
        return "other"
    except ValueError:
        return ""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.curve.name
    return "RSA" if isinstance(key, rsa.RSAPublicKey) else "other"
