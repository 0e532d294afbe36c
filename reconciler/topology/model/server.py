"""Servers that are no containers: where they are, and how much of the traffic they get."""

import ipaddress
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.endpoint import Address
from reconciler.topology.model.types.scalar import Port, Text, Whole, error, matching, written

_UNIX = "unix@"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")


def _check_host(value: str) -> str:
    """A DNS name or an address."""
    if is_address(value):
        return value
    looks_numeric = re.fullmatch(r"[0-9.]+", value) is not None
    if len(value) > 253 or looks_numeric or _HOST.fullmatch(value) is None:
        raise error(
            "bad-value",
            "`{value}` is neither an address nor a DNS name",
            value=value,
            hint="write it like `10.0.0.7` or `db.example.com`",
        )
    return value


def is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host


def _check_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,299}", value) is None:
        raise error(
            "bad-name",
            "HAProxy cannot have a server named `{value}`",
            value=value,
            hint="use letters, digits, `-`, `_` and `.`, starting with a letter or digit",
        )
    return value


Host = Annotated[Text, AfterValidator(_check_host), WithJsonSchema({"type": "string"})]
SocketPath = Annotated[
    Text,
    matching(
        r"/[^\s@]{1,90}",
        "`{value}` is not the path of a Unix socket",
        "write it like `/var/run/docker.sock`",
    ),
    WithJsonSchema({"type": "string", "pattern": "^/"}),
]
ServerName = Annotated[Text, AfterValidator(_check_name), WithJsonSchema({"type": "string"})]


class Server(Model):
    """A server that is no container: `db.example.com:5432`, or a mapping."""

    address: Host = ""
    """A DNS name, which HAProxy follows when it changes, or an address."""
    socket: SocketPath | None = None
    """A Unix socket in HAProxy's container, in place of an address: `/var/run/docker.sock`, which
    `volumes` of `haproxy` bring there, and its `group_add` lets HAProxy into."""
    port: Port | None = None
    """Its port; the backend's `port` when not given."""
    name: ServerName | None = None
    """Its name in HAProxy; its address and port when not given."""
    init_addr: Address | None = None
    """The address to take while nobody says what that of its name is: `192.0.2.7`."""
    weight: Whole | None = Field(None, ge=0, le=256)
    """Its weight; the backend's when not given."""
    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that it takes at a time; the backend's `maxconn` when not given."""
    backup: bool = False
    """Whether it gets traffic only while no other server of the backend is up."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, int | float | str) or isinstance(value, bool):
            return value
        text = written(value)
        if text.startswith(_UNIX):
            return {"socket": text.removeprefix(_UNIX)}
        host, colon, port = text.rpartition(":")
        if not colon or not (port.isascii() and port.isdigit()) or not host:
            raise error(
                "bad-value",
                "`{value}` is not a host and a port",
                value=text,
                hint="write it like `db.example.com:5432` or `[::1]:5432`",
            )
        is_bracketed = host.startswith("[") and host.endswith("]")
        return {"address": host[1:-1] if is_bracketed else host, "port": int(port[:9])}

    @model_validator(mode="after")
    def _at_one_place(self) -> Self:
        if self.socket is None and not self.address:
            raise error(
                "missing-key",
                "`address` is required in a server",
                hint="add `address: db.example.com`, or `socket:` for one of this machine",
            )
        for key in ("address", "port", "init_addr"):
            if self.socket is not None and key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"a server at a `socket` has no `{key}`",
                    at=(key,),
                    hint="leave one of them out",
                )
        return self

    @model_validator(mode="after")
    def _address_of_a_name(self) -> Self:
        if self.init_addr is not None and is_address(self.address):
            raise error(
                "bad-value",
                "`address` is no name that anybody would be asked for",
                at=("init_addr",),
                hint="leave it out, or write a name in `address`",
            )
        return self

    def name_with(self, port: int) -> str:
        """Its name, given the port that it has in the end."""
        if self.socket is not None:
            return self.name or re.sub(r"[^A-Za-z0-9_.:-]", "-", self.socket.strip("/"))
        return self.name or f"{self.address}:{port}"
