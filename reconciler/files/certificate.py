"""What a PEM certificate says of itself, as far as it matters before HAProxy reads it."""

from __future__ import annotations

import os


def find_end(pem: bytes) -> str | None:
    """Until when the first certificate in a text is valid, in UTC: `20271231235959`.

    None when there is no certificate, or none that can be read.
    """
    from cryptography import x509  # noqa: PLC0415  # a slow import, for who uses TLS only

    try:
        return f"{x509.load_pem_x509_certificate(pem).not_valid_after_utc:%Y%m%d%H%M%S}"
    except ValueError:
        return None


def keys_beside(certificate: str) -> tuple[str, ...]:
    """The names that the key of a certificate has where tools write it into a file of its own."""
    directory, name = os.path.split(certificate)
    stem = os.path.splitext(name)[0]
    names = ("privkey.pem", "key.pem", "tls.key", f"{stem}.key", f"{stem}-key.pem")
    return tuple(os.path.join(directory, key) for key in names if key != name)


class _EncryptedKeyError(Exception):
    pass


def find_refusal(cert: str, key: str | None, password: bytes | None) -> str:
    """What OpenSSL has against a certificate with its key; "" for nothing."""
    import ssl  # noqa: PLC0415  # a slow import, for who uses TLS only

    def tell_password() -> bytes:
        if password is None:
            raise _EncryptedKeyError
        return password

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key, password=tell_password)
    except _EncryptedKeyError:
        return "has a key with a password, which HAProxy could not ask for"
    except ssl.SSLError as error:
        reason = (error.reason or "").upper()
        if "MISMATCH" in reason:
            return "does not belong to its private key"
        return "is no certificate with its private key in PEM form"
    except OSError as error:
        return f"cannot be read: {(error.strerror or str(error)).lower()}"
    return ""
