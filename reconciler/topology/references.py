"""The files that a topology refers to. They are named here, and read elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct, field

from reconciler.diagnostics.discreet import Discreet
from reconciler.diagnostics.place import Path
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.errors import ErrorPage, Status
from reconciler.topology.model.files import FileSource
from reconciler.topology.model.tls import Ocsp, Tls
from reconciler.topology.model.types.address import names_file
from reconciler.topology.model.types.container import SECCOMP
from reconciler.topology.mounts import file_mounts

Kind = Literal[
    "certificate",
    "self-signed",
    "authority",
    "public-key",
    "env-file",
    "label-file",
    "page",
    "addresses",
    "variable",
    "profile",
    "file",
]
"""`certificate`: with its key, in one file, or two, or a directory of them. `self-signed`: one that
is made, and has no file in the topology. `page`: one that HAProxy answers with. `addresses`:
with one in each line. `variable`: no file, but a variable of the environment. `profile`: of
seccomp, in JSON."""


class Reference(Discreet, Struct, frozen=True):
    """A file by its name in the topology: absolute, or relative to the directory of it."""

    unshown = ("password",)
    source: str
    path: Path
    kind: Kind = "file"
    key: str | None = None
    """The file with the private key of a certificate, when it is another one."""
    password: FileSource | None = None
    """What opens the private key of a certificate."""
    names: tuple[str, ...] = ()
    """The names of a self-signed certificate."""
    algorithm: str = ""
    """The algorithm of signatures that a public key checks, as in RFC 7518."""
    ocsp: Ocsp = False
    """What is stapled to a certificate."""
    required: bool = True
    """Whether the file must be there."""


class Contents(Discreet, Struct, frozen=True):
    """What is in files, by their names in the topology. One that was not read is empty."""

    unshown = ("files", "variables")
    files: Mapping[str, bytes] = field(default_factory=dict)
    directories: Mapping[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    """The certificates of a directory: the name of each, and of its key's file."""
    variables: Mapping[str, bytes] = field(default_factory=dict)
    """What is in the variables that it names, in place of files."""

    def certificates(self, source: str, key: str | None) -> Iterator[tuple[str, bytes]]:
        """Name and text of each certificate with its key that a reference stands for."""
        for name, own_key in self.directories.get(source, ((source, key),)):
            parts = [self.files.get(part, b"") for part in (name, own_key) if part is not None]
            yield name, b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)


def response_source(certificate: str) -> str:
    """The file with the OCSP response of a certificate, by the name of that one's."""
    return f"{certificate}.ocsp"


def self_signed_source(names: tuple[str, ...]) -> str:
    """The name by which a self-signed certificate is known."""
    return " ".join(("self-signed", *names))


def references(topology: Topology) -> Iterator[Reference]:
    """In the order of the file; the same file may come more than once."""
    yield from _of_pages(topology.errors, ("errors",))
    for name, backend in topology.backends.items():
        yield from _of_pages(backend.errors, ("backends", name, "errors"))
        for index, file in enumerate(backend.env_file):
            at = ("backends", name, "env_file", index)
            yield Reference(file.path, at, "env-file", required=file.required)
        for index, source in enumerate(backend.label_file):
            yield Reference(source, ("backends", name, "label_file", index), "label-file")
        if (profile := backend.seccomp_profile) is not None:
            at = ("backends", name, "security_opt", backend.security_opt.index(SECCOMP + profile))
            yield Reference(profile, at, "profile")
        if backend.tls is not None and backend.tls.ca is not None:
            yield Reference(backend.tls.ca, ("backends", name, "tls", "ca"), "authority")
    yield from _of_containers(topology)
    for name, frontend in topology.frontends.items():
        path: Path = ("frontends", name)
        yield from _of_pages(frontend.errors, (*path, "errors"))
        if frontend.tls is not None:
            yield from _of_tls(frontend.tls, (*path, "tls"))
        yield from _of_lists(frontend, path)
        yield from _of_tokens(frontend, path)
        for index, bind in enumerate(frontend.bind):
            if bind.tls is not None:
                yield from _of_tls(bind.tls, (*path, "bind", index, "tls"))


def _of_containers(topology: Topology) -> Iterator[Reference]:
    """Secrets and configs that some container has."""
    for backend in topology.backends.values():
        for mounted in file_mounts(backend):
            source, path = mounted.source_in(topology), (mounted.section, mounted.wish.source)
            if source is not None and source.file is not None:
                yield Reference(source.file, (*path, "file"))
            elif source is not None and source.environment is not None:
                yield Reference(source.environment, (*path, "environment"), "variable")


def _of_password(source: FileSource | None, path: Path) -> Iterator[Reference]:
    if source is not None and source.file is not None:
        yield Reference(source.file, (*path, "file"))
    elif source is not None and source.environment is not None:
        yield Reference(source.environment, (*path, "environment"), "variable")


def _of_pages(pages: Mapping[Status, ErrorPage], path: Path) -> Iterator[Reference]:
    for status, page in pages.items():
        yield Reference(page.file, (*path, status), "page")


def _of_lists(frontend: Frontend, path: Path) -> Iterator[Reference]:
    lists: list[tuple[Path, tuple[str, ...]]] = [
        ((*path, "allow"), frontend.allow),
        ((*path, "deny"), frontend.deny),
        ((*path, "trusted_proxies"), frontend.trusted_proxies),
    ]
    lists += [
        ((*path, key, "allow"), limit.allow)
        for key, limit in {
            "rate_limit": frontend.rate_limit,
            "connection_limit": frontend.connection_limit,
        }.items()
        if limit is not None
    ]
    lists += [((*path, "rules", i, "source"), rule.source) for i, rule in enumerate(frontend.rules)]
    for at, items in lists:
        for index, item in enumerate(items):
            if names_file(item):
                yield Reference(item, (*at, index), "addresses")


def _of_tokens(frontend: Frontend, path: Path) -> Iterator[Reference]:
    owners = [(frontend.jwt, path)]
    owners += [(rule.jwt, (*path, "rules", index)) for index, rule in enumerate(frontend.rules)]
    for jwt, at in owners:
        for index, key in enumerate(jwt.key if jwt is not None and jwt.enabled else ()):
            yield Reference(
                key,
                (*at, "jwt", "key", index),
                "public-key",
                algorithm=(jwt.algorithm or "") if jwt else "",
            )


def _of_tls(tls: Tls, path: Path) -> Iterator[Reference]:
    for index, item in enumerate(tls.certificates):
        at = (*path, "certificates", index)
        yield from _of_password(item.password, (*at, "password"))
        yield Reference(
            item.cert, at, "certificate", item.key, item.password, ocsp=tls.ocsp_of(item)
        )
    if tls.self_signed is not None:
        source = self_signed_source(tls.self_signed)
        yield Reference(source, (*path, "self_signed"), "self-signed", names=tls.self_signed)
    if tls.client_ca is not None:
        yield Reference(tls.client_ca, (*path, "client_ca"), "authority")
