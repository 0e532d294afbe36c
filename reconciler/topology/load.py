"""File text to `Topology`, with every problem of the file found in one run."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.diagnostic import Diagnostic, Severity, has_errors
from reconciler.diagnostics.place import Path, Place, Span
from reconciler.topology.model import Topology
from reconciler.topology.model.topology import sections
from reconciler.topology.mounts import is_inline
from reconciler.topology.profiles import choose_profiles
from reconciler.topology.reading.layers import Layers, combine
from reconciler.topology.reading.lines import cover
from reconciler.topology.reading.parse import parse_source
from reconciler.topology.reading.source import Source
from reconciler.topology.rules import check_rules
from reconciler.topology.wording.messages import MOST_PROBLEMS, explain_errors

SHORTEST_SECRET = 4


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one file. `topology` is None when there are errors."""

    file: str
    topology: Topology | None
    diagnostics: tuple[Diagnostic, ...]
    source: Source
    hidden: frozenset[str] = frozenset()
    """Files of which nothing is shown but where in them something is."""

    def hiding(self, files: Collection[str]) -> Loaded:
        """The same, with nothing in any message of what these files say."""
        told = (_unquoted(d, files) for d in self.diagnostics)
        return replace(self, hidden=frozenset(files), diagnostics=tuple(dict.fromkeys(told)))

    @property
    def sensitive(self) -> Mapping[Path, str]:
        """Values from outside the file: path to the text as written. Never show what they hold."""
        return self.source.variables

    @property
    def texts(self) -> dict[str, str]:
        """What messages may show, by file: with stars in place of inline content."""
        texts = dict(self.source.texts or {self.file: self.source.text})
        inline: dict[str, list[Span]] = {}
        for path, span in self.source.values.items():
            if is_inline(path):
                inline.setdefault(self.source.file_of(span), []).append(span)
        return {
            file: cover(text, inline.get(file, ()))
            for file, text in texts.items()
            if file not in self.hidden
        }

    @property
    def secrets(self) -> tuple[str, ...]:
        """Texts to strike from logs: what variables held, but for images, which errors must name.

        Short values are left: striking every `1` out of a log helps nobody.
        """
        return tuple(
            value
            for path, values in self.source.resolved.items()
            if path[-1:] != ("image",)
            for value in values
            if len(value) >= SHORTEST_SECRET
        )


def _unquoted(diagnostic: Diagnostic, files: Collection[str]) -> Diagnostic:
    """The register's words for what is in these files, the same for each, and its place."""
    places = (diagnostic.place, *(other.place for other in diagnostic.related))
    if all(place.file not in files for place in places):
        return diagnostic
    hint = "what it says is not shown: it is outside of the topology's directory"
    place = Place(file=diagnostic.place.file, span=diagnostic.place.span)
    return Diagnostic(diagnostic.code, CODES[diagnostic.code], hint, place, diagnostic.severity)


def load_topology(
    data: bytes, file: str, variables: Mapping[str, str], layers: Layers | None = None
) -> Loaded:
    """Read a topology. `file` is only a name for messages; `variables` stand for `${…}`; `layers`
    are other files that say some of it."""
    layers = layers or Layers()
    source = combine(parse_source(data, file, dict(variables)), dict(variables), layers)
    return validate(source, layers.profiles)


def validate(source: Source, profiles: Collection[str] = ()) -> Loaded:
    """What has been read, as a topology."""
    found, untold = list(source.diagnostics), 0
    topology = None
    if source.value is None and not found:
        found.append(
            Diagnostic(
                "empty-file",
                "the file holds no topology",
                "`reconciler init` writes one to start from",
                source.place_of(()),
            )
        )
    elif source.value is not None:
        topology, problems, untold = _modelled(source, profiles)
        found += problems
    # An alias brings the same mistake again, at another path and the same place.
    once = {(d.code, d.message, d.place.span): d for d in reversed(_without_echoes(found, source))}
    diagnostics = _bounded(sorted(once.values(), key=lambda d: d.sort_key), untold, source.file)
    return Loaded(source.file, None if has_errors(diagnostics) else topology, diagnostics, source)


def _bounded(found: list[Diagnostic], untold: int, file: str) -> tuple[Diagnostic, ...]:
    """The first of many, errors before warnings, and how many there are beside them."""
    if not (left := len(found) - MOST_PROBLEMS + untold) > 0:
        return tuple(found)
    told = sorted(found, key=lambda d: d.severity is not Severity.ERROR)[:MOST_PROBLEMS]
    what = f"at least {left:,} more problems are not told"
    more = Diagnostic("more-problems", what, "mend these, and look again", Place(file=file))
    return (*sorted(told, key=lambda d: d.sort_key), more)


def _modelled(
    source: Source, profiles: Collection[str]
) -> tuple[Topology | None, list[Diagnostic], int]:
    """The topology; what is wrong; and how many problems more there are."""
    value = _without_extensions(source.value)
    try:
        topology = Topology.model_validate(value)
    except ValidationError as error:
        problems = explain_errors(error, source, Topology)
        if (untold := error.error_count() - MOST_PROBLEMS) > 0:
            return None, problems, untold
        return None, problems + _rules_on_the_rest(value, error, source), 0
    topology, left_out = choose_profiles(topology, profiles)
    return topology, _diagnose(check_rules(topology), source, left_out), 0


def _diagnose(
    found: Iterable[Diagnostic], source: Source, left_out: Mapping[str, str] | None = None
) -> list[Diagnostic]:
    """`left_out` tells by name how a backend comes in that no chosen profile has."""
    located = []
    for one in map(source.locate, found):
        hint = one.hint
        if one.code == "unknown-backend" and left_out:
            hint = left_out.get(str(source.value_at(one.place.path)), hint)
        located.append(replace(one, hint=hint))
    return located


def _rules_on_the_rest(value: Any, error: ValidationError, source: Source) -> list[Diagnostic]:
    """What is wrong between the fields that are right, so that one run tells everything.

    The broken parts are cut out. What may only be an echo of a cut is not reported.
    """
    cut: set[Path] = set()
    rest = copy.deepcopy(value)
    for _ in range(4):  # a cut may leave its owner without a required key, and so on up
        for item in error.errors(include_url=False):
            path = tuple(part for part in item["loc"] if part != "[key]")
            if item["type"] == "missing" and path[-1] not in _STAND_INS:
                path = path[:-1]
            path = source.path_in_file(path)
            cut.add(_cut_out(rest, path))
        try:
            topology = Topology.model_validate(rest)
        except ValidationError as again:
            error = again
            continue
        found = [f for f in check_rules(topology) if not _may_echo(f, cut, source)]
        return _diagnose(found, source)
    return []


def _may_echo(found: Diagnostic, cut: set[Path], source: Source) -> bool:
    """Whether what was found in the rest of a file may come from what was cut out of it."""
    lost = {path for path in cut if len(path) <= 2 and path[0] in sections()}
    if found.code in {"unreachable-backend", "unused-network", "unused-volume"} and (
        lost or any("networks" in path[1:] for path in cut)
    ):
        return True
    if found.code in {"unknown-backend", "unknown-network", "unknown-secret", "unknown-config"}:
        section = found.code.removeprefix("unknown-") + "s"
        wanted = source.value_at(found.place.path)
        is_named = isinstance(wanted, str)  # and not a key, as in the long form of `depends_on`
        names = {path[1:] for path in lost if path[0] == section}
        if () in names or (wanted,) in names if is_named else names:
            return True
    there, on_key = found.place.path, found.place.on_key
    return any(path == there[: len(path)] or (on_key and path[:2] == there[:2]) for path in cut)


def _cut_out(value: Any, path: Path) -> Path:
    """Remove what stands at `path`, or the nearest thing around it that is there."""
    path = path or ("name",)
    here = value
    for depth, part in enumerate(path[:-1]):
        if not isinstance(here, dict) or not isinstance(here.get(part), dict):
            # Lists are cut as a whole: their items are no owners of anything.
            path = path[: depth + 1]
            break
        here = here[part]
    if isinstance(here, dict):
        here.pop(path[-1], None)
        if path[-1] in _STAND_INS:
            here[path[-1]] = _STAND_INS[path[-1]]
    return path


_STAND_INS = {"name": "x", "image": "x", "bind": "255.255.255.254:9"}
"""Required, and what they say matters to no rule about others: they cost their owner nothing."""


def _without_extensions(value: Any) -> Any:
    """`x-…` keys at the top are the user's own, for anchors."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if not key.startswith("x-")}


def _without_echoes(found: list[Diagnostic], source: Source) -> list[Diagnostic]:
    """A variable that is missing makes its field wrong too; one message is enough."""
    return [
        d
        for d in found
        if not any(d.place.path[:end] in source.broken for end in range(1, len(d.place.path) + 1))
    ]
