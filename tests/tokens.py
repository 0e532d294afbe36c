"""JSON Web Tokens for tests (RFC 7515, RFC 7518), with keys that are made anew each time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


@dataclass(frozen=True)
class Signer:
    """Who issues tokens: `public` is the PEM text that checks them, empty for a shared secret."""

    algorithm: str
    sign: Callable[[bytes], bytes]
    public: bytes = b""

    def token(self, claims: dict[str, Any], **header: Any) -> str:
        head = {"alg": self.algorithm, "typ": "JWT", **header}
        text = f"{_encoded(json.dumps(head).encode())}.{_encoded(json.dumps(claims).encode())}"
        return f"{text}.{_encoded(self.sign(text.encode()))}"


def rs256() -> Signer:
    private = rsa.generate_private_key(65537, 2048)
    return Signer(
        "RS256",
        lambda text: private.sign(text, padding.PKCS1v15(), hashes.SHA256()),
        _pem(private.public_key()),
    )


def es256() -> Signer:
    private = ec.generate_private_key(ec.SECP256R1())

    def sign(text: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(text, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    return Signer("ES256", sign, _pem(private.public_key()))


def hs256(secret: bytes) -> Signer:
    return Signer("HS256", lambda text: hmac.new(secret, text, hashlib.sha256).digest())


UNSIGNED = Signer("none", lambda _: b"")


def _pem(public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
