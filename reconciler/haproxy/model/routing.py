"""Where a frontend's traffic goes, as data. Names follow the HAProxy manual, 7 and 4.2."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from reconciler.haproxy.model.cors import Cors
from reconciler.haproxy.model.jwt import Jwt
from reconciler.haproxy.model.known import Known
from reconciler.haproxy.model.origin import Path

ASKED_METHOD = "var(txn.asked_method)"
"""The method that a preflight request (`OPTIONS`) announces; unset for any other request."""


class Pattern(Struct, frozen=True):
    """What a fetched sample is compared with. `method` is one of the manual's after `-m`: `str`,
    `beg`, `end`, `reg`, `ip`, `int`, `len`, or `found` and `bool`, which take no value; empty where
    the fetch brings its own."""

    fetch: str
    method: str
    value: str = ""
    any_case: bool = False


class Condition(Struct, frozen=True):
    """A condition is met when one of its patterns matches; one that is negated, when none does."""

    patterns: tuple[Pattern, ...]
    path: Path
    negated: bool = False


class Access(Struct, frozen=True):
    """The clients that a frontend serves: those that `allow` matches, and `deny` does not. None as
    `allow` matches everybody, as `deny` nobody."""

    allow: Condition | None
    deny: Condition | None
    reads_proxy: bool
    """Whether some clients are known only when the PROXY protocol has told of them."""


class UseBackend(Struct, frozen=True):
    backend: str
    path: Path


class Split(Struct, frozen=True):
    """Backends and their parts in percent, 100 together."""

    shares: tuple[tuple[str, int], ...]
    path: Path


class Redirect(Struct, frozen=True):
    """`kind` is `location`, `prefix` or `scheme`; the target is taken as it is. With a `port`, it
    is a scheme, and the rest of the URL is as it was asked for."""

    kind: str
    target: str
    code: int
    path: Path
    port: int | None = None


class Return(Struct, frozen=True):
    status: int
    content_type: str
    body: str
    path: Path


class Deny(Struct, frozen=True):
    status: int
    path: Path


class Tarpit(Struct, frozen=True):
    """A refusal that the client waits for."""

    status: int
    path: Path


class SilentDrop(Struct, frozen=True):
    """The client is not told that nobody listens any more."""

    path: Path


Act = UseBackend | Split | Redirect | Return | Deny | Tarpit | SilentDrop


class Rewrite(Struct, frozen=True):
    """A change of a request's first line. `keyword` is one of the manual's, 4.2 "http-request
    actions". Those that replace have a pattern; a query alone may be empty."""

    keyword: Literal["set-path", "replace-path", "set-query", "set-method"]
    value: str
    path: Path
    regex: str | None = None


class ChangeHeader(Struct, frozen=True):
    """`keyword` is one of the manual's, as above; only one that replaces has a pattern, and only
    one that deletes has no value."""

    keyword: Literal["set-header", "add-header", "replace-header", "del-header"]
    name: str
    value: tuple[str | Known, ...] | None
    """Texts, and what HAProxy knows, in turn."""
    of_response: bool
    path: Path
    regex: str | None = None


class Rule(Struct, frozen=True):
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
    """Like `cors`, it applies in place of the frontend's."""
    declines: frozenset[str] = frozenset()
    """Settings of the frontend that do not apply to this rule: `cors`, `jwt`."""
