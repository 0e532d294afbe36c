"""Ports of containers that are published on the host, in Compose's short and long form."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.bind import check_address
from reconciler.topology.model.types.scalar import Text, error, listed, scalar_text

_SHORT = re.compile(
    r"(?:(?:(?P<host_ip>\[[^\]]*\]|[^:]+):)?(?P<published>[0-9-]*):)?(?P<target>[0-9-]+)"
    r"(?:/(?P<protocol>\w+))?"
)
_HINT = "write it like `8080:80`, `127.0.0.1:8080:80/udp` or `80`"


def _check_range(value: str) -> str:
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?", value)
    if match is None or not 1 <= int(match[1]) <= int(match[2] or match[1]) <= 65535:
        raise error("bad-value", "`{value}` is not a port", value=value, hint=_HINT)
    return value


Ports = Annotated[
    Text,
    AfterValidator(_check_range),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["8080"]}),
]
"""A port, or several: `8000-8010`."""


def _numbers(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


class Publication(Model):
    """A port of a container that is published on the host."""

    target: Ports
    """The container's port, or as many as are `published`: `8000-8010`."""
    published: Ports | None = None
    """The host's, which one container can have at a time; Docker chooses a free one when not
    given. Of several for one `target` each container has one: `8000-8010`."""
    host_ip: Text | None = None
    """The host's address; all addresses when not given."""
    protocol: Literal["tcp", "udp", "sctp"] = "tcp"
    """The transport protocol."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        text = scalar_text(value)
        match = _SHORT.fullmatch(text)
        if match is None:
            raise error("bad-value", "`{value}` is not a published port", value=text, hint=_HINT)
        found = {key: part for key, part in match.groupdict().items() if part}
        if "host_ip" in found:
            found["host_ip"] = found["host_ip"].removeprefix("[").removesuffix("]")
        return found

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.host_ip is not None:
            check_address(self.host_ip, at="host_ip")
        targets = len(_numbers(self.target))
        if self.published is not None and len(self.host_ports) != targets != 1:
            raise error(
                "bad-value",
                "there are not as many ports of the host as of the container",
                at=("published",),
                hint="give both ranges the same length",
            )
        return self

    @property
    def most(self) -> int | None:
        """How many containers can have it; None for any number, where Docker chooses."""
        if self.published is None:
            return None
        return len(self.host_ports) if self.is_of_each else 1

    @property
    def host_ports(self) -> range:
        """Those of the host; none where Docker chooses them."""
        return _numbers(self.published) if self.published else range(0)

    @property
    def is_of_each(self) -> bool:
        """Whether each container has one of the host's ports, rather than one container all."""
        return len(self.host_ports) > len(_numbers(self.target))

    def pairs(self, number: int) -> Iterator[tuple[int, int]]:
        """Port of the host, 0 for one that Docker chooses, and of the container, for replica
        `number`, from 1."""
        targets = _numbers(self.target)
        hosts = self.host_ports or [0] * len(targets)
        return zip(hosts[number - 1 :] if self.is_of_each else hosts, targets, strict=False)


_SHORT_SCHEMA = {"type": ["string", "integer"]}
Publications = Annotated[
    tuple[Annotated[Publication, Field(json_schema_extra=accepts(_SHORT_SCHEMA))], ...],
    BeforeValidator(listed),
]
