"""An address and port, or several ports, that HAProxy listens on."""

import ipaddress
import posixpath
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.tls import TLS_SHORT, Tls
from reconciler.topology.model.types.scalar import (
    Text,
    Whole,
    error,
    matching,
    scalar_text,
    written,
)
from reconciler.topology.model.volume import parse_mode

_HIGHEST = 65535
_LONGEST_SOCKET = 96
"""Linux takes 107, and HAProxy adds to it for a moment while it makes one."""


def _parse_ports(value: Any) -> tuple[int, int]:
    """`80` and `8000-8010` to the first and the last."""
    text = scalar_text(value)
    match = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", text, re.ASCII)
    if match is None:
        raise error(
            "bad-value",
            "`{value}` is neither a port nor a range of ports",
            value=text,
            hint="write `80` or `8000-8010`",
        )
    first, last = (int((match[n] or match[1])[:9]) for n in (1, 2))
    for port in (first, last):
        if not 1 <= port <= _HIGHEST:
            raise error(
                "out-of-range",
                f"a port is a number from 1 to {_HIGHEST}, not `{{value}}`",
                value=port,
            )
    if last < first:
        raise error(
            "bad-value",
            "`{value}` ends before it begins",
            value=text,
            hint=f"write `{last}-{first}`",
        )
    return first, last


Ports = Annotated[
    tuple[int, int],
    BeforeValidator(_parse_ports),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": _HIGHEST},
                {"type": "string", "pattern": "^[0-9]+(-[0-9]+)?$"},
            ]
        }
    ),
]
"""The first and the last."""


def _check_socket(value: str) -> str:
    text = posixpath.normpath(value.removeprefix("unix@"))
    directory, name = posixpath.split(text)
    if not text.startswith("/") or directory.strip("/") == "":
        raise error(
            "bad-value",
            "`{value}` is not the path of a socket",
            value=value,
            hint="write the absolute path of a file in a directory for it, like "
            "`/run/shop/www.sock`",
        )
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", name) is None or ":" in directory:
        raise error(
            "bad-value",
            "`{value}` cannot be the path of a socket",
            value=value,
            hint="use letters, digits, `_`, `.` and `-`",
        )
    if len(text.encode()) > _LONGEST_SOCKET:
        raise error(
            "bad-value",
            f"the path of a socket has at most {_LONGEST_SOCKET} bytes",
            hint="use a shorter one",
        )
    return text


Socket = Annotated[
    Text,
    AfterValidator(_check_socket),
    WithJsonSchema({"type": "string", "examples": ["/run/shop/www.sock"]}),
]
SocketMode = Annotated[
    str,
    BeforeValidator(parse_mode),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["660"]}),
]


Interface = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}",
        "`{value}` is not the name of an interface",
        "write it as `ip link` shows it: `eth0`",
    ),
    WithJsonSchema({"type": "string"}),
]


class Bind(Model):
    """What HAProxy listens on: a port, published on the host, or a Unix socket of the host."""

    port: Ports | None = None
    """The port, or a range of ports: `8000-8010`."""
    address: Text | None = None
    """The host's address; all addresses when not given."""
    socket: Socket | None = None
    """In place of a port, a Unix socket: an absolute path of the host. Its directory must be there,
    and let user 99 write, which HAProxy is."""
    mode: SocketMode | None = None
    """The file mode of a socket, in octal: who may connect. `666` when not given: whoever gets into
    its directory."""
    tls: Tls | None = Field(None, json_schema_extra=TLS_SHORT)
    """TLS on this one alone: certificate files, or a mapping."""
    accept_proxy: bool = False
    """Whoever connects is a proxy, and says with the PROXY protocol who its client is. Nobody else
    can connect then."""

    maxconn: Whole | None = Field(None, ge=1, le=10_000_000)
    """Connections that it takes at a time, of those that its frontend does; more wait outside."""
    backlog: Whole | None = Field(None, ge=1, le=1_000_000)
    """Connections that may wait outside; the kernel's own limit is `net.core.somaxconn`."""
    interface: Interface | None = None
    """On the host's network, the one interface that clients come by: `eth1`."""
    raw: Text | None = None
    """More words for its line of haproxy.cfg, as they are: `tfo nice 5`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return parse_bind(value) if isinstance(value, int | float | str) else value

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.port is None and self.socket is None:
            raise error(
                "missing-key", "`port` is required in a bind", hint="or `socket`, for a Unix socket"
            )
        for key in ("port", "address"):
            if self.socket is not None and key in self.model_fields_set:
                raise error(
                    "bad-value", f"a socket has no `{key}`", at=(key,), hint="make it two binds"
                )
        if self.mode is not None and self.socket is None:
            raise error("bad-value", "`mode` is for a `socket`", at=("mode",), hint="leave it out")
        if self.socket is not None and self.interface is not None:
            raise error(
                "bad-value", "a socket has no interface", at=("interface",), hint="leave it out"
            )
        if self.socket is not None and self.tls is not None and self.tls.http3 is not None:
            raise error(
                "bad-value", "a socket has no HTTP/3", at=("tls", "http3"), hint="leave it out"
            )
        return self

    @model_validator(mode="after")
    def _valid_address(self) -> Self:
        if self.address is not None:
            check_address(self.address, at="address")
        return self

    @property
    def ports(self) -> range:
        """None of a socket."""
        return range(self.port[0], self.port[1] + 1) if self.port else range(0)


def parse_bind(value: float | str) -> dict[str, Any]:
    """`80`, `:80`, `*:80`, `127.0.0.1:80`, `[::1]:80` to the long form; so for ranges of ports, and
    `unix@/run/shop/www.sock`."""
    text = written(value)
    if isinstance(value, bool):
        raise error(
            "wrong-type",
            "a port or an address and a port is needed here",
            hint='write `80`, `"127.0.0.1:8080"` or `"[::1]:8080"`',
        )
    if text.startswith("unix@"):
        return {"socket": text}
    if re.fullmatch(_PORTS, text):
        return {"port": text}
    address, colon, port = text.rpartition(":")
    if not colon or not re.fullmatch(_PORTS, port):
        raise error(
            "bad-value",
            "`{value}` is not an address and a port",
            value=text,
            hint='write `80`, `"127.0.0.1:8080"` or `"[::1]:8080"`',
        )
    if address in {"", "*"}:
        return {"port": port}
    return {"address": address.removeprefix("[").removesuffix("]"), "port": port}


_PORTS = re.compile(r"[0-9]+(-[0-9]+)?", re.ASCII)


def check_address(address: str, at: str) -> None:
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


BIND_SHORT = ({"type": "integer", "minimum": 1, "maximum": _HIGHEST}, {"type": "string"})
