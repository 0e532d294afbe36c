"""YAML text to nodes, which know their places.

Only ruamel's composer is used: values are made from its nodes elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import Node
from ruamel.yaml.reader import ReaderError

from reconciler.diagnostics.place import Span
from reconciler.topology.reading.lines import place_after
from reconciler.topology.reading.source import Source

MAX_DEPTH = 64
TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep"
_EMPTY_HINT = "`reconciler init` writes one to start from"


def compose(source: Source) -> Node | None:
    """The root of the one document; what keeps it from being one is reported."""
    reader = YAML(typ="safe", pure=True)
    reader.max_depth = MAX_DEPTH  # since ruamel.yaml 0.18.7; before it, Python's own limit ends it
    reader.composer.warn_double_anchors = False  # YAML allows an anchor to be set anew (7.1)
    try:
        documents: Iterator[Node] = reader.compose_all(source.text)
        root = next(documents, None)
        second = next(documents, None) if root is not None else None
    except RecursionError:
        source.report("too-large", TOO_DEEP, Span(1, 1, 2))
        return None
    except ReaderError as error:
        source.report(
            "yaml-syntax",
            f"not YAML: the control character U+{ord(source.text[error.position]):04X}",
            place_after(source.text[: error.position]),
            "remove it, or write it as an escape in double quotes",
        )
        return None
    except MarkedYAMLError as error:
        from reconciler.topology.reading.mistakes import explain  # noqa: PLC0415  # for a mistake

        found = explain(error, source.text)
        if "maximum depth" in str(error.problem):
            source.report("too-large", TOO_DEEP, found.span)
        else:
            source.report("yaml-syntax", found.message, found.span, found.hint)
        return None
    except (YAMLError, ValueError, AttributeError, IndexError) as error:
        # ruamel lets a few inner errors of its scanner out on hostile text.
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        source.report("yaml-syntax", f"this is not YAML: {first}", Span(1, 1, 2))
        return None
    if root is None:
        source.report("empty-file", "the file holds no topology", Span(1, 1, 2), _EMPTY_HINT)
    if second is not None:
        source.report(
            "several-documents",
            "a second YAML document starts here",
            place_of(second),
            "one file is one topology: put the second into a file of its own",
        )
        return None
    return root


def place_of(node: Node) -> Span:
    """Where it begins, and ends in the same line."""
    start, end = node.start_mark, node.end_mark
    same_line = end.line == start.line and end.column > start.column
    end_column = end.column if same_line else start.column + 1
    return Span(start.line + 1, start.column + 1, end_column + 1)
