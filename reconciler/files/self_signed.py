"""Certificates for development: made when they are first needed, and kept where the user's data is.

One that is kept is the same at each run, so that a browser has to be told once to trust it. It is
made anew when it is about to end.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import os

from reconciler.files.certificate import find_end
from reconciler.files.reading import read_file

VALID_DAYS = 800
"""Apple's systems take no certificate that is valid for longer than 825 days."""
_RENEW_DAYS = 30


def place_of(topology: str, names: tuple[str, ...]) -> str:
    """Where the certificate of a topology for these names is kept."""
    import hashlib  # noqa: PLC0415  # brings OpenSSL, for development only

    home = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    key = hashlib.sha256(" ".join(names).encode()).hexdigest()[:8]
    return os.path.join(home, "haproxy-reconciler", "self-signed", f"{topology}-{key}.pem")


def kept_certificate(place: str, names: tuple[str, ...]) -> bytes:
    """Certificate and key in PEM form. Raises OSError."""
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=_RENEW_DAYS)
    with contextlib.suppress(FileNotFoundError):
        text = read_file(place)
        if (find_end(text) or "") > f"{soon:%Y%m%d%H%M%S}":
            return text
    os.makedirs(os.path.dirname(place), mode=0o700, exist_ok=True)
    text = make_certificate(names)
    import secrets  # noqa: PLC0415  # the same

    temporary = f"{place}.{secrets.token_hex(4)}"
    try:
        with open(temporary, "wb", opener=_private) as file:
            file.write(text)
        os.replace(temporary, place)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return text


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_EXCL, 0o600)


def make_certificate(names: tuple[str, ...]) -> bytes:
    from cryptography import x509  # noqa: PLC0415  # a slow import, for development only
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415  # the same
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415  # the same
    from cryptography.x509.oid import ExtendedKeyUsageOID  # noqa: PLC0415  # the same

    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    subject = x509.Name(
        [
            x509.NameAttribute(
                x509.NameOID.ORGANIZATION_NAME, "haproxy-reconciler, for development"
            ),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, names[0][:64]),
        ]
    )
    alternatives: list[x509.GeneralName] = []
    for name in names:
        try:
            alternatives.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            alternatives.append(x509.DNSName(name))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
