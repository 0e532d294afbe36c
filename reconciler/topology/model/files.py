"""Secrets and configs: what they hold, and as which files containers have them.

What is in files and variables is read elsewhere. No content is ever shown.
"""

import re
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.marks import Hidden
from reconciler.topology.model.types.scalar import (
    FilePath,
    Text,
    Whole,
    error,
    listed,
    matching,
    scalar_text,
)

FileName = Annotated[
    str,
    BeforeValidator(scalar_text),
    matching(
        r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}",
        "`{value}` cannot be a name here",
        "use letters, digits, `-`, `_` and `.`, starting with a letter or digit",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}),
]
"""Of a secret or a config: a part of a path in containers."""

VariableName = Annotated[
    Text,
    matching(
        r"[A-Za-z_][A-Za-z0-9_]*",
        "`{value}` is not the name of a variable",
        "write the name alone, without `$`",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}),
]
Content = Annotated[
    str, BeforeValidator(scalar_text), WithJsonSchema({"type": ["string", "number"]})
]


class FileSource(Model):
    """What a secret or a config holds: exactly one of these says it."""

    file: FilePath | None = None
    """A file: absolute, or relative to the topology's."""
    environment: VariableName | None = None
    """A variable of the environment or of an `--env-file`, by its name."""
    content: Annotated[Content | None, Hidden()] = Field(None, repr=False)
    """The content itself, in which variables may stand."""

    @model_validator(mode="before")
    @classmethod
    def _not_of_swarm(cls, value: Any) -> Any:
        if isinstance(value, dict) and "external" in value:
            raise error(
                "bad-value",
                "only Docker Swarm keeps something `external`",
                at=("external",),
                hint="take it out, and name a `file` or a variable with `environment`",
            )
        return value

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = self._given
        if not given:
            raise error(
                "missing-key",
                "nothing says what it holds",
                hint="add `file`, `environment` or `content`",
            )
        if len(given) > 1:
            raise error(
                "bad-value",
                f"`{given[0]}` and `{given[1]}` exclude each other",
                at=(given[0],),
                hint="keep one of them",
            )
        return self

    @property
    def _given(self) -> list[str]:
        return [key for key in type(self).model_fields if getattr(self, key) is not None]

    @property
    def kind(self) -> str:
        """The key that says what it holds."""
        return self._given[0]


def _check_target(value: str) -> str:
    if value.endswith("/") or {".", ".."} & set(value.split("/")):
        raise error(
            "bad-value",
            "`{value}` is not the path of a file",
            value=value,
            hint="write it like `/etc/app/app.conf`",
        )
    return value


def _parse_mode(value: Any) -> int:
    text = scalar_text(value)
    if re.fullmatch(r"0o?[0-7]{3,4}", text) is None:
        raise error(
            "bad-value",
            "`{value}` is not the mode of a file",
            value=text,
            hint="write it in octal, after a zero: `0440`",
        )
    return int(text.replace("o", ""), 8)


FileMode = Annotated[
    int,
    BeforeValidator(_parse_mode),
    WithJsonSchema({"type": ["string", "integer"], "pattern": "^0o?[0-7]{3,4}$"}),
]
_ID_SHORT = accepts({"type": "string", "pattern": "^[0-9]+$"})


class MountedFile(Model):
    """A secret or a config as a file of containers: its name alone, or a mapping."""

    source: FileName
    """Its name in the topology's `secrets` or `configs`."""
    target: Annotated[Text, AfterValidator(_check_target)] | None = Field(None, min_length=1)
    """The file's path. A relative one starts at /run/secrets for a secret, at / for a config; the
    name when not given."""
    uid: Whole = Field(0, ge=0, le=2**31 - 1, json_schema_extra=_ID_SHORT)
    """The number of the user who owns it."""
    gid: Whole = Field(0, ge=0, le=2**31 - 1, json_schema_extra=_ID_SHORT)
    """The number of its group."""
    mode: FileMode = Field(0o444, json_schema_extra={"default": "0444"})
    """Its file mode, in octal: `0440`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"source": value} if isinstance(value, str) else value


MountedFiles = Annotated[
    tuple[Annotated[MountedFile, Field(json_schema_extra=accepts({"type": "string"}))], ...],
    BeforeValidator(listed),
]
