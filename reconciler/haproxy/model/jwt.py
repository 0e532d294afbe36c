"""Signed tokens that requests must carry, as data (manual, 7.3.1 "jwt_verify")."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.haproxy.model.origin import Path

KEPT_IN = "txn.jwt_secret"
"""The variable with the secret of HMAC: in place of it, since a word could be taken for a name."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A condition on a token's JSON: one of the values must stand at a path within it. They are
    texts or, in a list of words, regular expressions."""

    json_path: str
    method: str
    values: tuple[str, ...]
    path: Path
    is_listed: bool = True
    """Whether the claim may be a list too, in which one of the values is."""


@dataclass(frozen=True, slots=True)
class Jwt:
    """`token` fetches it, `count` how often a request has it; `place` is where the file says so.
    Keys are files in HAProxy's container; for HMAC there is a secret instead."""

    algorithm: str
    token: str
    count: str
    place: Path
    keys: tuple[str, ...]
    identity: tuple[Claim, ...]
    """Who issued it, and for whom: else it is no token for us."""
    claims: tuple[Claim, ...]
    needs_exp: bool
    leeway_s: int
    path: Path
    secret: str = field(default="", repr=False)
