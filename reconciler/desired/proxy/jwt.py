"""Signed tokens that requests must carry, to HAProxy's own model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.diagnostics.place import Path
from reconciler.haproxy.model import jwt as haproxy
from reconciler.haproxy.model.jwt import Claim
from reconciler.topology.model import Frontend
from reconciler.topology.model.jwt import Jwt
from reconciler.topology.model.rule import Rule

_OF_WORDS = frozenset({"scope", "scp"})
"""Claims that are several words in one text (RFC 8693, 4.2)."""


def compile_jwt(owner: Frontend | Rule, owner_path: Path, files: ProxyFiles) -> haproxy.Jwt | None:
    """The tokens that a frontend or backend asks for; None when it asks for none."""
    wish, path = owner.jwt, (*owner_path, "jwt")
    if wish is None or not wish.enabled:
        return None
    token, count = _place(wish)
    return haproxy.Jwt(
        algorithm=wish.algorithm or "",
        token=token,
        count=count,
        place=(*path, "header" if wish.cookie is None else "cookie"),
        keys=tuple(files.public_key(key, (*path, "key", i)) for i, key in enumerate(wish.key)),
        identity=tuple(_identity(wish, path)),
        claims=tuple(
            _claim(name, values, (*path, "claims", name)) for name, values in wish.claims.items()
        ),
        needs_exp=wish.exp == "required",
        leeway_s=int(wish.leeway),
        path=path,
        secret=wish.secret or "",
    )


def _place(wish: Jwt) -> tuple[str, str]:
    if wish.cookie is not None:
        return f"req.cook({wish.cookie})", f"req.cook_cnt({wish.cookie})"
    if wish.is_bearer:
        return "http_auth_bearer", "req.fhdr_cnt(authorization)"
    return f"req.fhdr({wish.header})", f"req.fhdr_cnt({wish.header})"


def _identity(wish: Jwt, path: Path) -> Iterator[Claim]:
    if wish.issuer:
        yield Claim("$.iss", "str", wish.issuer, (*path, "issuer"), is_listed=False)
    if wish.audience:
        yield Claim("$.aud", "str", wish.audience, (*path, "audience"))


def _claim(name: str, values: Iterable[str], path: Path) -> Claim:
    """A plain name may have dots, which separate names in a path."""
    json_path = name if name.startswith("$") else "$." + name.replace(".", r"\.")
    if name not in _OF_WORDS:
        return Claim(json_path, "str", tuple(values), path)
    words = (re.sub(r"([\\.^$*+?()\[\]{}|])", r"\\\1", value) for value in values)
    return Claim(json_path, "reg", tuple(f"(^| ){word}( |$)" for word in words), path)
