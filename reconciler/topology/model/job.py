"""What runs once, and must succeed, before a backend's containers are created or replaced."""

from typing import Any, Self

from pydantic import Field, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import Duration, Image, Name, Pairs, Words, error


class Job(Model):
    """A container that runs to its end: `[migrate, --all]` as text, or a mapping."""

    name: Name | None = None
    """What it is called; `job-1`, `job-2` … by its place when not given."""
    image: Image | None = None
    """Its image; the backend's when not given."""
    command: Words | None = None
    """Its command. What only has an image runs that image's own."""
    entrypoint: Words | None = None
    """The entry point in place of the backend's, or of its own image's."""
    env: Pairs = Field(default_factory=dict)
    """Environment variables, over those of the backend."""
    timeout: Duration = Field(600.0, ge=0.1)
    """Time it may take; then it is stopped, and has failed."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"command": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if self.command is None and self.entrypoint is None and self.image is None:
            raise error(
                "missing-key",
                "a job needs a `command`",
                hint="or an `image` whose own command is the job",
            )
        return self

    def name_at(self, index: int) -> str:
        """Its name, given its place in the list."""
        return self.name or f"job-{index + 1}"
