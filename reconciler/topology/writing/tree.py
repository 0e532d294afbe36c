"""The parts of a YAML text as they stand in it, aliases among them, which a composer replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+|$))*")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in the text; lines and columns count from 0."""

    line: int
    column: int
    index: int


@dataclass(frozen=True, slots=True)
class Part:
    """A scalar, an alias or a collection, from its anchor or tag on. The end of a block collection,
    or of a block scalar, is where the next thing starts."""

    start: Spot
    end: Spot
    style: str = ""
    """A scalar's: `|`, `>`, a quote, or "" for a plain one and an alias."""
    is_flow: bool = True
    pairs: tuple[tuple[Part, Part], ...] | None = None
    """Keys and values of a mapping."""
    items: tuple[Part, ...] | None = None
    """The items of a sequence."""

    @property
    def is_block_scalar(self) -> bool:
        return self.style in {"|", ">"}

    @property
    def is_block(self) -> bool:
        """Whether its own parts stand in lines below each other."""
        return not self.is_flow and (self.pairs is not None or self.items is not None)


def properties_of(written: str) -> str:
    """The anchor and the tag that a value begins with, and the space behind them."""
    found = _PROPERTIES.match(written)
    return found[0] if found else ""


def read_tree(text: str) -> Part:
    """The root of the one document of a text that can be composed."""
    events = iter(YAML(typ="safe", pure=True).parse(text))
    for event in events:
        if isinstance(event, DocumentStartEvent):
            break
    return _part(next(events), events)


def _part(event: Any, events: Iterator[Any]) -> Part:
    start = _spot(event.start_mark)
    if isinstance(event, MappingStartEvent):
        pairs = []
        while not isinstance(inner := next(events), MappingEndEvent):
            pairs.append((_part(inner, events), _part(next(events), events)))
        end, flow = _spot(inner.end_mark), bool(event.flow_style)
        return Part(start, end, is_flow=flow, pairs=tuple(pairs))
    if isinstance(event, SequenceStartEvent):
        items = []
        while not isinstance(inner := next(events), SequenceEndEvent):
            items.append(_part(inner, events))
        end, flow = _spot(inner.end_mark), bool(event.flow_style)
        return Part(start, end, is_flow=flow, items=tuple(items))
    assert isinstance(event, ScalarEvent | AliasEvent)
    style = getattr(event, "style", None) or ""
    return Part(start, _spot(event.end_mark), style)


def _spot(mark: Any) -> Spot:
    return Spot(mark.line, mark.column, mark.index)
