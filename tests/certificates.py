"""Certificates for tests, made anew each time."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID

NOW = datetime.datetime.now(datetime.UTC)


@dataclass(frozen=True)
class Made:
    """PEM texts, and what another one is signed with."""

    cert: bytes
    key: bytes
    certificate: x509.Certificate
    private: ec.EllipticCurvePrivateKey

    @property
    def bundle(self) -> bytes:
        return self.cert + self.key

    @property
    def public_key(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def with_public_key(self) -> bytes:
        """What does for any file that takes a certificate or a key."""
        return self.bundle + self.public_key

    @property
    def serial(self) -> int:
        return self.certificate.serial_number

    def write(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.bundle)
        return path

    def encrypted_key(self, *, traditional: bool = False) -> bytes:
        """`traditional`: as OpenSSL wrote them before there was PKCS #8."""
        form = serialization.PrivateFormat
        return self.private.private_bytes(
            serialization.Encoding.PEM,
            form.TraditionalOpenSSL if traditional else form.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )


def make_certificate(
    *names: str,
    signer: Made | None = None,
    is_authority: bool = False,
    days: float = 30,
    responder: str = "",
) -> Made:
    """Valid since a year ago, for `days` from now on. Signs itself when nobody else does.
    `responder` is the URL that its authority answers at who asks for it."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0])])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.certificate.subject if signer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - datetime.timedelta(days=365))
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    if responder:
        asked = x509.AccessDescription(
            AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(responder)
        )
        builder = builder.add_extension(x509.AuthorityInformationAccess([asked]), critical=False)
    certificate = builder.sign(signer.private if signer else private, hashes.SHA256())
    return Made(
        certificate.public_bytes(serialization.Encoding.PEM),
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
        certificate,
        private,
    )


def make_response(
    subject: Made, issuer: Made, *, days: float | None = 7, status: str = "GOOD"
) -> bytes:
    """What the issuer of a certificate answers who asks for it, in DER form: valid for `days`."""
    ends = None if days is None else NOW + datetime.timedelta(days=days)
    revoked = NOW - datetime.timedelta(days=1) if status == "REVOKED" else None
    builder = ocsp.OCSPResponseBuilder().add_response(
        subject.certificate,
        issuer.certificate,
        hashes.SHA1(),  # noqa: S303  # by which all the world names certificates in OCSP
        ocsp.OCSPCertStatus[status],
        NOW - datetime.timedelta(days=2),
        ends,
        revoked,
        None,
    )
    told = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    return told.sign(issuer.private, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def _alternatives(names: Sequence[str]) -> list[Any]:
    return [
        x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        for name in names
    ]
