"""The bytes of a file to its value, with the place of each part of it."""

from __future__ import annotations

from ruamel.yaml.nodes import Node

from reconciler.topology.reading.lines import place_after
from reconciler.topology.reading.source import Source
from reconciler.topology.reading.syntax import compose
from reconciler.topology.reading.values import build_values

MAX_BYTES = 1024 * 1024


def parse_source(data: bytes, file: str, variables: dict[str, str]) -> Source:
    """Read one YAML document. Problems are in `diagnostics`; `value` is None when it has none."""
    source, root = compose_source(data, file)
    if root is not None:
        source.value = build_values(source, variables, root)
    return source


def compose_source(data: bytes, file: str) -> tuple[Source, Node | None]:
    """The text of a file, and the root of its one document: None, and problems, for none."""
    source = Source(file, "")
    if len(data) > MAX_BYTES:
        source.report("too-large", f"the file is {len(data):,} bytes; the limit is 1 MiB", None)
        return source, None
    try:
        source.text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        source.text = data.decode("utf-8-sig", errors="replace")
        source.report(
            "not-utf8",
            f"byte 0x{data[error.start]:02x} is not UTF-8 text",
            place_after(data[: error.start].decode("utf-8-sig")),
            "save the file as UTF-8",
        )
        return source, None
    return source, compose(source)
