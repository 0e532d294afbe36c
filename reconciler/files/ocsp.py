"""OCSP: whether a response can be stapled to a certificate, and whether HAProxy can ask for one.

HAProxy passes over most of what is wrong with a response, and says so in its log alone. What is
told here are the conditions of its manual (5.1 "crt", "ocsp-update") for one that clients get.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.x509 import ocsp

NO_ISSUER = "has no certificate of its issuer, without which no OCSP response is stapled"


def is_response(der: bytes) -> bool:
    from cryptography.x509 import ocsp  # noqa: PLC0415  # a slow import, for who uses OCSP only

    try:
        ocsp.load_der_ocsp_response(der)
    except ValueError:
        return False
    return True


def find_flaw(der: bytes, pem: bytes, now: datetime) -> str:
    """Why HAProxy would not staple a response to the first certificate in a text; "" when it would.
    `now` is in UTC."""
    from cryptography.x509 import ocsp  # noqa: PLC0415  # a slow import, for who uses OCSP only

    response = ocsp.load_der_ocsp_response(der)
    if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        said = response.response_status.name.lower().replace("_", " ")
        return f"is no answer but a refusal: {said}"
    answers = list(response.responses)
    if len(answers) != 1:
        return "answers for several certificates, and HAProxy takes one"
    return _flaw_of(answers[0], _certificates(pem)[0], now)


def _flaw_of(answer: ocsp.OCSPSingleResponse, certificate: x509.Certificate, now: datetime) -> str:
    from cryptography.x509 import ocsp  # noqa: PLC0415  # a slow import, for who uses OCSP only

    ends = answer.next_update_utc
    if answer.serial_number != certificate.serial_number:
        return "is for another certificate"
    if answer.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return "says that its authority does not know the certificate"
    if ends is None:
        return "does not say until when it is valid, and HAProxy takes none that does not"
    if ends <= now:
        return f"was valid until {ends:%Y-%m-%d}"
    return ""


def has_issuer(pem: bytes) -> bool:
    """Whether the first certificate of a text is followed by that of its issuer."""
    first, *others = _certificates(pem)
    return any(first.issuer == other.subject for other in others)


def names_responder(pem: bytes) -> bool:
    """Whether the first certificate of a text says where to ask for a response."""
    from cryptography import x509  # noqa: PLC0415  # a slow import, for who uses OCSP only
    from cryptography.x509.oid import AuthorityInformationAccessOID  # noqa: PLC0415  # the same

    try:
        extensions = _certificates(pem)[0].extensions
        found = extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(item.access_method == AuthorityInformationAccessOID.OCSP for item in found)


def _certificates(pem: bytes) -> list[x509.Certificate]:
    """At least one. OpenSSL has taken the text before."""
    from cryptography import x509  # noqa: PLC0415  # a slow import, for who uses OCSP only

    return x509.load_pem_x509_certificates(pem)
