"""Fields of HTTP whose values mean the same in another spelling (RFC 9110, 5.6)."""

from __future__ import annotations

_WITH_PARAMETERS = frozenset(
    {"accept", "accept-charset", "accept-encoding", "accept-language", "content-type", "te"}
)
_WITHOUT_CASE = _WITH_PARAMETERS | {
    "cache-control",
    "connection",
    "content-encoding",
    "expect",
    "host",
    "pragma",
    "transfer-encoding",
    "upgrade",
    "x-forwarded-host",
    "x-forwarded-proto",
}


def ignores_case(name: str) -> bool:
    """Whether `Upgrade` and `upgrade` are one value of the field."""
    return name.lower() in _WITHOUT_CASE


def has_parameters(name: str) -> bool:
    """Whether more may follow a value of the field, behind a `;`: `text/html; charset=utf-8`."""
    return name.lower() in _WITH_PARAMETERS
