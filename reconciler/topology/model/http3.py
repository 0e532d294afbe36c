"""HTTP/3: where clients may speak it, and how they come to know."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import Period, Port, error

_TOLD = ("max_age", "port")


class Http3(Model):
    """HTTP/3 on the same port of UDP: `true`, or a mapping."""

    alt_svc: bool = True
    """Whether clients of HTTP/1 and HTTP/2 are told of it, in `Alt-Svc`: browsers know of it by
    nothing else."""
    max_age: Period = Field(86400.0, ge=1, le=315_360_000)
    """For how long they remember it."""
    port: Port | None = None
    """The port that they find it on; the bind's own when not given."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {} if value is True else value

    @model_validator(mode="after")
    def _is_told(self) -> Self:
        for key in _TOLD:
            if not self.alt_svc and key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"`{key}` is told in `Alt-Svc`, which is switched off",
                    at=(key,),
                    hint="leave one of them out",
                )
        return self


def _false_as_none(value: Any) -> Any:
    return None if value is False else value


MaybeHttp3 = Annotated[Http3 | None, BeforeValidator(_false_as_none)]
HTTP3_SHORT = {"type": "boolean"}
