"""What a rule of a frontend looks at: constrained values, each safe within HAProxy's words."""

import ipaddress
import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.marks import NamesFile
from reconciler.topology.model.types.address import names_file, read_network
from reconciler.topology.model.types.host import to_ascii
from reconciler.topology.model.types.scalar import Text, UrlPath, error, listed, matching

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")


def _check_host(value: str) -> str:
    """A host of a URL, in lower case: a DNS name, `*.` and one, or an address."""
    host = to_ascii(value).removesuffix(".")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        if len(host) <= 253 and _HOST.fullmatch(host):
            return host
        raise error(
            "bad-value",
            "`{value}` is not a host",
            value=value,
            hint="write `www.example.com` or `*.example.com`, without a port",
        ) from None
    return f"[{address}]" if address.version == 6 else str(address)


def _check_pattern(value: str) -> str:
    if not value or len(value) > 1000:
        raise error("bad-value", "a regular expression has 1 to 1,000 characters")
    if problem := _broken_pattern(value):
        raise error(
            "bad-value",
            f"`{{value}}` is no regular expression: {problem}",
            value=value,
            hint="put a backslash before a character that means itself",
        )
    return value


def _broken_pattern(pattern: str) -> str:
    """What is surely wrong with it; the rest only HAProxy knows. Quoting (`\\Q`) and what begins
    with `(?` may hold brackets that are none."""
    if "\\Q" in pattern or "(?" in pattern:
        return ""
    depth = 0
    for piece in _PIECE.findall(pattern):
        if piece in {"\\", "["}:
            return "a backslash has nothing after it" if piece == "\\" else "a `[` is not closed"
        depth += (piece == "(") - (piece == ")")
        if depth < 0:
            return "a `)` closes nothing"
    return "a `(` is not closed" if depth else ""


_PIECE = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|.", re.DOTALL)
"""An escaped character, a set of characters, or any other one."""


def _check_route(value: str) -> str:
    if "?" in value:
        raise error(
            "bad-value",
            "`{value}` holds a query, which is no part of the path",
            value=value,
            hint="match it with `query:`",
        )
    return value


def _check_method(value: str) -> str:
    if re.fullmatch(r"[A-Z]{1,32}", value) is None:
        raise error(
            "bad-value",
            "`{value}` is not a method",
            value=value,
            hint="write it in capitals: `GET`, `POST`",
        )
    return value


def _check_listed(value: str) -> str:
    if names_file(value):
        return value
    network = read_network(value)
    if network is None:
        raise error(
            "bad-value",
            "`{value}` is neither an address nor a network",
            value=value,
            hint="write it like `10.0.0.0/8`, or `./addresses.txt` for a file of them",
        )
    return network


_STRING = WithJsonSchema({"type": "string"})
HostPattern = Annotated[Text, AfterValidator(_check_host), _STRING]
Pattern = Annotated[Text, AfterValidator(_check_pattern), _STRING]
RoutePath = Annotated[UrlPath, AfterValidator(_check_route), _STRING]
Method = Annotated[
    Text, AfterValidator(_check_method), WithJsonSchema({"type": "string", "pattern": "^[A-Z]+$"})
]
Listed = Annotated[Text, AfterValidator(_check_listed), NamesFile(with_dot=True), _STRING]
"""An address, a network, or a file of them."""
HeaderName = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_-]{1,128}",
        "`{value}` is not the name of a header",
        "use letters, digits, `-` and `_`",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_-]+$"}),
]
ParameterName = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_.~-]{1,128}",
        "`{value}` cannot be looked for",
        "use letters, digits, `-`, `_`, `.` and `~`",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9_.~-]+$"}),
]


class Wanted(Model):
    """What a header, a parameter or a cookie must be: any of the values or patterns given."""

    value: Annotated[tuple[Text, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Exactly one of these. Of a header that is a list, any item: `Connection: upgrade` is in
    `keep-alive, Upgrade`, whose items have no case."""
    regex: Annotated[tuple[Pattern, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Regular expressions, of which one is found in it."""
    present: bool | None = None
    """`true`: whatever it is, if it is there; `false`: if it is not there."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if isinstance(value, bool):
            return {"present": value}
        return value if isinstance(value, dict) else {"value": value}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.present is None) == (not self.value and not self.regex):
            raise error(
                "bad-value",
                "say `value` or `regex`, or else `present` alone",
                hint="a text stands for its `value`, true and false for `present`",
            )
        return self


WANTED_SHORT = Field(
    json_schema_extra=accepts(
        {"type": ["string", "number", "boolean"]},
        {"type": "array", "items": {"type": ["string", "number"]}},
    )
)
