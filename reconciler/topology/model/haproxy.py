"""The HAProxy container and its own settings."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.container import Resources, Restart
from reconciler.topology.model.log import LOG_SHORT, Log
from reconciler.topology.model.marks import Appends
from reconciler.topology.model.options import OptionsOfAll
from reconciler.topology.model.raw import RAW_SHORT, RawLines
from reconciler.topology.model.types.scalar import (
    DockerName,
    Duration,
    Image,
    Pairs,
    Pull,
    Whole,
    listed,
)
from reconciler.topology.model.volume import Mounts


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
    tunnel: Duration = Field(3600.0, ge=0.001)
    """Without a byte on a WebSocket or another upgraded connection, or in `mode: tcp`."""
    tarpit: Duration | None = Field(None, ge=0.001)
    """For which a rule with `tarpit` lets a client wait; that of `connect` when not given."""


class Raw(Model):
    """Lines for haproxy.cfg as they are, for what the file has no key for."""

    global_: RawLines = Field((), alias="global", json_schema_extra=RAW_SHORT)
    """Added at the end of `global`."""
    defaults: RawLines = Field((), json_schema_extra=RAW_SHORT)
    """Added at the end of `defaults`."""


class HAProxy(OptionsOfAll):
    """The HAProxy container in front of the backends."""

    image: Image = "haproxytech/haproxy-alpine:3.2"
    """Any image laid out as `haproxytech/haproxy-*` or the official `haproxy`."""
    pull: Pull = "missing"
    """When to pull the image."""
    networks: Annotated[tuple[DockerName, ...] | None, BeforeValidator(listed), Appends()] = Field(
        None, min_length=1, json_schema_extra=accepts_one
    )
    """Networks to join; those of the backends that get traffic when not given."""
    network: Literal["bridge", "host"] = "bridge"
    """`host` lets HAProxy use the host's network: nothing stands between it and clients, and a new
    HAProxy takes the listening sockets over from the old one."""
    upgrade: Literal["interrupt", "handover"] = "interrupt"
    """How a new HAProxy container follows an old one on a bridge. `interrupt` closes the ports for
    a moment; with `handover` a small container keeps them open. On the host's network they always
    stay open."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that HAProxy takes at a time."""
    timeouts: Timeouts = Timeouts.model_construct()
    """Timeouts of frontends and backends."""
    log: Log | None = Field(None, json_schema_extra=accepts(*LOG_SHORT))
    """What is written of traffic, and where: `false` for nothing, a format, or a mapping. Without
    it, a line for each request on stdout."""
    hard_stop_after: Duration = Field(30.0, ge=1)
    """How long an old worker may finish its connections after a reload."""
    labels: Pairs = Field(default_factory=dict)
    """Docker labels of your own."""
    volumes: Mounts = ()
    """Mounts: `./maps:/maps:ro` for files that raw lines name, `/var/run/docker.sock` for a server
    at a socket."""
    restart: Restart = "unless-stopped"
    """Docker's restart policy."""
    resources: Resources = Resources.model_construct()
    """Limits; they change in place."""
    raw: Raw = Raw.model_construct()
    """Raw lines for `global` and `defaults`."""

    @property
    def hands_over(self) -> bool:
        """Whether a new HAProxy takes the listening sockets over from the old one."""
        return self.network == "host" or self.upgrade == "handover"

    @property
    def known_hosts(self) -> frozenset[str]:
        """The names in its `/etc/hosts`, in lower case: Docker's DNS does not know them."""
        return frozenset(line.partition(":")[0].lower() for line in self.extra_hosts)
