"""Topologies for tests, and what is told about them as lines that read well in a table."""

from __future__ import annotations

from textwrap import dedent, indent

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.model import Backend, Topology

FILE = "shop.yaml"


def read(text: str | bytes, **variables: str) -> Loaded:
    data = text if isinstance(text, bytes) else dedent(text).encode()
    return load_topology(data, FILE, variables)


def good(text: str, **variables: str) -> Topology:
    """The topology of a text that has no problem, not even a warning."""
    loaded = read(text, **variables)
    assert told(loaded) == []
    assert loaded.topology is not None
    return loaded.topology


def told(loaded: Loaded) -> list[str]:
    """`code line:column message; hint` for each problem."""
    return [line_of(diagnostic) for diagnostic in loaded.diagnostics]


def line_of(diagnostic: Diagnostic) -> str:
    span = diagnostic.place.span
    place = f"{span.line}:{span.column}" if span else "-"
    hint = f"; {diagnostic.hint}" if diagnostic.hint else ""
    return f"{diagnostic.code} {place} {diagnostic.message}{hint}"


def topology_with(web: str = "", *, frontend: str = "", rest: str = "") -> str:
    """A sound topology with more keys for its backend, its frontend, and at the top."""
    return "".join(
        [
            "name: shop\nbackends:\n  web:\n    image: nginx:1.27\n    port: 80\n",
            indent(dedent(web).strip("\n") + "\n", "    ") if web else "",
            "frontends:\n  www:\n    default_backend: web\n",
            "    bind: 80\n" if "bind:" not in frontend else "",
            indent(dedent(frontend).strip("\n") + "\n", "    ") if frontend else "",
            dedent(rest).strip("\n") + "\n" if rest else "",
        ]
    )


def messages_for_requests(key: str, value: str) -> tuple[list[str], list[str]]:
    """For a key that frontends and rules have: what is told of it in the one, and in the other."""
    written = f"{key}: {value}"
    places = written, f"rules: [{{backend: web, {written}}}]"
    of_frontend, of_rule = (messages_of(read(topology_with(frontend=place))) for place in places)
    return of_frontend, of_rule


def web_of(topology: Topology) -> Backend:
    return topology.backends["web"]


def messages_of(loaded: Loaded) -> list[str]:
    """Without place: `code message; hint`."""
    return [line_of(d).replace(f" {_place(d)} ", " ", 1) for d in loaded.diagnostics]


def _place(diagnostic: Diagnostic) -> str:
    span = diagnostic.place.span
    return f"{span.line}:{span.column}" if span else "-"
