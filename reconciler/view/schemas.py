"""The schemas that are committed under `schemas/` and printed by `reconciler schema`."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from reconciler.topology.schema import topology_schema
from reconciler.view import documents
from reconciler.view.listing import ListingDocument

_DOCUMENTS = {
    "plan": documents.PlansDocument,
    "diagnostics": documents.DiagnosticsDocument,
    "event": documents.EventDocument,
    "status": documents.StatusesDocument,
    "listing": ListingDocument,
}
NAMES = ("topology", *_DOCUMENTS)


def build_schema(name: str) -> dict[str, Any]:
    """The schema called `name`, one of NAMES."""
    if name == "topology":
        return topology_schema()
    schema = TypeAdapter(_DOCUMENTS[name]).json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
