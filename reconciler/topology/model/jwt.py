"""Signed tokens that requests must carry (RFC 7519), as HAProxy can check them."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.match import HeaderName, ParameterName
from reconciler.topology.model.types.scalar import (
    Duration,
    FilePath,
    Text,
    error,
    listed,
    matching,
    scalar_text,
)

Algorithm = Literal["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512"]
ClaimName = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_.:/~-]{1,128}|\$(\.[A-Za-z0-9_-]{1,64}){1,8}",
        "`{value}` is not the name of a claim",
        "write a name like `scope`, or where it is like `$.realm_access.roles`",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": r"^([A-Za-z0-9_.:/~-]+|\$(\.[A-Za-z0-9_-]+)+)$"}),
]


def _parse_claim(value: Any) -> str:
    """HAProxy knows true and false of JSON as numbers."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return scalar_text(value)


_SCALARS = {"type": ["string", "number", "boolean"]}
ClaimValue = Annotated[Text, BeforeValidator(_parse_claim), WithJsonSchema(_SCALARS)]
ClaimValues = Annotated[
    tuple[ClaimValue, ...],
    BeforeValidator(listed),
    Field(min_length=1, json_schema_extra=accepts_one),
]


class Jwt(Model):
    """A JSON Web Token that requests must carry: signed with a known key, and not expired. Others
    are answered with 401."""

    enabled: bool = True
    """`false` asks for none."""
    algorithm: Algorithm | None = None
    """How tokens are signed. What a token itself says of that is not believed."""
    key: Annotated[tuple[FilePath, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """PEM file with the public key, for `RS…` and `ES…`; of several, any may have signed."""
    secret: Text | None = Field(None, repr=False)
    """The secret that both sides know, for `HS…`: best as `${JWT_SECRET}`."""
    issuer: Annotated[tuple[Text, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Who may have issued it (`iss`): anybody who has the key when not given."""
    audience: Annotated[tuple[Text, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Whom it must be for (`aud`), at least one of these; anybody when not given."""
    claims: dict[ClaimName, ClaimValues] = Field(default_factory=dict)
    """What else it must say: `{scope: "orders:read", $.realm_access.roles: [admin, ops]}`, each
    with one of the values. Whose token does not is answered with 403."""
    exp: Literal["required", "optional"] = "required"
    """Whether a token without a time at which it expires is refused."""
    leeway: Duration = Field(0.0, le=600)
    """How far clocks may be apart, for `exp` and `nbf`."""
    header: HeaderName | None = None
    """The header that is the token, without `Bearer`; `Authorization: Bearer …` when not given, or
    for `Authorization`."""
    cookie: ParameterName | None = None
    """The cookie that is the token, in place of a header."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"enabled": False} if value is False else value

    @model_validator(mode="after")
    def _can_be_checked(self) -> Self:
        if self.enabled:
            self._check_key()
        if self.header is not None and self.cookie is not None:
            raise error(
                "bad-value",
                "a token is in a `header` or in a `cookie`",
                at=("cookie",),
                hint="keep one of them",
            )
        return self

    def _check_key(self) -> None:
        if self.algorithm is None:
            raise error(
                "missing-key",
                "`algorithm` is required: how tokens are signed",
                hint="write what the issuer says, like `RS256`",
            )
        needed, other = ("secret", "key") if self.is_symmetric else ("key", "secret")
        if getattr(self, other):
            raise error(
                "bad-value",
                f"`{self.algorithm}` has no `{other}`",
                at=(other,),
                hint=f"it is checked with a `{needed}`",
            )
        if not getattr(self, needed):
            hint = (
                "add `secret: ${JWT_SECRET}`"
                if self.is_symmetric
                else "add `key: ./issuer.pem`, a PEM file with the public key"
            )
            raise error("missing-key", f"`{self.algorithm}` needs a `{needed}`", hint=hint)

    @property
    def is_symmetric(self) -> bool:
        return (self.algorithm or "").startswith("HS")

    @property
    def is_bearer(self) -> bool:
        """Whether it stands where other passwords do."""
        return self.cookie is None and (self.header or "authorization").lower() == "authorization"


JWT_SHORT = accepts({"enum": [False]})
