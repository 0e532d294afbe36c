"""How the containers of a backend are replaced."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import Duration, Whole, error, written


def _parse_amount(value: Any) -> int | str:
    """A number of containers, or a part of them: `2`, `25%`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise error("wrong-type", "a number of containers or a percentage is needed here")
    text = written(value)
    if re.fullmatch(r"[0-9]{1,5}", text):
        return int(text)
    if re.fullmatch(r"[0-9]{1,3}%", text) and int(text[:-1]) <= 100:
        return text
    raise error(
        "bad-value",
        "`{value}` is neither a number of containers nor a percentage",
        value=text,
        hint="write it like `2` or `25%`",
    )


def _parse_share(value: Any) -> float:
    """`5%` to 0.05."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise error("wrong-type", "a percentage is needed here", hint="write it like `5%`")
    text = written(value)
    match = re.fullmatch(r"([0-9]{1,3}(?:\.[0-9]+)?)%", text)
    if match is None or float(match[1]) > 100:
        raise error(
            "bad-value", "`{value}` is not a percentage", value=text, hint="write it like `5%`"
        )
    return float(match[1]) / 100


Amount = Annotated[
    int | str,
    BeforeValidator(_parse_amount),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 99999},
                {"type": "string", "pattern": "^[0-9]{1,3}%$"},
            ]
        }
    ),
]
Share = Annotated[
    float,
    BeforeValidator(_parse_share),
    WithJsonSchema({"type": "string", "pattern": r"^[0-9]{1,3}(\.[0-9]+)?%$"}),
]


OnUnhealthy = Literal["replace", "drain", "ignore"]


class Guard(Model):
    """A watch on what new servers answer, by HAProxy's own counters."""

    max_errors: Share = 0.05
    """The part of requests that may fail (5xx, no connection, broken answer) before it stops."""
    window: Duration = Field(30.0, ge=0.1)
    """How long new servers are watched before old ones leave."""
    min_requests: Whole = Field(20, ge=1, le=1_000_000)
    """Fewer requests than this say nothing."""


class Rollout(Model):
    """How the containers of a backend are replaced."""

    order: Literal["start-first", "stop-first"] = "start-first"
    """Whether new containers start before old ones stop. `stop-first` is for containers that
    cannot run beside each other; then capacity shrinks by `max_unavailable` meanwhile."""
    max_surge: Amount = "25%"
    """Containers above `replicas` while old and new ones run; a percentage is rounded up."""
    max_unavailable: Amount | None = None
    """Containers below `replicas` meanwhile; a percentage is rounded down. 0 when not given, and 1
    with `stop-first`."""
    ready_timeout: Duration | None = Field(None, ge=0.1)
    """Time for a new container to become healthy, and once more for HAProxy's check to pass; that
    of `--timeout` when not given."""
    min_ready: Duration = 0.0
    """Time that new containers must stay up before they count as ready, and old ones leave. Where
    nobody checks them, it is 2 s at least."""
    drain_timeout: Duration = 30.0
    """Time for an old server to finish what it has before it is stopped."""
    on_failure: Literal["rollback", "pause"] = "rollback"
    """`rollback` removes new containers that fail; `pause` leaves them for a look. The old ones
    keep serving."""
    guard: Guard | None = None
    """Stop when new servers answer with too many errors."""

    @model_validator(mode="before")
    @classmethod
    def _bare_guard(cls, value: Any) -> Any:
        """`guard:` or `guard: {}` is one with the defaults."""
        if isinstance(value, dict) and "guard" in value and value["guard"] is None:
            return value | {"guard": {}}
        return value

    @model_validator(mode="after")
    def _some_room(self) -> Self:
        nobody = {0, "0%"}
        is_start_first = self.order == "start-first"
        if is_start_first and self.max_surge in nobody and self.max_unavailable in {None, *nobody}:
            raise error(
                "bad-value",
                "with neither surge nor unavailability, nothing can be replaced",
                hint="allow one of them: `max_surge: 1`, or `max_unavailable: 1`",
                at=("max_surge",),
            )
        wants_surge = "max_surge" in self.model_fields_set and self.max_surge not in nobody
        if not is_start_first and wants_surge:
            raise error(
                "bad-value",
                "`stop-first` never has more containers than `replicas`",
                at=("max_surge",),
                hint="leave it out; `max_unavailable` is how many stop at a time",
            )
        if not is_start_first and self.max_unavailable in nobody:
            raise error(
                "bad-value",
                "`stop-first` needs a container that may be unavailable",
                hint="write `max_unavailable: 1`, or more",
                at=("max_unavailable",),
            )
        return self
