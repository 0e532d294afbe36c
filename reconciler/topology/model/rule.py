"""One rule of a frontend: what it matches, what it does, and what it changes on the way."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.action import Deny, Query, Redirect, Respond, Rewrite, Tarpit
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.cors import CORS_SHORT, Cors
from reconciler.topology.model.header import (
    AddHeaders,
    AddResponseHeaders,
    ReplaceHeaders,
    SetHeaders,
    SetResponseHeaders,
)
from reconciler.topology.model.jwt import JWT_SHORT, Jwt
from reconciler.topology.model.marks import Acts, AsksAddress, InTcp, Matches, OnTheWay, Protects
from reconciler.topology.model.match import (
    WANTED_SHORT,
    HeaderName,
    HostPattern,
    Listed,
    Method,
    ParameterName,
    Pattern,
    RoutePath,
    Wanted,
)
from reconciler.topology.model.types.scalar import Name, Whole, error, listed
from reconciler.topology.model.users import USERS_SHORT, Users

Share = Annotated[Whole, Field(ge=0, le=100)]
_ANY_OF = Field((), min_length=1, json_schema_extra=accepts_one)


class Rule(Model):
    """A rule of a frontend; the first that matches decides. It matches when all keys that look at
    the request do; a list matches when one of its items does."""

    host: Annotated[tuple[HostPattern, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """Hosts, without a port: `www.example.com`, or `*.example.com` for all below it.
    `bücher.example` is what clients send for it, `xn--bcher-kva.example`."""
    host_regex: Annotated[tuple[Pattern, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """Regular expressions for the host, in lower case and without its port."""
    path: Annotated[tuple[RoutePath, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """Whole paths: `/healthz`."""
    path_prefix: Annotated[tuple[RoutePath, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """The first parts of a path: `/api` matches `/api` and `/api/users`, not `/apis`."""
    path_regex: Annotated[tuple[Pattern, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """Regular expressions for the path: `\\.(png|jpg)$`."""
    ignore_case: bool = False
    """`path`, `path_prefix` and `path_regex` match in upper and lower case alike: `/Shop` is
    `/shop`."""
    method: Annotated[tuple[Method, ...], BeforeValidator(listed), Matches()] = _ANY_OF
    """Methods: `GET`."""
    header: Annotated[dict[HeaderName, Annotated[Wanted, WANTED_SHORT]], Matches()] = Field(
        default_factory=dict
    )
    """Headers of the request: `{X-Env: staging}`; values, `true`, `false`, or a mapping."""
    query: Annotated[dict[ParameterName, Annotated[Wanted, WANTED_SHORT]], Matches()] = Field(
        default_factory=dict
    )
    """Parameters of the query: `{debug: "1"}`; values, `true`, `false`, or a mapping."""
    cookie: Annotated[dict[ParameterName, Annotated[Wanted, WANTED_SHORT]], Matches()] = Field(
        default_factory=dict
    )
    """Cookies: `{beta: "yes"}`; values, `true`, `false`, or a mapping."""
    source: Annotated[
        tuple[Listed, ...],
        BeforeValidator(listed),
        Matches(),
        InTcp(),
        AsksAddress("matches nobody"),
    ] = _ANY_OF
    """Addresses of clients: `10.0.0.0/8`, or `./office.txt` for a file with one in each line."""
    sni: Annotated[
        tuple[HostPattern, ...], BeforeValidator(listed), Matches(), InTcp("use `host`")
    ] = _ANY_OF
    """In `mode: tcp`, the host that a client of TLS asks for, read without ending TLS."""
    tls: Annotated[bool | None, Matches(), InTcp("`bind: {port: 443, tls: …}` says it")] = None
    """In `mode: tcp`, whether a client begins with TLS: for a port that others share. Who says
    nothing for 5 seconds, as where the server speaks first, does not."""

    backend: Annotated[Name | None, Acts(), InTcp()] = None
    """The backend that gets the request."""
    split: Annotated[dict[Name, Share], Acts(), InTcp()] = Field(default_factory=dict, min_length=1)
    """Parts of the requests in percent, 100 together, by backend: `{web: 95, canary: 5}`."""
    redirect: Annotated[Redirect | None, Acts()] = Field(
        None, json_schema_extra=accepts({"type": "string"})
    )
    """Send the client elsewhere: a URL, or a mapping."""
    respond: Annotated[Respond | None, Acts()] = Field(
        None, json_schema_extra=accepts({"type": "string"}, {"type": "integer"})
    )
    """An answer of HAProxy's own: a body, a status, or a mapping."""
    deny: Annotated[Deny | None, Acts(), InTcp()] = Field(
        None, json_schema_extra=accepts({"type": "integer"}, {"enum": [True]})
    )
    """Refuse the request: `true` for 403, a status, or a mapping."""
    tarpit: Annotated[Tarpit | None, Acts()] = Field(
        None, json_schema_extra=accepts({"type": "integer"}, {"enum": [True]})
    )
    """Refuse the request after `timeouts.tarpit`, so that who asks has to wait: `true` for 500, a
    status, or a mapping."""
    silent_drop: Annotated[Literal[True] | None, Acts(), InTcp()] = None
    """Forget the connection without a word, so that who asks waits for an answer: `true`. A
    firewall in between keeps it in mind for as long as the client does."""

    auth: Users = Field(default_factory=dict, json_schema_extra=USERS_SHORT)
    """Users and passwords that are asked for first; a password may be a crypt(3) hash."""
    jwt: Annotated[Jwt | None, Protects()] = Field(None, json_schema_extra=JWT_SHORT)
    """A signed token that the request must carry, in place of what the frontend says: a mapping, or
    `false` for none."""
    cors: Cors | None = Field(None, json_schema_extra=CORS_SHORT)
    """Which pages of other sites may read the answer, in place of what the frontend says: an origin
    like `https://app.example.com`, a list of them, a mapping, or `false` for none."""
    strip_prefix: Annotated[RoutePath | None, OnTheWay()] = None
    """The first parts of the path, which the backend does not see: `/api`."""
    add_prefix: Annotated[RoutePath | None, OnTheWay()] = None
    """What is put before the path for the backend, after a prefix was taken off it: `/v2`."""
    rewrite: Annotated[Rewrite | None, OnTheWay()] = Field(
        None, json_schema_extra=accepts({"type": "string"})
    )
    """Another path for the backend: `/new`, or `{regex: ^/old/(.*), to: /new/\\1}`."""
    set_query: Annotated[Query | None, OnTheWay()] = None
    """Another query for the backend: `lang=en`, or `""` for none."""
    set_method: Annotated[Method | None, OnTheWay()] = None
    """Another method for the backend: `GET`."""
    cache: Annotated[bool, OnTheWay()] = True
    """`false` neither answers from the `cache` of the backend, nor keeps answers in it."""
    set_headers: Annotated[SetHeaders, OnTheWay()] = Field(default_factory=dict)
    """Headers of the request, as the backend gets them: `{X-Env: staging}`, or with what HAProxy
    knows of it, `{X-Real-IP: "{client_ip}"}`."""
    add_headers: Annotated[AddHeaders, OnTheWay()] = Field(default_factory=dict)
    """Headers of the request beside those of the same name that are there: `{X-Tag: a}`."""
    replace_headers: Annotated[ReplaceHeaders, OnTheWay()] = Field(default_factory=dict)
    """Other values for headers of the request: `{Host: {regex: (.*)[.]example, to: \\1.test}}`."""
    del_headers: Annotated[tuple[HeaderName, ...], BeforeValidator(listed), OnTheWay()] = _ANY_OF
    """Headers of the request that the backend does not get."""
    set_response_headers: SetResponseHeaders = Field(default_factory=dict)
    """Headers of the answer, whoever gives it: `{X-Frame-Options: DENY}`."""
    add_response_headers: AddResponseHeaders = Field(default_factory=dict)
    """Headers of the answer beside those of the same name that are there: `{Vary: Accept}`."""
    replace_response_headers: ReplaceHeaders = Field(default_factory=dict)
    """Other values for headers of the answer: `{Location: {regex: ^http:(.*), to: https:\\1}}`."""
    del_response_headers: Annotated[tuple[HeaderName, ...], BeforeValidator(listed)] = _ANY_OF
    """Headers that are taken out of the answer."""

    @model_validator(mode="after")
    def _one_act(self) -> Self:
        all_acts = keys_with(Rule, Acts)
        acts = [act for act in all_acts if getattr(self, act) not in (None, {})]
        if not acts:
            raise error(
                "missing-key", "a rule does something", hint=f"add one of {', '.join(all_acts)}"
            )
        if len(acts) > 1:
            raise error(
                "bad-value",
                f"a rule does one thing, not `{acts[0]}` and `{acts[1]}`",
                hint="make it two rules",
                at=(acts[1],),
            )
        if self.auth and self.jwt is not None and self.jwt.enabled and self.jwt.is_bearer:
            raise error(
                "bad-value",
                "a request has one `Authorization`, not one for `auth` and one for `jwt`",
                at=("jwt",),
                hint="keep one of them, or say which `header` or `cookie` the token is",
            )
        for key in ("strip_prefix", "add_prefix"):
            if getattr(self, key) is not None and self.rewrite is not None:
                raise error(
                    "bad-value",
                    f"`{key}` and `rewrite` both say what the path is",
                    hint="one `rewrite` with a `regex` can do both",
                    at=("rewrite",),
                )
        if self.ignore_case and not (self.path or self.path_prefix or self.path_regex):
            raise error(
                "bad-value",
                "`ignore_case` is for a path, and this rule has none",
                at=("ignore_case",),
                hint="hosts and names of headers have no case; for other values write a `regex`",
            )
        if self.split and sum(self.split.values()) != 100:
            raise error(
                "bad-value",
                f"the parts are {sum(self.split.values())} together, not 100",
                at=("split",),
            )
        if self.backend is None and not self.split:
            for key in keys_with(Rule, OnTheWay):
                if key in self.model_fields_set and getattr(self, key) not in (None, {}, ()):
                    raise error(
                        "bad-value",
                        f"`{key}` is for what goes to a backend, and this rule has none",
                        at=(key,),
                    )
        return self

    @property
    def looks_at(self) -> tuple[str, ...]:
        """The keys that must match."""
        return tuple(
            key for key in keys_with(Rule, Matches) if getattr(self, key) not in (None, (), {})
        )
