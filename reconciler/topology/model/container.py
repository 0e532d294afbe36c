"""How a container is made: limits, health check, restart policy."""

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import (
    Period,
    Size,
    Whole,
    Words,
    error,
    refuse_boolean,
    scalar_text,
)

Cpus = Annotated[float, BeforeValidator(refuse_boolean)]


class Reservations(Model):
    """What a container shall have when the host has not enough for all."""

    cpus: Cpus | None = Field(None, ge=0.002, le=256)
    """Its share of CPU time against others' (Docker's CPU shares, 1024 for each core)."""
    memory: Size | None = Field(None, ge=6 * 1024**2)
    """Memory it is left with when the host runs short, below `memory` of `resources`."""


class Resources(Model):
    """Limits of one container. They change in place, without a new container."""

    cpus: Cpus | None = Field(None, gt=0, le=1024)
    """CPU cores, as in `docker run --cpus`."""
    memory: Size | None = Field(None, ge=6 * 1024**2)
    """Memory, as in `docker run --memory`: `128m`."""
    pids: Whole | None = Field(None, ge=1, le=4_194_304)
    """Processes and threads, as in `docker run --pids-limit`."""
    reservations: Reservations = Reservations.model_construct()
    """What it shall have when the host has not enough for all."""

    @model_validator(mode="after")
    def _reserved_within(self) -> Self:
        limit, reserved = self.memory, self.reservations.memory
        if limit is not None and reserved is not None and reserved > limit:
            raise error(
                "bad-value",
                "more memory is reserved than allowed",
                at=("reservations", "memory"),
                hint="lower it, or raise `memory` of `resources`",
            )
        return self


class Healthcheck(Model):
    """Docker's own health check, run inside the container."""

    test: Words | None = None
    """A command for the shell, or a list: `["CMD", "wget", "-q", "http://localhost"]`."""
    interval: Period | None = Field(None, ge=0.001)
    """Time between two checks. Docker's default is 30s."""
    timeout: Period | None = Field(None, ge=0.001)
    """Time one check may take. Docker's default is 30s."""
    retries: Whole | None = Field(None, ge=1, le=1000)
    """Failures in a row that make a container unhealthy. Docker's default is 3."""
    start_period: Period | None = None
    """Time after the start in which failures do not count."""
    start_interval: Period | None = Field(None, ge=0.001)
    """Time between two checks in the start period. Docker's default is 5s; Docker 25 and newer
    take another."""
    disable: bool = False
    """Switch off the check that the image brings."""

    @model_validator(mode="before")
    @classmethod
    def _shell_form(cls, value: Any) -> Any:
        """A string is for the container's shell; a list starts with CMD, CMD-SHELL or NONE."""
        if not isinstance(value, dict) or "test" not in value:
            return value
        test = value["test"]
        if isinstance(test, str):
            return value | {"test": ["CMD-SHELL", test]}
        if isinstance(test, list) and (not test or test[0] not in ("CMD", "CMD-SHELL", "NONE")):
            raise error(
                "bad-value",
                "the list of `test` starts with CMD or CMD-SHELL",
                hint='write `["CMD", …]`, or one string for the shell',
                at=("test",),
            )
        return value

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if self.test is None and not self.disable:
            raise error(
                "missing-key",
                "`test` is required in a healthcheck",
                hint="add `test: [CMD, …]`, or `disable: true`",
            )
        return self


def parse_restart(value: Any) -> str:
    text = "no" if value is False else scalar_text(value)
    if re.fullmatch(r"no|always|unless-stopped|on-failure(:[0-9]{1,4})?", text) is None:
        raise error(
            "unknown-value",
            "`{value}` is not a restart policy",
            value=text,
            hint="write no, always, unless-stopped, on-failure or on-failure:5",
        )
    return text


Restart = Annotated[
    str,
    BeforeValidator(parse_restart),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": ["no", False, "always", "unless-stopped", "on-failure"]},
                {"type": "string", "pattern": "^on-failure:[0-9]{1,4}$"},
            ]
        }
    ),
]
