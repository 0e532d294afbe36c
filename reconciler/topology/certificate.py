"""What a PEM certificate says of itself, as far as it matters before HAProxy reads it.

Just enough of DER (X.690) to find the dates of an X.509 certificate (RFC 5280, 4.1): the check of
everything else is done by OpenSSL.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

_PEM = re.compile(
    rb"-----BEGIN CERTIFICATE-----\s+([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----", re.ASCII
)
_SEQUENCE, _INTEGER, _VERSION, _UTC_TIME, _GENERALIZED_TIME = 0x30, 0x02, 0xA0, 0x17, 0x18


def find_end(pem: bytes) -> str | None:
    """Until when the first certificate in a text is valid, in UTC: `20271231235959`.

    None when there is no certificate, or none that can be read.
    """
    match = _PEM.search(pem)
    if match is None:
        return None
    try:
        whole = next(_parts(base64.b64decode(match[1])))[1]
        fields = [
            (tag, content)
            for tag, content in _parts(next(_parts(whole))[1])
            if tag not in {_VERSION, _INTEGER}
        ]
        _signature, _issuer, (_, validity), *_rest = fields
        _begin, (tag, text) = _parts(validity)
        return _time(tag, text.decode("ascii"))
    except (binascii.Error, ValueError, StopIteration, IndexError):
        return None


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element in turn."""
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        yield tag, data[position : position + length]
        position += length


def _time(tag: int, text: str) -> str:
    if tag == _UTC_TIME:  # two digits of a year: 1950 to 2049 (RFC 5280, 4.1.2.5.1)
        text = ("20" if int(text[:2]) < 50 else "19") + text
    elif tag != _GENERALIZED_TIME:
        raise ValueError(f"tag {tag} is no time")
    if re.fullmatch(r"[0-9]{14}Z", text) is None:
        raise ValueError(f"{text} is no time")
    return text[:14]
