"""How HAProxy chooses a server for a request: the algorithm with its parameters."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.match import ParameterName
from reconciler.topology.model.types.scalar import Text, Whole, error, matching

Algorithm = Literal[
    "roundrobin",
    "static-rr",
    "leastconn",
    "first",
    "random",
    "source",
    "uri",
    "url_param",
    "hdr",
    "hash",
]
_OF_HTTP = frozenset({"uri", "url_param", "hdr"})
"""Algorithms that look at requests."""
_FETCHES_OF_HTTP = re.compile(
    r"req[._](body|cook|fhdr|hdr|meth|ver)|base|capture\.|cook|f?hdr|http_|method|path|query|"
    r"shdr|unique-id|url"
)
"""How the names start of what HAProxy takes from requests (manual, 7.3.6)."""
_HASHES = frozenset({"source", "uri", "url_param", "hdr", "hash"})
_OF_ALGORITHM = {
    "random": ("draws",),
    "uri": ("whole", "path_only", "depth", "len"),
    "url_param": ("name",),
    "hdr": ("name", "use_domain_only"),
    "hash": ("key",),
}
_OF_HASHES = ("hash_type", "hash_function", "hash_balance_factor")
_NEEDED = {"url_param": "name", "hdr": "name", "hash": "key"}
_SHORT = re.compile(r"(hdr|url_param|random|hash)(?:\((.*)\)| (.*))")
_ARGUMENT = {"hdr": "name", "url_param": "name", "random": "draws", "hash": "key"}

Sample = Annotated[
    Text,
    matching(
        r"[a-z][a-z0-9_.]*(\([A-Za-z0-9_.,-]*\))?(,[a-z][a-z0-9_.]*(\([A-Za-z0-9_.,-]*\))?)*",
        "`{value}` is not what HAProxy can take from a request",
        "write it like `req.cook(JSESSIONID)` or `src,ipmask(24)`",
    ),
    WithJsonSchema({"type": "string"}),
]


class Balance(Model):
    """How HAProxy chooses a server: an algorithm such as `leastconn` or `hdr(X-User)`, or a
    mapping."""

    algorithm: Algorithm
    """HAProxy's name of the algorithm."""
    name: ParameterName | None = None
    """The name of the header (`hdr`), or of the parameter of the query (`url_param`)."""
    key: Sample | None = None
    """The sample that `hash` looks at, as HAProxy writes it: `req.cook(JSESSIONID)`."""
    draws: Whole | None = Field(None, ge=1, le=1000)
    """How many servers `random` draws, of which the one with the fewest connections is taken; 2
    when not given."""
    whole: bool = False
    """Whether `uri` looks at the query too."""
    path_only: bool = False
    """Whether `uri` leaves out the host that clients of HTTP/2 put before the path."""
    depth: Whole | None = Field(None, ge=1, le=1000)
    """How many directories of the path `uri` looks at."""
    len: Whole | None = Field(None, ge=1, le=100_000)
    """How many characters `uri` looks at."""
    use_domain_only: bool = False
    """Whether `hdr` of a host looks at the name below the top one alone: `example` of
    `www.example.com`."""
    hash_type: Literal["map-based", "consistent"] = "map-based"
    """What a change in the number of servers does: with `map-based` nearly all clients get another
    server, with `consistent` few do, and weights change without a reload."""
    hash_function: Literal["sdbm", "djb2", "wt6", "crc32"] | None = None
    """HAProxy's function for the hash; `sdbm` when not given."""
    hash_balance_factor: Whole | None = Field(None, ge=101, le=65535)
    """With `consistent`: the most that a server gets, in percent of the average; what is more goes
    to the next one."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = _SHORT.fullmatch(value)
        if match is None:
            return {"algorithm": value}
        return {"algorithm": match[1], _ARGUMENT[match[1]]: match[2] or match[3] or ""}

    @model_validator(mode="after")
    def _keys_of_the_algorithm(self) -> Self:
        own = _OF_ALGORITHM.get(self.algorithm, ())
        allowed = {"algorithm", *own, *(_OF_HASHES if self.algorithm in _HASHES else ())}
        for key in type(self).model_fields:
            if key in self.model_fields_set - allowed:
                raise error(
                    "bad-value",
                    f"`{self.algorithm}` has no `{key}`",
                    at=(key,),
                    hint=_hint(sorted(allowed - {"algorithm"})),
                )
        needed = _NEEDED.get(self.algorithm)
        if needed is not None and getattr(self, needed) is None:
            raise error(
                "missing-key",
                f"`{self.algorithm}` needs a `{needed}`",
                hint=f"write `{{algorithm: {self.algorithm}, {needed}: …}}`",
            )
        if self.hash_balance_factor is not None and self.hash_type != "consistent":
            raise error(
                "bad-value",
                "`hash_balance_factor` needs `hash_type: consistent`",
                at=("hash_balance_factor",),
            )
        return self

    @property
    def of_http(self) -> str:
        """What it looks at that only requests of HTTP have; "" for nothing."""
        if self.key is not None and _FETCHES_OF_HTTP.match(self.key):
            return self.key
        return self.algorithm if self.algorithm in _OF_HTTP else ""

    @property
    def is_static(self) -> bool:
        """Whether a server's part of the traffic cannot change."""
        if self.algorithm in _HASHES:
            return self.hash_type != "consistent"
        return self.algorithm == "static-rr"


def _hint(keys: list[str]) -> str:
    return f"it has {', '.join(keys)}" if keys else "it has no parameters"


BALANCE_SHORT = (
    {"enum": ["roundrobin", "static-rr", "leastconn", "first", "random", "source", "uri"]},
    {"type": "string", "pattern": r"^(hdr|url_param|random|hash)(\(.+\)| .+)$"},
)
