"""Which pages of other sites may read answers (the Fetch standard, "CORS protocol")."""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.match import Pattern
from reconciler.topology.model.types.scalar import Duration, Text, error, listed, matching

ANY = "*"
_ORIGIN = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://"
    r"(?:(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])"
    r"(?::(?P<port>[0-9]{1,5}|\*))?"
)
_USUAL_PORTS = {"http": "80", "https": "443"}


def _check_origin(value: str) -> str:
    """As browsers send it: in lower case, without a path and without the scheme's usual port."""
    origin = value.lower()
    if origin == ANY:
        return origin
    match = _ORIGIN.fullmatch(origin)
    if match is None:
        raise error(
            "bad-value",
            "`{value}` is not an origin",
            value=value,
            hint="write scheme, host and port, with nothing after them: "
            "`https://app.example.com` or `http://localhost:3000`",
        )
    if match["port"] is not None and match["port"] == _USUAL_PORTS.get(match["scheme"]):
        raise error(
            "bad-value",
            "browsers leave the usual port out of `{value}`",
            value=value,
            hint="leave it out here, too",
        )
    return origin


_STRING = WithJsonSchema({"type": "string"})
Origin = Annotated[Text, AfterValidator(_check_origin), _STRING]
AllowedMethod = Annotated[
    Text,
    matching(
        r"[A-Z]{1,32}|\*",
        "`{value}` is not a method",
        "write it in capitals, `GET`, or `*` for all",
    ),
    WithJsonSchema({"type": "string", "pattern": r"^([A-Z]+|\*)$"}),
]
AllowedHeader = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_-]{1,128}|\*",
        "`{value}` is not the name of a header",
        "use letters, digits, `-` and `_`, or write `*` for all",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": r"^([A-Za-z0-9_-]+|\*)$"}),
]


class Cors(Model):
    """Pages of other sites that may read answers: origins such as `https://app.example.com`, or a
    mapping. What browsers ask before they send a request, HAProxy answers itself."""

    enabled: bool = True
    """`false` lets no page of another site read them."""
    origins: Annotated[tuple[Origin, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Where such pages come from: `https://app.example.com`, `https://*.example.com` for all names
    below, `http://localhost:*` for all ports, or `*` for anywhere."""
    origins_regex: Annotated[tuple[Pattern, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Regular expressions for the whole of an origin: `https://pr-[0-9]+[.]example[.]com`."""
    methods: Annotated[tuple[AllowedMethod, ...], BeforeValidator(listed)] = Field(
        ("GET", "HEAD", "POST"), min_length=1, json_schema_extra=accepts_one
    )
    """Methods that they may use, or `*` for all."""
    headers: Annotated[tuple[AllowedHeader, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Headers that they may set beside the few that always are: `[Content-Type, Authorization]`, or
    `*` for all but `Authorization`."""
    expose_headers: Annotated[tuple[AllowedHeader, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Headers of the answer that they may read beside the few that always are, or `*` for all."""
    credentials: bool = False
    """Whether they may send cookies and passwords along."""
    max_age: Duration | None = Field(None, le=86_400)
    """For how long a browser need not ask again: `10m`; its own 5 seconds when not given."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is False:
            return {"enabled": False}
        return {"origins": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if self.enabled and not self.origins and not self.origins_regex:
            raise error(
                "missing-key",
                "nothing says which pages may read answers",
                hint="add `origins`, like `https://app.example.com`",
            )
        if self.credentials:
            self._check_credentials()
        return self

    def _check_credentials(self) -> None:
        """With them, browsers take `*` for no origin, and for the name of a method or header."""
        for key in ("origins", "methods", "headers", "expose_headers"):
            if ANY in getattr(self, key):
                raise error(
                    "bad-value",
                    f"browsers take no `*` in `{key}` together with `credentials`",
                    at=(key,),
                    hint="name them, or leave `credentials` out",
                )

    @property
    def is_for_all(self) -> bool:
        return ANY in self.origins


CORS_SHORT = accepts(
    {"enum": [False]}, {"type": "string"}, {"type": "array", "items": {"type": "string"}}
)
