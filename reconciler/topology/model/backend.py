"""Containers of one image, or other servers, and how HAProxy sends traffic to them."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.balance import BALANCE_SHORT, Balance
from reconciler.topology.model.base import accepts, accepts_one
from reconciler.topology.model.check import CHECK_SHORT, Check
from reconciler.topology.model.container import Healthcheck, Resources, Restart
from reconciler.topology.model.content import (
    CACHE_SHORT,
    COMPRESSION_SHORT,
    MaybeCache,
    MaybeCompression,
)
from reconciler.topology.model.env_file import EnvFile
from reconciler.topology.model.errors import ErrorPages
from reconciler.topology.model.files import MountedFiles
from reconciler.topology.model.job import Job
from reconciler.topology.model.link import TO_SERVERS_SHORT, SendProxy, ToServers
from reconciler.topology.model.marks import Appends, ByName, HttpOnly, InPlaceOf, OfContainers
from reconciler.topology.model.network import JOINS_SHORT, Join, Joins
from reconciler.topology.model.options import ContainerOptions
from reconciler.topology.model.order import DEPENDENCIES_SCHEMA, Dependency, parse_dependencies
from reconciler.topology.model.port import Publications
from reconciler.topology.model.raw import RAW_SHORT, BackendLines
from reconciler.topology.model.rollout import OnUnhealthy, Rollout
from reconciler.topology.model.server import Server
from reconciler.topology.model.settings import BackendTimeouts, RetryOn
from reconciler.topology.model.sticky import STICKY_SHORT, Sticky
from reconciler.topology.model.types.scalar import (
    Duration,
    FilePath,
    Image,
    Mode,
    Name,
    Pairs,
    Port,
    Pull,
    Text,
    Whole,
    Words,
    error,
    listed,
)
from reconciler.topology.model.volume import Mounts


class Backend(ContainerOptions):
    """Containers of one image, or other servers, and how HAProxy sends traffic to them."""

    image: Annotated[
        Image | None, InPlaceOf("build", "build the image before, and name it in `image`")
    ] = None
    """The image of its containers, as Docker writes it. A backend needs this, `containers_of` or
    `servers`."""
    containers_of: Name | None = None
    """The backend whose containers are this one's too, at another `port`, with traffic, checks and
    limits of its own: for programs that listen on several ports."""
    servers: Annotated[
        tuple[Annotated[Server, Field(json_schema_extra=accepts({"type": "string"}))], ...],
        BeforeValidator(listed),
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """Servers that are no containers, beside containers or alone: `db.example.com:5432`, or a
    mapping."""
    pull: Annotated[Pull, OfContainers(), InPlaceOf("pull_policy")] = "missing"
    """When to pull the image: `missing`, `always` or `never`."""
    replicas: Annotated[Whole, OfContainers(), InPlaceOf("scale")] = Field(1, ge=0, le=10_000)
    """How many containers."""
    port: Port | None = None
    """The port the containers listen on. It is not published on the host."""
    ports: Annotated[Publications, Appends("all"), OfContainers()] = Field(
        (), json_schema_extra=accepts_one
    )
    """Further ports of its containers, past HAProxy, on the host: `8080:80`, `127.0.0.1:53:53/udp`,
    or a mapping. One container at a time can have a port of the host; of `80` alone Docker chooses
    the host's."""
    joins: Annotated[
        Joins, Appends(), ByName(), OfContainers(), InPlaceOf("network_mode", "name its `networks`")
    ] = Field(
        (Join.model_construct(network="default"),),
        alias="networks",
        min_length=1,
        json_schema_extra=JOINS_SHORT,
    )
    """Networks the containers join; `default` is made when it is not defined. A name, a list, or a
    mapping with more names to be found by: `{front: {aliases: [shop]}}`."""
    env: Annotated[Pairs, OfContainers(), InPlaceOf("environment")] = Field(default_factory=dict)
    """Environment variables."""
    env_file: Annotated[
        tuple[Annotated[EnvFile, Field(json_schema_extra=accepts({"type": "string"}))], ...],
        BeforeValidator(listed),
        Appends(),
        OfContainers(),
    ] = Field((), json_schema_extra=accepts_one)
    """Files of `NAME=value` lines, for what `env` does not say: `app.env`, or `{path: app.env,
    required: false}`. Their values are never shown, and other ones make new containers."""
    secrets: Annotated[MountedFiles, Appends(), OfContainers()] = Field(
        (), json_schema_extra=accepts_one
    )
    """Secrets that its containers have as files in /run/secrets: `db_password`, or a mapping. Other
    content makes new containers."""
    configs: Annotated[MountedFiles, Appends(), OfContainers()] = Field(
        (), json_schema_extra=accepts_one
    )
    """Configs that its containers have as files, by name in /: `{source: app, target:
    /etc/app.conf}`. Other content makes new containers."""
    command: Annotated[Words | None, OfContainers()] = None
    """Arguments in place of the image's own."""
    entrypoint: Annotated[Words | None, OfContainers()] = None
    """The entry point in place of the image's own."""
    labels: Annotated[Pairs, OfContainers()] = Field(default_factory=dict)
    """Docker labels of your own."""
    label_file: Annotated[
        tuple[FilePath, ...], BeforeValidator(listed), Appends(), OfContainers()
    ] = Field((), json_schema_extra=accepts_one)
    """Files of `NAME=value` lines, for what `labels` does not say: `./app.labels`."""
    volumes: Annotated[Mounts, OfContainers()] = ()
    """Mounts: `data:/var/lib/app`, `./conf:/etc/app:ro`, or mappings with Compose's keys."""
    restart: Annotated[Restart, OfContainers()] = "unless-stopped"
    """Docker's restart policy. It changes in place."""
    resources: Annotated[
        Resources,
        OfContainers(),
        InPlaceOf("cpus", "limits are in `resources`: `{cpus: 0.5}`"),
        InPlaceOf("cpu_shares", "limits are in `resources`: `{reservations: {cpus: 0.5}}`"),
        InPlaceOf("mem_limit", "limits are in `resources`: `{memory: 128m}`"),
        InPlaceOf("mem_reservation", "limits are in `resources`: `{reservations: {memory: 64m}}`"),
        InPlaceOf("memory", "limits are in `resources`: `{memory: 128m}`"),
        InPlaceOf("pids_limit", "limits are in `resources`: `{pids: 100}`"),
    ] = Resources.model_construct()
    """Limits; they change in place."""
    healthcheck: Annotated[Healthcheck | None, OfContainers()] = None
    """Docker's health check. A container must be healthy before it gets traffic."""
    stop_grace_period: Annotated[Duration, OfContainers()] = 10.0
    """Time between the stop signal and the kill."""
    init: Annotated[bool, OfContainers()] = False
    """Run a small init as process 1, which forwards signals and reaps children."""
    balance: Balance = Field(
        Balance.model_construct(algorithm="roundrobin"), json_schema_extra=accepts(*BALANCE_SHORT)
    )
    """HAProxy's algorithm to choose a server: `leastconn`, `hdr(X-User)`, or a mapping."""
    sticky: Sticky | None = Field(None, json_schema_extra=accepts(STICKY_SHORT))
    """Clients come back to the server they had: `cookie`, `source`, or a mapping."""
    mode: Mode = "http"
    """What HAProxy speaks: `http` or `tcp`."""
    check: Check = Field(Check.model_construct(), json_schema_extra=CHECK_SHORT)
    """HAProxy's health check: `tcp`, `false`, a path, or a mapping."""
    on_marked_down: Literal["shutdown-sessions"] | None = None
    """What becomes of the connections of a server that is found to be down; they go on when not
    given."""
    on_marked_up: Literal["shutdown-backup-sessions"] | None = None
    """What becomes of the connections of servers with `backup` when another server comes back."""
    tls: ToServers = Field(None, json_schema_extra=TO_SERVERS_SHORT)
    """TLS with the servers: `{sni: db.example.com}`, `{ca: ./ca.pem}`, `{verify: none}`."""
    proto: Annotated[Literal["h2"] | None, HttpOnly(on_key=False)] = None
    """`h2` speaks HTTP/2 with the servers, with TLS or without."""
    send_proxy: SendProxy = None
    """Tell servers with the PROXY protocol who the client is: `v1`, `v2`, or `true` for `v2`."""
    weight: Whole = Field(1, ge=0, le=256)
    """Each server's weight."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that one server takes at a time; more wait in HAProxy's queue."""
    minconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """What `maxconn` is while there is little to do; it grows with the backend's load up to
    `fullconn`."""
    fullconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections of the backend at which each server takes `maxconn`."""
    maxqueue: Whole | None = Field(None, ge=1, le=10_000_000)
    """Requests that wait for one server; who sticks to it and finds more goes to another."""
    timeouts: BackendTimeouts = BackendTimeouts.model_construct()
    """Timeouts of its own, in place of those of `haproxy`."""
    retries: Whole | None = Field(None, ge=0, le=100)
    """How often a request or a connection is tried again, on another server in the end; 3 when not
    given."""
    retry_on: Annotated[tuple[RetryOn, ...], BeforeValidator(listed), HttpOnly()] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Failures after which a GET, HEAD or OPTIONS is tried again, by HAProxy's names or as
    statuses: `[conn-failure, empty-response]` when not given."""
    http_reuse: Annotated[Literal["never", "safe", "aggressive", "always"] | None, HttpOnly()] = (
        None
    )
    """Whether connections to servers are shared by clients; `safe` when not given."""
    all_backups: bool = False
    """Whether all servers with `backup` get traffic when no other is up, and not just the first."""
    slow_start: Duration | None = Field(None, ge=0.001)
    """Time in which a server that comes up gets to its whole part of the traffic."""
    errors: Annotated[ErrorPages, HttpOnly()] = Field(default_factory=dict)
    """Pages that HAProxy answers with itself, by status, in place of those of the frontend:
    `{503: ./down.html}` when no server is up."""
    compression: Annotated[MaybeCompression, HttpOnly()] = Field(
        None, json_schema_extra=accepts(COMPRESSION_SHORT)
    )
    """Compress answers for clients that take it: `true`, `gzip`, or a mapping."""
    cache: Annotated[MaybeCache, HttpOnly()] = Field(None, json_schema_extra=accepts(CACHE_SHORT))
    """Keep answers in HAProxy's memory for others: `true`, or a mapping."""
    profiles: Annotated[tuple[Text, ...], BeforeValidator(listed), Appends()] = Field(
        (), json_schema_extra=accepts_one
    )
    """Leave it out unless one of these is chosen with `--profile` or RECONCILER_PROFILES."""
    raw: BackendLines = Field((), json_schema_extra=RAW_SHORT)
    """Lines for its section of haproxy.cfg as they are, before its servers."""
    rollout: Annotated[Rollout, OfContainers()] = Rollout.model_construct()
    """How its containers are replaced."""
    on_unhealthy: Annotated[OnUnhealthy, OfContainers()] = "replace"
    """What becomes of a container that serves and turns unhealthy, by Docker's health check, while
    others are well: `replace` takes it out of rotation and makes a new one, `drain` takes it out
    until it is healthy again, `ignore` leaves it. Where no other is well, it serves on."""

    depends_on: Annotated[
        tuple[Dependency, ...],
        BeforeValidator(parse_dependencies),
        Appends(),
        ByName(),
        WithJsonSchema(DEPENDENCIES_SCHEMA),
        OfContainers(),
    ] = ()
    """Backends whose containers must be healthy before these are created or replaced: a list, or
    a mapping like `{db: {condition: started}}`. They are removed in the reverse order."""

    before: Annotated[
        tuple[Annotated[Job, Field(json_schema_extra=accepts({"type": "string"}))], ...],
        BeforeValidator(listed),
        OfContainers(),
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """Jobs, such as migrations, that must succeed before its containers are created or replaced:
    each runs once, and again when it or the image changes. A command, a mapping, or a list."""

    @model_validator(mode="after")
    def _settings_that_go_together(self) -> Self:
        if self.minconn is not None and (self.maxconn is None or self.maxconn < self.minconn):
            raise error(
                "bad-value", "`minconn` needs a `maxconn` that is not below it", at=("minconn",)
            )
        for index, server in enumerate(self.servers):
            if (server.maxconn or self.minconn or 0) < (self.minconn or 0):
                # HAProxy would take the larger for both, and never have what the file says.
                raise error(
                    "bad-value",
                    "a server's `maxconn` is not below the backend's `minconn`",
                    at=("servers", index, "maxconn"),
                    hint=f"write {self.minconn} or more, or a smaller `minconn`",
                )
        self._swap_beside_memory()
        if "none" in self.retry_on and len(self.retry_on) > 1:
            raise error(
                "bad-value",
                "`none` stands alone: nothing is tried again",
                at=("retry_on",),
                hint="leave `none` out, or the others",
            )
        if self.slow_start is not None and self.balance.is_static:
            raise error(
                "bad-value",
                f"`{self.balance.algorithm}` has no `slow_start`: its parts cannot change",
                at=("slow_start",),
                hint="use `leastconn` or `roundrobin`",
            )
        return self

    def _swap_beside_memory(self) -> None:
        memory, swap = self.resources.memory, self.memswap_limit
        if swap is not None and memory is None:
            raise error(
                "bad-value",
                "`memswap_limit` needs a limit for memory beside it",
                at=("memswap_limit",),
                hint="add `resources: {memory: …}`",
            )
        if swap is not None and memory is not None and -1 < swap < memory:
            raise error(
                "bad-value",
                "`memswap_limit` is for memory and swap together, and less "
                "than `memory` of `resources`",
                at=("memswap_limit",),
                hint="write as much for no swap, or more",
            )

    @property
    def networks(self) -> tuple[str, ...]:
        """The names in the file of the networks that its containers join."""
        return tuple(join.network for join in self.joins)

    @property
    def containers(self) -> int:
        """How many containers it describes."""
        return self.replicas if self.image is not None else 0
