"""Where a frontend's traffic goes, as data. Names follow the HAProxy manual, 7 and 4.2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reconciler.haproxy.model.cors import Cors
from reconciler.haproxy.model.jwt import Jwt
from reconciler.haproxy.model.known import Known
from reconciler.haproxy.model.origin import Path

ASKED_METHOD = "var(txn.asked_method)"
"""What a browser asks for beforehand, with `OPTIONS`; not there for any other request."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What a fetched sample is compared with. `method` is one of the manual's after `-m`: `str`,
    `beg`, `end`, `reg`, `ip`, `len`, or `found` and `bool`, which take no value; empty where the
    fetch brings its own."""

    fetch: str
    method: str
    value: str = ""
    any_case: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """Met when one of the patterns is, or none when it is negated."""

    patterns: tuple[Pattern, ...]
    path: Path
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """Who comes in: whom `deny` does not match, and `allow` does; None matches nobody, and all."""

    allow: Condition | None
    deny: Condition | None
    reads_proxy: bool
    """Whether some clients are known only when the PROXY protocol has told of them."""


@dataclass(frozen=True, slots=True)
class UseBackend:
    backend: str
    path: Path


@dataclass(frozen=True, slots=True)
class Split:
    """Backends and their parts in percent, 100 together."""

    shares: tuple[tuple[str, int], ...]
    path: Path


@dataclass(frozen=True, slots=True)
class Redirect:
    """`kind` is `location`, `prefix` or `scheme`; the target is taken as it is. With a `port`, it
    is a scheme, and the rest of the URL is as it was asked for."""

    kind: str
    target: str
    code: int
    path: Path
    port: int | None = None


@dataclass(frozen=True, slots=True)
class Return:
    status: int
    content_type: str
    body: str
    path: Path


@dataclass(frozen=True, slots=True)
class Deny:
    status: int
    path: Path


@dataclass(frozen=True, slots=True)
class Tarpit:
    """A refusal that the client waits for."""

    status: int
    path: Path


Act = UseBackend | Split | Redirect | Return | Deny | Tarpit


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What of a request's first line becomes another: `keyword` is one of the manual's, 4.2
    "http-request actions". Those that replace have a pattern; a query alone may be empty."""

    keyword: Literal["set-path", "replace-path", "set-query", "set-method"]
    value: str
    path: Path
    regex: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeHeader:
    """`keyword` is one of the manual's, as above; only one that replaces has a pattern, and only
    one that deletes has no value."""

    keyword: Literal["set-header", "add-header", "replace-header", "del-header"]
    name: str
    value: tuple[str | Known, ...] | None
    """Texts, and what HAProxy knows, in turn."""
    of_response: bool
    path: Path
    regex: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    conditions: tuple[Condition, ...]
    act: Act
    path: Path
    users: tuple[tuple[str, str], ...] = ()
    rewrites: tuple[Rewrite, ...] = ()
    headers: tuple[ChangeHeader, ...] = ()
    is_cached: bool = True
    """Whether a backend's cache may answer, and keep answers."""
    cors: Cors | None = None
    jwt: Jwt | None = None
    """As is `cors`, in place of the frontend's."""
    declines: frozenset[str] = frozenset()
    """What of the frontend's is not for it: `cors`, `jwt`."""
