"""Which files hold a public key that the signatures of tokens can be checked with."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from reconciler.files.public_key import find_trouble
from tests.certificates import make_certificate

PEM, SPKI = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
RSA = rsa.generate_private_key(65537, 2048).public_key()
P256, P384, P521 = (
    ec.generate_private_key(curve()).public_key().public_bytes(PEM, SPKI)
    for curve in (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
)
ED25519 = ed25519.Ed25519PrivateKey.generate().public_key().public_bytes(PEM, SPKI)
CUT_OFF = b"\n".join(line for at, line in enumerate(P256.splitlines()) if at != 2)
"""Its algorithm and curve stand in the first of its two lines."""
OWN = make_certificate("shop.example")
GOOD = {
    "RS256": RSA.public_bytes(PEM, SPKI),
    "RS512": RSA.public_bytes(PEM, serialization.PublicFormat.PKCS1),
    "ES256": b"a comment\r\n" + P256.replace(b"\n", b"\r\n"),
    "ES384": P384,
    "ES512": P521,
}


@pytest.mark.parametrize("algorithm", GOOD)
def test_good(algorithm: str) -> None:
    assert find_trouble(GOOD[algorithm], algorithm) == ("", "")


BAD = [
    (b"", "ES256", "holds no public key in PEM form"),
    (
        b"-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----",
        "ES256",
        "holds no public key in PEM form",
    ),
    (OWN.key, "ES256", "holds a private key, which is for who signs"),
    (OWN.bundle, "ES256", "holds a private key, which is for who signs"),
    (OWN.cert, "ES256", "holds a certificate, and not its public key alone"),
    (P256, "RS256", "holds no key for `RS256`, which needs one of RSA"),
    (P384, "ES256", "holds no key for `ES256`, which needs one of P-256"),
    (GOOD["RS256"], "ES512", "holds no key for `ES512`, which needs one of P-521"),
    (GOOD["RS512"], "ES256", "holds no key for `ES256`, which needs one of P-256"),
    (ED25519, "ES256", "holds no key for `ES256`, which needs one of P-256"),
    (CUT_OFF, "ES256", "holds no public key in PEM form"),
]


@pytest.mark.parametrize(("text", "algorithm", "expected"), BAD)
def test_bad(text: bytes, algorithm: str, expected: str) -> None:
    assert find_trouble(text, algorithm)[0] == expected
