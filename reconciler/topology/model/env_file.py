"""Files with environment variables of a container. What is in them is read elsewhere."""

from typing import Any

from pydantic import model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.types.scalar import FilePath


class EnvFile(Model):
    """A file of `NAME=value` lines for the containers' environment."""

    path: FilePath
    """The file: absolute, or relative to the topology's."""
    required: bool = True
    """Whether it must be there."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"path": value} if isinstance(value, str) else value
