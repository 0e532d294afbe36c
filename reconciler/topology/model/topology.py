"""The file as a whole."""

from __future__ import annotations

from collections.abc import Collection, Set
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.backend import Backend
from reconciler.topology.model.base import Model, accepts, accepts_one, null_as_empty
from reconciler.topology.model.errors import ErrorPages
from reconciler.topology.model.files import FileName, FileSource
from reconciler.topology.model.frontend import Frontend
from reconciler.topology.model.haproxy import HAProxy
from reconciler.topology.model.marks import InPlaceOf
from reconciler.topology.model.stats import Stats
from reconciler.topology.model.types.scalar import Name, ProxyName, Text, error, listed
from reconciler.topology.model.types.subnet import Subnet
from reconciler.topology.model.volume import Volume


class Network(Model):
    """A Docker network. `{}` or nothing is a bridge of this topology's own."""

    driver: Text = "bridge"
    """Docker's network driver."""
    external: bool = False
    """The network exists already; it is used under its own name and never changed or removed."""
    internal: bool = False
    """No way out of the network to other networks."""
    subnet: Subnet | None = None
    """The network's addresses, `172.30.7.0/24`; Docker chooses when not given. HAProxy on the
    host's network needs it, since only there Docker gives out fixed addresses."""

    @model_validator(mode="after")
    def _owns_its_subnet(self) -> Network:
        if self.external and self.subnet is not None:
            raise error(
                "bad-value",
                "an external network has its subnet already",
                at=("subnet",),
                hint="leave `subnet` out, or let this tool make the network",
            )
        return self


class Topology(Model):
    """One topology: networks, containers, and the HAProxy in front of them."""

    name: Name
    """The topology's identity: part of every container's name."""
    include: Annotated[tuple[Text, ...], BeforeValidator(listed)] = Field(
        (), json_schema_extra=accepts_one
    )
    """Other files, relative to this one, that say a part of it: `./common.yaml`. This file goes
    over them, as an overlay goes over a file."""
    suspend: bool = False
    """Whether `reconciler watch` leaves the topology as it is. Other commands take no notice."""
    networks: dict[Name, Annotated[Network, BeforeValidator(null_as_empty)]] = Field(
        default_factory=dict
    )
    """Docker networks, by name: `{front: {}}`."""
    volumes: dict[Name, Annotated[Volume, BeforeValidator(null_as_empty)]] = Field(
        default_factory=dict
    )
    """Docker volumes, by name: `{data: {}}`. One that only a mount names is a local one of the
    topology's own."""
    secrets: dict[FileName, FileSource] = Field(default_factory=dict)
    """Content that backends have as files, by name: `{db_password: {file: ./db_password}}`. It is
    shown nowhere."""
    configs: dict[FileName, FileSource] = Field(default_factory=dict)
    """The same for what is no secret: `{app_conf: {file: ./app.conf}}`."""
    backends: Annotated[dict[Name, Backend], InPlaceOf("services", "they are `backends` here")] = (
        Field(default_factory=dict)
    )
    """Containers that HAProxy sends traffic to, by name."""
    frontends: dict[ProxyName, Frontend] = Field(default_factory=dict)
    """Where HAProxy takes traffic, by name."""
    stats: Stats | None = Field(
        None,
        json_schema_extra=accepts(
            {"type": "integer", "minimum": 1, "maximum": 65535}, {"enum": [True, False]}
        ),
    )
    """The statistics page: `true`, its port, or a mapping; none when not given."""
    errors: ErrorPages = Field(default_factory=dict)
    """Pages that HAProxy answers with itself, by status, in all frontends: `{503: ./down.html}`.
    """
    haproxy: HAProxy = HAProxy.model_construct()
    """The HAProxy container."""

    @model_validator(mode="before")
    @classmethod
    def _null_sections(cls, value: Any) -> Any:
        """A section with nothing in it is as one that is not there."""
        if not isinstance(value, dict):
            return value
        if value.get("stats") is False:
            value = value | {"stats": None}
        return {k: item for k, item in value.items() if item is not None or k not in sections()}


def sections() -> Collection[str]:
    """The keys at the top that have keys of their own, whether these are written or not."""
    return parts() | {
        name for name, field in Topology.model_fields.items() if isinstance(field.default, Model)
    }


def parts() -> Set[str]:
    """The sections whose keys are the names of what they describe: `backends`."""
    fields = Topology.model_fields
    return {name for name, field in fields.items() if field.default_factory is dict}
