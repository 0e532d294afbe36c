"""What containers keep their data in: mounts, and the volumes that they may be of."""

import re
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts
from reconciler.topology.model.marks import Appends, NamesFile
from reconciler.topology.model.types.scalar import (
    DOCKER_NAME,
    DockerName,
    Pairs,
    Size,
    Text,
    error,
    scalar_text,
)

MountType = Literal["volume", "bind", "tmpfs"]
Propagation = Literal["private", "rprivate", "shared", "rshared", "slave", "rslave"]


def parse_mode(value: Any) -> str:
    """As `chmod` reads it, however YAML would: `755`, `0755` and `1777`."""
    text = scalar_text(value)
    if re.fullmatch(r"(0o?)?[0-7]{3,4}", text) is None:
        raise error(
            "bad-value",
            "`{value}` is not a mode",
            value=text,
            hint="write it in octal, like `1777` or `0755`",
        )
    return text.removeprefix("0o").lstrip("0").rjust(3, "0")


def _check_subpath(value: str) -> str:
    if value.startswith("/") or not value.strip("./") or ".." in value.split("/"):
        raise error(
            "bad-value",
            "`{value}` is not a path in a volume",
            value=value,
            hint="write it like `uploads/images`, without a slash before it",
        )
    return value.rstrip("/")


class VolumeOptions(Model):
    """Options of a mount of a volume."""

    nocopy: bool = False
    """Leave an empty volume empty; else what the image has at the target is copied into it."""
    subpath: Annotated[Text, AfterValidator(_check_subpath)] | None = None
    """A directory in the volume, which must be there, instead of all of it: `uploads/images`.
    Docker 26 and newer can."""


class BindOptions(Model):
    """Options of a mount of a host's path."""

    propagation: Propagation | None = None
    """Whether mounts that are made beneath it later are seen on the other side; `rprivate` when
    not given."""
    create_host_path: bool = False
    """Make it a directory of root's where nothing is there; else that is an error."""
    selinux: Literal["z", "Z"] | None = None
    """Label it for containers under SELinux: `z` for several of them, `Z` for this one alone.
    Docker then makes a path that is not there, too."""


class TmpfsOptions(Model):
    """Options of a directory in memory."""

    size: Size | None = Field(None, ge=1)
    """How much it may hold; half of the host's memory when not given."""
    mode: Annotated[
        str | None,
        BeforeValidator(parse_mode),
        WithJsonSchema({"type": ["string", "integer"], "examples": ["1777"]}),
    ] = None
    """The mode of its directory, in octal: `1777`, which it is when not given."""


_SHORT: dict[str, tuple[str, str, Any]] = {
    "z": ("bind", "selinux", "z"),
    "Z": ("bind", "selinux", "Z"),
    **{name: ("bind", "propagation", name) for name in get_args(Propagation)},
    "nocopy": ("volume", "nocopy", True),
}
"""Options of the short form, as the long form has them."""


_PATH_STARTS = ("/", "./", "../")


class Mount(Model):
    """What a container has at a path: a volume, a path of the host, or a directory in memory."""

    type: MountType | None = None
    """What the source is; told by the source itself when not given."""
    source: Annotated[Text, NamesFile(with_dot=True)] = ""
    """A volume's name, or a path: absolute, or relative to the file with `./`. A tmpfs has none."""
    target: Text
    """The absolute path in the container."""
    read_only: bool = False
    """Mount it read-only."""
    volume: VolumeOptions | None = None
    """More about a volume: `{nocopy: true}`, `{subpath: uploads}`."""
    bind: BindOptions | None = None
    """More about a path of the host: `{create_host_path: true}`, `{propagation: rslave}`."""
    tmpfs: TmpfsOptions | None = None
    """More about a directory in memory: `{size: 64m, mode: 755}`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = value.split(":")
        if len(parts) not in {2, 3} or not all(parts):
            raise error(
                "bad-value",
                "`{value}` is not a mount",
                value=value,
                hint="write `source:/path/in/container` or `source:/path:ro`",
            )
        options = parts[2].split(",") if len(parts) == 3 else []
        kind = "bind" if parts[0].startswith(_PATH_STARTS) else "volume"
        known = ["ro", "rw", *(name for name, (of, _, _) in _SHORT.items() if of == kind)]
        if unknown := set(options).difference(known):
            raise error(
                "unknown-value",
                f"`{{value}}` is not an option of a mount of a {kind}",
                value=sorted(unknown)[0],
                hint=f"there are {', '.join(known)}",
            )
        found: dict[str, Any] = {}
        for _, key, meant in filter(None, map(_SHORT.get, options)):
            found.setdefault(kind, {})[key] = meant
        return {"source": parts[0], "target": parts[1], "read_only": "ro" in options, **found}

    @model_validator(mode="after")
    def _paths(self) -> Self:
        if not self.target.startswith("/"):
            raise error(
                "bad-value", "`{value}` is not an absolute path", value=self.target, at=("target",)
            )
        if not self.target.strip("/"):
            raise error(
                "bad-value", "nothing can be mounted over the whole container", at=("target",)
            )
        if self.type != "tmpfs":
            self._check_source()
        elif self.source:
            raise error(
                "bad-value", "a tmpfs has no source", at=("source",), hint="take `source` out"
            )
        return self

    def _check_source(self) -> None:
        if not self.source:
            raise error(
                "missing-key",
                "`source` is required in a mount",
                hint="name a volume or a path, or write `type: tmpfs`",
            )
        if self.source.startswith("~"):
            raise error(
                "bad-value",
                "`~` is not expanded here",
                at=("source",),
                hint="write `${HOME}` or an absolute path",
            )
        is_path = self.source.startswith(_PATH_STARTS)
        if not is_path and re.fullmatch(DOCKER_NAME, self.source) is None:
            raise error(
                "bad-name",
                "`{value}` is neither a path nor the name of a volume",
                value=self.source,
                at=("source",),
                hint="start a path with `/`, `./` or `../`",
            )
        if self.type == "bind" and not is_path:
            raise error(
                "bad-value",
                "`{value}` is not a path",
                value=self.source,
                at=("source",),
                hint="start it with `/`, `./` or `../`, or write `type: volume`",
            )
        if self.type == "volume" and is_path:
            raise error(
                "bad-value",
                "`{value}` is not the name of a volume",
                value=self.source,
                at=("source",),
                hint="name a volume, or write `type: bind`",
            )

    @model_validator(mode="after")
    def _in_words_of_docker(self) -> Self:
        """Docker has these only in its own short form, in which a colon parts source and target."""
        bind = self.bind
        if bind and (bind.create_host_path or bind.selinux) and ":" in self.source + self.target:
            raise error(
                "bad-value",
                "Docker cannot do that for a path with a colon",
                at=("bind",),
                hint="choose a path without",
            )
        return self

    @model_validator(mode="after")
    def _options_of_its_type(self) -> Self:
        for name in ("volume", "bind", "tmpfs"):
            if getattr(self, name) is not None and name != self.kind:
                raise error(
                    "bad-value",
                    f"`{name}` is for another type of mount, and this is a {self.kind}",
                    at=(name,),
                    hint="take it out",
                )
        return self

    @property
    def kind(self) -> MountType:
        """Its type, given or not."""
        return self.type or ("bind" if self.source.startswith(("/", ".")) else "volume")


Mounts = Annotated[
    tuple[Annotated[Mount, Field(json_schema_extra=accepts({"type": "string"}))], ...],
    Appends("target"),
]


def _check_driver(value: str) -> str:
    if not value.strip():
        raise error("bad-value", "a driver has a name", hint="leave it out for `local`")
    return value


class Volume(Model):
    """A Docker volume. `{}` or nothing is a local one of this topology's own."""

    driver: Annotated[Text, AfterValidator(_check_driver)] = "local"
    """Docker's volume driver."""
    driver_opts: Pairs = Field(default_factory=dict)
    """What the driver is told: `{type: nfs, o: "addr=192.0.2.9,rw", device: ":/export"}`."""
    labels: Pairs = Field(default_factory=dict)
    """Docker labels of your own, which it gets when it is made."""
    external: bool = False
    """The volume exists already; it is used under its own name and never changed or removed."""
    name: DockerName | None = None
    """Its name in Docker: the topology's and its own with `-` between when not given, and its own
    for an external one."""

    def docker_name(self, topology: str, name: str) -> str:
        """What Docker calls it, which the file has under `name`."""
        return self.name or (name if self.external else f"{topology}-{name}")

    @model_validator(mode="after")
    def _only_used(self) -> Self:
        for key in ("driver", "driver_opts", "labels"):
            if self.external and key in self.model_fields_set:
                raise error(
                    "bad-value",
                    f"an external volume has its `{key}` already",
                    at=(key,),
                    hint="leave it out, or let this tool make the volume",
                )
        return self
