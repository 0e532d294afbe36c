"""The topology file as pydantic models. Field names are the keys of the file.

Short forms are turned into long ones by `mode="before"` validators, so that every field has one
type and an error has one place. Descriptions go into the JSON Schema, where editors show them.
"""

from __future__ import annotations

import copy
import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from reconciler.topology.types import (
    Duration,
    Image,
    Mode,
    Name,
    Pairs,
    Port,
    ProxyName,
    Pull,
    Size,
    Text,
    UrlPath,
    Whole,
    Words,
    check_text,
    error,
    refuse_boolean,
    scalar_text,
    written,
)

Balance = Literal["roundrobin", "static-rr", "leastconn", "first", "source", "uri", "random"]


class Model(BaseModel):
    """Frozen, and no key that is not known."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", defer_build=True, use_attribute_docstrings=True
    )


def _listed(value: Any) -> Any:
    """One item stands for a list of it."""
    return value if isinstance(value, list) else [value]


def _accepts(*schemas: dict[str, Any]) -> Callable[[dict[str, Any]], None]:
    """Add short forms to the JSON Schema of a field that a validator turns into the long one."""

    def extend(schema: dict[str, Any]) -> None:
        keep = ("title", "description", "default")
        long = {key: schema.pop(key) for key in list(schema) if key not in keep}
        schema["anyOf"] = [*schemas, *long.get("anyOf", [long])]

    return extend


def _accepts_one(schema: dict[str, Any]) -> None:
    """Add to the JSON Schema of a list that one item may stand for it."""
    array = next(form for form in [schema, *schema.get("anyOf", [])] if "items" in form)
    items = copy.deepcopy(array["items"])
    _accepts(*items.get("anyOf", [items]))(schema)


def _null_as_empty(value: Any) -> Any:
    return {} if value is None else value


class Network(Model):
    """A Docker network. `{}` or nothing is a bridge of this topology's own."""

    driver: Text = "bridge"
    """Docker's network driver."""
    external: bool = False
    """The network exists already; it is used under its own name and never changed or removed."""
    internal: bool = False
    """No way out of the network to other networks."""


class Resources(Model):
    """Limits of one container. They change in place, without a new container."""

    cpus: Annotated[float, BeforeValidator(refuse_boolean)] | None = Field(None, gt=0, le=1024)
    """CPU cores, as in `docker run --cpus`."""
    memory: Size | None = Field(None, ge=6 * 1024**2)
    """Memory, as in `docker run --memory`: `128m`."""


class Healthcheck(Model):
    """Docker's own health check, run inside the container."""

    test: Words | None = None
    """A command for the shell, or a list: `["CMD", "wget", "-q", "http://localhost"]`."""
    interval: Duration | None = Field(None, ge=0.001)
    """Time between two checks. Docker's default is 30s."""
    timeout: Duration | None = Field(None, ge=0.001)
    """Time one check may take. Docker's default is 30s."""
    retries: Whole | None = Field(None, ge=1, le=1000)
    """Failures in a row that make a container unhealthy. Docker's default is 3."""
    start_period: Duration | None = None
    """Time after the start in which failures do not count."""
    disable: bool = False
    """Switch off the check that the image brings."""

    @model_validator(mode="before")
    @classmethod
    def _shell_form(cls, value: Any) -> Any:
        """A string is for the container's shell; a list starts with CMD, CMD-SHELL or NONE."""
        if not isinstance(value, dict) or "test" not in value:
            return value
        test = value["test"]
        if isinstance(test, str):
            return value | {"test": ["CMD-SHELL", test]}
        if isinstance(test, list) and (not test or test[0] not in {"CMD", "CMD-SHELL", "NONE"}):
            raise error(
                "bad-value",
                "the list of `test` starts with CMD or CMD-SHELL",
                hint='write `["CMD", …]`, or one string for the shell',
                at=("test",),
            )
        return value

    @model_validator(mode="after")
    def _one_of(self) -> Healthcheck:
        if self.test is None and not self.disable:
            raise error("missing-key", "`test` is required in a healthcheck",
                        hint="add `test: [CMD, …]`, or `disable: true`")  # fmt: skip
        return self


class Check(Model):
    """How HAProxy finds out whether a server can take traffic."""

    type: Literal["tcp", "http", "none"] = "tcp"
    """`http` when a `path` is given."""
    path: UrlPath | None = None
    """Ask for this path over HTTP instead of only opening a connection."""
    method: Literal["GET", "HEAD", "OPTIONS", "POST"] = "GET"
    """The request's method."""
    status: Annotated[str, BeforeValidator(scalar_text)] = Field(
        "200-399",
        pattern=r"^[1-5][0-9]{2}(-[1-5][0-9]{2})?(,[1-5][0-9]{2}(-[1-5][0-9]{2})?)*$",
        json_schema_extra=_accepts({"type": "integer", "minimum": 100, "maximum": 599}),
    )
    """The status codes that mean healthy: `200`, `200-299` or `200,204`."""
    interval: Duration = Field(2.0, ge=0.01)
    """Time between two checks."""
    timeout: Duration | None = Field(None, ge=0.001)
    """Time one check may take; the interval when not given."""
    rise: Whole = Field(2, ge=1, le=100)
    """Good checks in a row that bring a server back."""
    fall: Whole = Field(3, ge=1, le=100)
    """Bad checks in a row that take a server out."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is False:
            return {"type": "none"}
        if value is True or value == "tcp":
            return {}
        if isinstance(value, str):
            if value.startswith("/"):
                return {"type": "http", "path": value}
            raise error(
                "unknown-value",
                "`{value}` is not a check",
                value=value,
                hint="write `tcp`, `false`, a path like `/healthz`, or a mapping",
            )
        if isinstance(value, dict) and "path" in value and "type" not in value:
            return value | {"type": "http"}
        return value

    @model_validator(mode="after")
    def _path_with_http(self) -> Check:
        if (self.type == "http") != (self.path is not None):
            wrong = "needs a `path`" if self.type == "http" else "takes no `path`"
            at = ("path",) if self.path is not None else ("type",)
            raise error("bad-value", f"a check of type {self.type} {wrong}", at=at)
        return self


class Volume(Model):
    """A mount: a named volume of the topology, or a path of the host."""

    source: Text
    """A volume's name, or a path: absolute, or relative to the file with `./`."""
    target: Text
    """The absolute path in the container."""
    read_only: bool = False
    """Mount it read-only."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) not in {2, 3} or not all(parts):
            raise error("bad-value", "`{value}` is not a mount", value=value,
                        hint="write `source:/path/in/container` or `source:/path:ro`")  # fmt: skip
        options = parts[2].split(",") if len(parts) == 3 else []
        if unknown := set(options) - {"ro", "rw"}:
            raise error("unknown-value", "`{value}` is not an option of a mount",
                        value=sorted(unknown)[0], hint="write `ro` or `rw`")  # fmt: skip
        return {"source": parts[0], "target": parts[1], "read_only": "ro" in options}

    @model_validator(mode="after")
    def _paths(self) -> Volume:
        if not self.target.startswith("/"):
            raise error("bad-value", "`{value}` is not an absolute path",
                        value=self.target, at=("target",))  # fmt: skip
        if not self.target.strip("/"):
            raise error("bad-value", "nothing can be mounted over the whole container",
                        at=("target",))  # fmt: skip
        is_path = self.source.startswith(("/", "./", "../", "~"))
        if self.source.startswith("~"):
            raise error("bad-value", "`~` is not expanded here", at=("source",),
                        hint="write `${HOME}` or an absolute path")  # fmt: skip
        if not is_path and re.fullmatch(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", self.source) is None:
            raise error("bad-name", "`{value}` is neither a path nor the name of a volume",
                        value=self.source, at=("source",),
                        hint="start a path with `/`, `./` or `../`")  # fmt: skip
        return self


def _parse_restart(value: Any) -> str:
    text = "no" if value is False else scalar_text(value)
    if re.fullmatch(r"no|always|unless-stopped|on-failure(:[0-9]{1,4})?", text) is None:
        raise error(
            "unknown-value",
            "`{value}` is not a restart policy",
            value=text,
            hint="write no, always, unless-stopped, on-failure or on-failure:5",
        )
    return text


Restart = Annotated[
    str,
    BeforeValidator(_parse_restart),
    WithJsonSchema({"anyOf": [
        {"enum": ["no", False, "always", "unless-stopped", "on-failure"]},
        {"type": "string", "pattern": "^on-failure:[0-9]{1,4}$"},
    ]}),
]  # fmt: skip


class Backend(Model):
    """Containers of one image, and how HAProxy sends traffic to them."""

    image: Image
    """The image, as Docker writes it."""
    pull: Pull = "missing"
    """When to pull the image: `missing`, `always` or `never`."""
    replicas: Whole = Field(1, ge=0, le=10_000)
    """How many containers."""
    port: Port | None = None
    """The port the containers listen on. It is not published on the host."""
    networks: Annotated[tuple[Name, ...], BeforeValidator(_listed)] = Field(
        ("default",), min_length=1, json_schema_extra=_accepts_one
    )
    """Networks the containers join; `default` is made when it is not defined."""
    env: Pairs = Field(default_factory=dict)
    """Environment variables."""
    command: Words | None = None
    """Arguments in place of the image's own."""
    entrypoint: Words | None = None
    """The entry point in place of the image's own."""
    labels: Pairs = Field(default_factory=dict)
    """Docker labels of your own."""
    volumes: tuple[
        Annotated[Volume, Field(json_schema_extra=_accepts({"type": "string"}))], ...
    ] = ()
    """Mounts: `data:/var/lib/app`, `./conf:/etc/app:ro`."""
    restart: Restart = "unless-stopped"
    """Docker's restart policy. It changes in place."""
    resources: Resources = Resources()
    """Limits; they change in place."""
    healthcheck: Healthcheck | None = None
    """Docker's health check. A container must be healthy before it gets traffic."""
    stop_grace_period: Duration = 10.0
    """Time between the stop signal and the kill."""
    init: bool = False
    """Run a small init as process 1, which forwards signals and reaps children."""
    balance: Balance = "roundrobin"
    """HAProxy's algorithm to choose a server."""
    mode: Mode = "http"
    """What HAProxy speaks: `http` or `tcp`."""
    check: Check = Field(
        Check(), json_schema_extra=_accepts({"enum": ["tcp", False, True]},
                                            {"type": "string", "pattern": "^/"})
    )  # fmt: skip
    """HAProxy's health check: `tcp`, `false`, a path, or a mapping."""
    weight: Whole = Field(1, ge=0, le=256)
    """Each server's weight."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that one server takes at a time; more wait in HAProxy's queue."""


class Bind(Model):
    """An address and port that HAProxy listens on, published on the host."""

    port: Port
    """The port."""
    address: Text | None = None
    """The host's address; all addresses when not given."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return parse_bind(value) if isinstance(value, int | float | str) else value

    @model_validator(mode="after")
    def _valid_address(self) -> Bind:
        if self.address is not None:
            _check_address(self.address, at="address")
        return self


def parse_bind(value: float | str) -> dict[str, Any]:
    """`80`, `:80`, `*:80`, `127.0.0.1:80`, `[::1]:80` to the long form."""
    text = written(value)
    if isinstance(value, bool):
        raise error("wrong-type", "a port or an address and a port is needed here")
    if text.isascii() and text.isdigit():
        return {"port": int(text) if len(text) < 9 else 10**9}
    address, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()):
        raise error("bad-value", "`{value}` is not an address and a port", value=text,
                    hint='write `80`, `"127.0.0.1:8080"` or `"[::1]:8080"`')  # fmt: skip
    if address in {"", "*"}:
        return {"port": int(port[:9])}
    return {"address": address.removeprefix("[").removesuffix("]"), "port": int(port[:9])}


def _check_address(address: str, at: str) -> None:
    try:
        if "%" in address:
            raise ValueError(address)  # Docker binds to no zone of an interface
        ipaddress.ip_address(address)
    except ValueError:
        raise error(
            "bad-value",
            "`{value}` is not an IP address",
            value=address,
            at=(at,),
            hint="a published port needs an address of the host, not a name",
        ) from None


_BIND_SHORT = ({"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string"})


class Frontend(Model):
    """Where HAProxy takes traffic, and where it sends it."""

    bind: Annotated[
        tuple[Annotated[Bind, Field(json_schema_extra=_accepts(*_BIND_SHORT))], ...],
        BeforeValidator(_listed),
    ] = Field(min_length=1, json_schema_extra=_accepts_one)
    """Ports to listen on: `80`, `"127.0.0.1:8080"`, or a list of them."""
    mode: Mode | None = None
    """`http` or `tcp`; the mode of its backend when not given."""
    default_backend: Name
    """The backend that gets the traffic."""


def _parse_auth(value: Any) -> dict[str, str]:
    """`user:password`, a list of those, or a mapping of users to passwords."""
    items: dict[str, str] = {}
    if isinstance(value, dict):
        items = {user: scalar_text(password, at=(user,)) for user, password in value.items()}
    elif isinstance(value, str | list):
        for item in _listed(value):
            user, colon, password = item.partition(":") if isinstance(item, str) else ("", "", "")
            if not colon or not user or not password:
                raise error(
                    "bad-value",
                    "`auth` needs a user and a password",
                    hint='write "user:password", best as `"admin:${STATS_PASSWORD}"`',
                )
            items[user] = password
    if not items:
        raise error("bad-value", "`auth` needs at least one user and password",
                    hint='write "user:password"')  # fmt: skip
    for user, password in items.items():
        if re.fullmatch(r"[A-Za-z0-9_.@+-]{1,64}", user) is None:
            raise error("bad-value", "a user's name takes letters, digits and `_.@+-`")
        check_text(password)
        if not password:
            raise error("bad-value", "the password is empty", at=(user,))
    return items


class Stats(Model):
    """HAProxy's statistics page, with metrics for Prometheus at `/metrics` beside it."""

    port: Port = 8404
    """The port."""
    bind: Text | None = None
    """The host's address; 127.0.0.1 unless there is `auth`."""
    uri: UrlPath = "/"
    """The path of the page."""
    refresh: Duration | None = Field(None, ge=1)
    """Let the browser load the page again after this time."""
    auth: Annotated[dict[str, str], BeforeValidator(_parse_auth)] = Field(
        default_factory=dict,
        json_schema_extra=_accepts({"type": "string"},
                                   {"type": "array", "items": {"type": "string"}}),
    )  # fmt: skip
    """Users and passwords, for the page and the metrics; a password may be a crypt(3) hash."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is True:
            return {}
        if isinstance(value, int):
            return {"port": value}
        return value

    @model_validator(mode="after")
    def _rules(self) -> Stats:
        if self.bind is not None:
            _check_address(self.bind, at="bind")
        if self.uri == "/metrics":
            raise error("bad-value", "`/metrics` is where Prometheus asks", at=("uri",),
                        hint="give the page another path")  # fmt: skip
        return self

    @property
    def address(self) -> str | None:
        """The host address to publish on; None for all."""
        return self.bind if self.bind is not None or self.auth else "127.0.0.1"


class Timeouts(Model):
    """HAProxy's timeouts, for every frontend and backend."""

    connect: Duration = Field(5.0, ge=0.001)
    """To open a connection to a server."""
    client: Duration = Field(10.0, ge=0.001)
    """Without a byte from the client."""
    server: Duration = Field(10.0, ge=0.001)
    """Without a byte from the server."""
    http_request: Duration = Field(10.0, ge=0.001)
    """For a whole request header."""
    http_keep_alive: Duration | None = Field(None, ge=0.001)
    """For the next request on a connection that is kept open."""
    queue: Duration | None = Field(None, ge=0.001)
    """In the queue for a server."""
    tunnel: Duration | None = Field(None, ge=0.001)
    """Without a byte on a WebSocket or another upgraded connection."""


def _parse_lines(value: Any) -> list[str]:
    """Raw lines: a block of text, or a list of lines."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        raise error("wrong-type", "raw lines are a block of text or a list of strings")
    for line in lines:
        check_text(line.replace("\t", " "))
        word = line.split(maxsplit=1)[0] if line.strip() else ""
        if _QUOTING.sub("", word) in SECTIONS:
            raise error("bad-value", "`{value}` would start a section of its own", value=word,
                        hint="raw lines stay within the section they are written for")  # fmt: skip
    return [line.strip() for line in lines]  # with the empty ones: a line's place is its position


_QUOTING = re.compile(r"[\"'\\]")


SECTIONS = frozenset(
    [
        "global",
        "defaults",
        "frontend",
        "backend",
        "listen",
        "peers",
        "resolvers",
        "userlist",
        "mailers",
        "program",
        "ring",
        "cache",
        "log-forward",
        "log-profile",
        "http-errors",
        "fcgi-app",
        "crt-store",
        "traces",
        "acme",
    ]
)
RawLines = Annotated[tuple[str, ...], BeforeValidator(_parse_lines)]
_RAW_SCHEMA = _accepts({"type": "string"})


class Raw(Model):
    """Lines for haproxy.cfg as they are, for what the file has no key for."""

    global_: RawLines = Field((), alias="global", json_schema_extra=_RAW_SCHEMA)
    """Added at the end of `global`."""
    defaults: RawLines = Field((), json_schema_extra=_RAW_SCHEMA)
    """Added at the end of `defaults`."""


class HAProxy(Model):
    """The HAProxy container in front of the backends."""

    image: Image = "haproxytech/haproxy-alpine:3.2"
    """Any image laid out as `haproxytech/haproxy-*` or the official `haproxy`."""
    pull: Pull = "missing"
    """When to pull the image."""
    networks: Annotated[tuple[Name, ...] | None, BeforeValidator(_listed)] = Field(
        None, min_length=1, json_schema_extra=_accepts_one
    )
    """Networks to join; those of the backends that get traffic when not given."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that HAProxy takes at a time."""
    timeouts: Timeouts = Timeouts()
    """Timeouts of frontends and backends."""
    hard_stop_after: Duration = Field(30.0, ge=1)
    """How long an old worker may finish its connections after a reload."""
    restart: Restart = "unless-stopped"
    """Docker's restart policy."""
    resources: Resources = Resources()
    """Limits; they change in place."""
    raw: Raw = Raw()
    """Raw lines for `global` and `defaults`."""


class Topology(Model):
    """One topology: networks, containers, and the HAProxy in front of them."""

    name: Name
    """The topology's identity: part of every container's name."""
    networks: dict[Name, Annotated[Network, BeforeValidator(_null_as_empty)]] = Field(
        default_factory=dict
    )
    """Docker networks, by name."""
    backends: dict[Name, Backend] = Field(default_factory=dict)
    """Containers that HAProxy sends traffic to, by name."""
    frontends: dict[ProxyName, Frontend] = Field(default_factory=dict)
    """Where HAProxy takes traffic, by name."""
    stats: Stats | None = Field(
        None,
        json_schema_extra=_accepts(
            {"type": "integer", "minimum": 1, "maximum": 65535}, {"enum": [True, False]}
        ),
    )
    """The statistics page; none when not given."""
    haproxy: HAProxy = HAProxy()
    """The HAProxy container."""

    @model_validator(mode="before")
    @classmethod
    def _null_sections(cls, value: Any) -> Any:
        """A section with nothing in it is as one that is not there."""
        if not isinstance(value, dict):
            return value
        if value.get("stats") is False:
            value = value | {"stats": None}
        sections = ("networks", "backends", "frontends", "haproxy")
        return {key: item for key, item in value.items() if item is not None or key not in sections}
