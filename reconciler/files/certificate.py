"""What a PEM certificate says of itself, as far as it matters before HAProxy reads it."""

from __future__ import annotations


def find_end(pem: bytes) -> str | None:
    """Until when the first certificate in a text is valid, in UTC: `20271231235959`.

    None when there is no certificate, or none that can be read.
    """
    from cryptography import x509  # noqa: PLC0415  # a slow import, for who uses TLS only

    try:
        return f"{x509.load_pem_x509_certificate(pem).not_valid_after_utc:%Y%m%d%H%M%S}"
    except ValueError:
        return None
