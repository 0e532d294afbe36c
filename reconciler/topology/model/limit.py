"""How much one client may ask for."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.act import DenyStatus
from reconciler.topology.model.base import Model, accepts_one, listed
from reconciler.topology.model.match import Source
from reconciler.topology.types import Duration, Whole, error


class RateLimit(Model):
    """Requests that one address may send in a stretch of time: `100/10s`, or a mapping."""

    requests: Whole = Field(ge=1, le=10_000_000)
    """How many."""
    per: Duration = Field(10.0, ge=1, le=86_400)
    """In how long; older ones are forgotten bit by bit."""
    status: DenyStatus = 429
    """What further ones are answered with."""
    allow: Annotated[tuple[Source, ...], BeforeValidator(listed)] = Field(
        (), min_length=1, json_schema_extra=accepts_one
    )
    """Addresses that are not limited: `10.0.0.0/8`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = re.fullmatch(r"([0-9]{1,9})/([0-9]*[a-z]+)", value)
        if match is None:
            raise error("bad-value", "`{value}` is not a rate", value=value,
                        hint="write it like `100/10s`")  # fmt: skip
        number, per = match.groups()
        return {"requests": int(number), "per": per if per[0].isdigit() else f"1{per}"}
