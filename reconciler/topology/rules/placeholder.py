"""Rules for placeholders: something tells HAProxy what they stand for."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.diagnostics.place import Path, Place
from reconciler.topology.model import Frontend, Topology
from reconciler.topology.model.rule import Rule
from reconciler.topology.placeholders import placed_placeholders


def _of_nothing(topology: Topology) -> Iterator[Diagnostic]:
    for owner, frontend in topology.frontends.items():
        for index, rule in enumerate(frontend.rules):
            for name, place in placed_placeholders(rule):
                if hint := _missing(name, frontend, rule):
                    path: Path = ("frontends", owner, "rules", index, *place)
                    yield Diagnostic(
                        "never-meant",
                        f"`{{{name}}}` is empty here: nobody tells HAProxy",
                        hint,
                        Place(path),
                        severity=Severity.WARNING,
                    )


def _missing(name: str, frontend: Frontend, rule: Rule) -> str:
    """What is to be added; "" for nothing."""
    tls = [frontend.tls, *(bind.tls for bind in frontend.bind)]
    if name == "request_id" and frontend.request_id is None:
        return "add `request_id: true` to the frontend"
    if name == "user" and not rule.auth:
        return "add `auth` to the rule: of others nobody knows that they are who they say"
    if name.startswith("client_cert_") and not any(own and own.client_ca for own in tls):
        return "add `client_ca: ./ca.pem` to `tls`, which asks clients for certificates"
    if name.startswith(("tls_", "sni")) and not any(tls):
        return "add `tls` to the frontend"
    return ""


PLACEHOLDER_RULES = (_of_nothing,)
