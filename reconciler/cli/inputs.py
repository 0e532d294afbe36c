"""From what was named on the command line to loaded topologies. Reads files; nothing else does."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.cli.console import Console
from reconciler.cli.references import References
from reconciler.topology.diagnostic import Diagnostic, Severity, Span, has_errors
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.source import MAX_BYTES
from reconciler.topology.variables import parse_env_file

DEFAULT_FILE = "topology.yaml"


@dataclass(frozen=True, slots=True)
class Input:
    """A file's content under the name the user knows it by; `directory` is absolute."""

    name: str
    directory: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Inputs:
    loaded: tuple[Loaded, ...]
    diagnostics: tuple[Diagnostic, ...]
    references: tuple[References, ...]
    """The files that each of them refers to."""

    @property
    def sources(self) -> dict[str, str]:
        return {item.file: item.source.text for item in self.loaded}

    @property
    def has_errors(self) -> bool:
        return has_errors(self.diagnostics)


EXPIRED = frozenset({"expired-certificate"})
OF_FILES = EXPIRED | {"unreadable-file", "bad-certificate"}
"""What may be wrong with files that a topology refers to."""


def load_inputs(
    names: Sequence[str], env_files: Sequence[str], tolerated: Collection[str] = ()
) -> Inputs:
    """Every file that is named, all their problems together. `tolerated` codes only warn."""
    problems: list[Diagnostic] = []
    variables = _variables(env_files, problems)
    inputs = list(_read_all(names or (DEFAULT_FILE,), problems, is_default=not names))
    loaded = tuple(load_topology(item.data, item.name, variables) for item in inputs)
    problems += [diagnostic for item in loaded for diagnostic in item.diagnostics]
    problems += _duplicates(loaded)
    referred = tuple(
        References(item, given.directory).read() for item, given in zip(loaded, inputs, strict=True)
    )
    problems += [
        replace(problem, severity=Severity.WARNING) if problem.code in tolerated else problem
        for item in referred
        for problem in item.diagnostics
    ]
    return Inputs(loaded, tuple(problems), referred)


def _variables(env_files: Sequence[str], problems: list[Diagnostic]) -> dict[str, str]:
    """Env files in their order, then the environment over them, as in Compose."""
    variables: dict[str, str] = {}
    for name in env_files:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            problems.append(_unreadable(name, error))
            continue
        values, errors = parse_env_file(text)
        variables |= values
        problems += [
            Diagnostic("bad-env-file", e.message, name, Span(e.line, 1, 2)) for e in errors
        ]
    return variables | dict(os.environ)


def _read_all(
    names: Sequence[str], problems: list[Diagnostic], *, is_default: bool
) -> Iterator[Input]:
    for name in names:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
            yield Input("<stdin>", str(Path.cwd()), data)
            continue
        hint = "name a file, or start with `reconciler init`" if is_default else ""
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
    if not path.is_dir():
        return [path]
    found = sorted(p for p in path.iterdir() if p.suffix in {".yaml", ".yml"} and not p.is_dir())
    if not found:
        raise FileNotFoundError(2, "no .yaml file in this directory")
    return found


def _read(file: Path) -> Input:
    with file.open("rb") as stream:
        return Input(str(file), str(file.resolve().parent), stream.read(MAX_BYTES + 1))


def _unreadable(name: str, error: Exception, hint: str = "") -> Diagnostic:
    reason = (error.strerror or str(error)) if isinstance(error, OSError) else "it is not UTF-8"
    return Diagnostic(
        "file-not-found", f"`{name}` cannot be read: {reason.lower()}", name, hint=hint
    )


def _duplicates(loaded: Sequence[Loaded]) -> Iterator[Diagnostic]:
    """The name is a topology's identity: two files with one name would undo each other."""
    seen: dict[str, str] = {}
    for item in loaded:
        if item.topology is None:
            continue
        name = item.topology.name
        if name in seen:
            yield Diagnostic(
                "duplicate-topology",
                f"topology `{name}` is also in {seen[name]}",
                item.file,
                item.source.span_of(("name",)),
                "give one of them another name",
                path=("name",),
            )
        seen.setdefault(name, item.file)


def load_or_report(
    names: Sequence[str],
    env_files: Sequence[str],
    console: Console,
    tolerated: Collection[str] = (),
) -> Inputs | None:
    """The inputs, or None after showing what is wrong with them. Warnings do not stop."""
    inputs = load_inputs(names, env_files, tolerated)
    if inputs.has_errors:
        console.show_diagnostics(inputs.diagnostics, inputs.sources)
        return None
    if inputs.diagnostics and not console.is_json:
        console.show_diagnostics(inputs.diagnostics, inputs.sources, to_stderr=True)
    return inputs
