"""Signed tokens that requests must carry, as data (manual, 7.3.1 "jwt_verify")."""

from __future__ import annotations

from msgspec import Struct

from reconciler.diagnostics.discreet import Discreet
from reconciler.haproxy.model.origin import Path

KEPT_IN = "txn.jwt_secret"
"""The variable with the secret of HMAC: in place of it, since a word could be taken for a name."""


class Claim(Struct, frozen=True):
    """A condition on a token's JSON: one of the values must stand at a path within it. They are
    texts or, in a list of words, regular expressions."""

    json_path: str
    method: str
    values: tuple[str, ...]
    path: Path
    is_listed: bool = True
    """Whether the claim may be a list too, in which one of the values is."""


class Jwt(Discreet, Struct, frozen=True):
    """`token` fetches it, `count` how often a request has it; `place` is where the file says so.
    Keys are files in HAProxy's container; for HMAC there is a secret instead."""

    unshown = ("secret",)
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
    secret: str = ""
