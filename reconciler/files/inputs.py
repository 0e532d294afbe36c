"""Topologies loaded from what the command line names. Reads files; nothing else does."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity, has_errors
from reconciler.diagnostics.place import Place, Span
from reconciler.files.included import STDIN_NAME, Included
from reconciler.files.listing import is_topology
from reconciler.files.reading import STDIN, TooLargeError, read_named
from reconciler.files.references import References
from reconciler.files.variant import AS_WRITTEN, PROFILES, Variant
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.reading.layers import Document, Layers
from reconciler.topology.reading.parse import MAX_BYTES
from reconciler.topology.reading.variables import parse_env_file

DEFAULT_FILE = "topology.yaml"


@dataclass(frozen=True, slots=True)
class Inputs:
    loaded: tuple[Loaded, ...]
    diagnostics: tuple[Diagnostic, ...]
    references: tuple[References, ...]
    """The files that each of them refers to."""
    included: tuple[str, ...] = ()
    """The absolute paths of files that others include, whether they are there or not."""

    @property
    def sources(self) -> dict[str, str]:
        """What messages may show of each file."""
        return {file: text for item in self.loaded for file, text in item.texts.items()}

    @property
    def has_errors(self) -> bool:
        return has_errors(self.diagnostics)


EXPIRED = frozenset({"expired-certificate"})
OF_FILES = EXPIRED | {
    "unreadable-file",
    "bad-certificate",
    "bad-ocsp",
    "bad-key",
    "bad-addresses",
    "missing-variable",
}
"""What may be wrong with files, and variables in place of files, that a topology refers to."""

OF_ABSENCE = frozenset({"missing-variable", "unreadable-file"})
"""What is wrong where the environment and the files of the machine that applies are not there."""


def load_inputs(
    names: Sequence[str],
    env_files: Sequence[str],
    tolerated: Collection[str] = (),
    variant: Variant = AS_WRITTEN,
    environ: Mapping[str, str] | None = None,
) -> Inputs:
    """Every file that is named, all their problems together. `tolerated` codes only warn.

    `environ` is the environment, that of this process when it is not given.
    """
    problems: list[Diagnostic] = []
    variables = read_variables(env_files, problems, environ)
    inputs = list(read_documents(names, problems))
    overlays = tuple(_read_all(variant.overlays, problems))
    if overlays and len(inputs) > 1:
        problems.append(_several(overlays[0].name, len(inputs)))
    found = load_documents(inputs, variables, tolerated, variant, overlays)
    return replace(found, diagnostics=tuple(dict.fromkeys((*problems, *found.diagnostics))))


def load_documents(
    inputs: Sequence[Document],
    variables: dict[str, str],
    tolerated: Collection[str] = (),
    variant: Variant = AS_WRITTEN,
    overlays: tuple[Document, ...] = (),
) -> Inputs:
    """Topologies from files that were read; what they include and refer to is read here."""
    profiles = variant.profiles or tuple(
        part for part in re.split(r"[,\s]+", variables.get(PROFILES, "")) if part
    )
    included = Included((*inputs, *overlays))
    loaded = tuple(
        load_topology(
            item.data,
            item.name,
            variables,
            Layers(item.directory, overlays, included.read, profiles),
        ).hiding(included.hidden)
        for item in inputs
    )
    problems = [diagnostic for item in loaded for diagnostic in item.diagnostics]
    problems += _duplicates(loaded)
    referred = tuple(
        References(item, given.directory, variables).read()
        for item, given in zip(loaded, inputs, strict=True)
    )
    problems += [
        replace(problem, severity=Severity.WARNING) if problem.code in tolerated else problem
        for item in referred
        for problem in item.diagnostics
    ]
    # What several topologies include is wrong once.
    return Inputs(loaded, tuple(dict.fromkeys(problems)), referred, tuple(included.tried))


def read_documents(names: Sequence[str], problems: list[Diagnostic]) -> Iterator[Document]:
    """The topology files that a command line names, in directories too; without names, the usual
    one. What cannot be read is added to the problems."""
    if names:
        yield from _read_all(names, problems)
    else:
        hint = "name a file, or start with `reconciler init`"
        yield from _read_all((DEFAULT_FILE,), problems, hint)


def read_variables(
    env_files: Sequence[str], problems: list[Diagnostic], environ: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Env files in their order, then the environment over them, as in Compose. What cannot be read
    is added to the problems."""
    variables: dict[str, str] = {}
    for name in env_files:
        try:
            text = read_named(name).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(_unreadable(name, error))
            continue
        values, errors = parse_env_file(text)
        variables |= values
        problems += [
            Diagnostic("bad-env-file", e.message, place=Place(file=name, span=Span(e.line, 1, 2)))
            for e in errors
        ]
    return variables | dict(os.environ if environ is None else environ)


def _read_all(
    names: Sequence[str], problems: list[Diagnostic], hint: str = ""
) -> Iterator[Document]:
    for name in names:
        try:
            files = _files(Path(name))
        except OSError as error:
            problems.append(_unreadable(name, error, hint))
            continue
        for file in files:
            try:
                yield _read(file)
            except OSError as error:
                problems.append(_unreadable(str(file), error, hint))


def _files(path: Path) -> list[Path]:
    """A directory stands for the YAML files in it, in the order of their names."""
    if str(path) == STDIN or not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if is_topology(p.name) and not p.is_dir())
    if not found:
        raise FileNotFoundError(2, "no .yaml file in this directory")
    return found


def _read(file: Path) -> Document:
    data = read_named(str(file), MAX_BYTES)
    if str(file) == STDIN:
        return Document(STDIN_NAME, str(Path.cwd()), data)
    return Document(str(file), str(file.resolve().parent), data)


def _several(overlay: str, number: int) -> Diagnostic:
    return Diagnostic(
        "overlay-of-several",
        f"{number} files are named, and an overlay goes over one",
        "name one topology file with its overlays",
        Place(file=overlay),
    )


def _unreadable(name: str, error: Exception, hint: str = "") -> Diagnostic:
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"
    message = f"`{name}` cannot be read: {reason.lower()}"
    code = "too-large" if isinstance(error, TooLargeError) else "file-not-found"
    return Diagnostic(code, message, hint, Place(file=name))


def _duplicates(loaded: Sequence[Loaded]) -> Iterator[Diagnostic]:
    """The name is a topology's identity: two files with one name would undo each other."""
    seen: dict[str, Loaded] = {}
    for item in loaded:
        if item.topology is None:
            continue
        name = item.topology.name
        first = seen.setdefault(name, item)
        if first is not item:
            yield Diagnostic(
                "duplicate-topology",
                f"topology `{name}` is also in {first.file}",
                "give one of them another name",
                item.source.place_of(("name",)),
                related=(Related("the other one", first.source.place_of(("name",))),),
            )
