"""Which pages of other sites may read answers, to HAProxy's own model."""

from __future__ import annotations

import re

from reconciler.diagnostics.place import Path
from reconciler.haproxy.model import cors as haproxy
from reconciler.topology.model import Frontend
from reconciler.topology.model.rule import Rule

_BELOW = "([a-z0-9_-]+[.])+"
_ANY_PORT = "(:[0-9]+)?"


def compile_cors(owner: Frontend | Rule, path: Path) -> haproxy.Cors | None:
    """The sites whose pages may read answers; None when no section says so."""
    wish = owner.cors
    if wish is None or not wish.enabled:
        return None
    plain = [origin for origin in wish.origins if "*" not in origin]
    wild = [origin for origin in wish.origins if "*" in origin]
    return haproxy.Cors(
        for_all=wish.is_for_all,
        origins=tuple(plain),
        patterns=(*map(_pattern, wild), *(f"^({regex})$" for regex in wish.origins_regex)),
        methods=wish.methods,
        headers=wish.headers,
        exposed=wish.expose_headers,
        credentials=wish.credentials,
        max_age_s=None if wish.max_age is None else int(wish.max_age),
        path=(*path, "cors"),
    )


def _pattern(origin: str) -> str:
    """An origin of lower-case words with `*.` for what is below a name, or `:*` for any port."""
    escaped = re.sub(r"([.+\[\]])", r"\\\1", origin.removesuffix(":*").replace("*.", "\0"))
    port = _ANY_PORT if origin.endswith(":*") else ""
    return f"^{escaped.replace(chr(0), _BELOW)}{port}$"
