"""Rules for the rules of frontends: keys of the right mode, and none that is never reached."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Severity
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.marks import InTcp
from reconciler.topology.model.rule import Rule
from reconciler.topology.rules.finding import Finding
from reconciler.topology.served import destinations, mode_of


def _keys_of_the_mode(topology: Topology) -> Iterator[Finding]:
    in_tcp = keys_with(Rule, InTcp)
    in_http = Rule.model_fields.keys() - {key for key, mark in in_tcp.items() if mark.alone}
    for name, frontend in topology.frontends.items():
        mode = mode_of(topology, frontend)
        for index, rule in enumerate(frontend.rules):
            for key in sorted(
                rule.model_fields_set - (in_tcp.keys() if mode == "tcp" else in_http)
            ):
                yield Finding(
                    "mode-mismatch",
                    f"frontend `{name}` speaks {mode}, where rules have no `{key}`",
                    ("frontends", name, "rules", index, key),
                    f"in `mode: tcp` they have {', '.join(sorted(in_tcp))}"
                    if mode == "tcp"
                    else "use `host`",
                    on_key=True,
                )


def _log_of_the_mode(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        wish = frontend.log.format if frontend.log else None
        if wish in {"http", "clf"} and mode_of(topology, frontend) == "tcp":
            yield Finding(
                "mode-mismatch",
                f"frontend `{name}` speaks tcp, and the format `{wish}` is for HTTP",
                ("frontends", name, "log"),
                "use `tcp`, `json` or one of your own",
            )


def _backends_of_the_mode(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        mode = mode_of(topology, frontend)
        for wanted, place in destinations(frontend):
            backend = topology.backends.get(wanted)
            if place[0] in {"rules", "acme"} and backend is not None and backend.mode != mode:
                path = ("frontends", name, *place)
                yield Finding(
                    "mode-mismatch",
                    f"frontend `{name}` speaks {mode}, backend `{wanted}` {backend.mode}",
                    path,
                    "give both the same mode",
                    quoted=((wanted, path),),
                )


def _two_for_one_header(topology: Topology) -> Iterator[Finding]:
    """A rule's own `jwt` is looked at in the rule."""
    for name, frontend in topology.frontends.items():
        jwt = frontend.jwt
        if jwt is None or not jwt.enabled or not jwt.is_bearer:
            continue
        for index, rule in enumerate(frontend.rules):
            if rule.auth and rule.jwt is None:
                yield Finding(
                    "bad-value",
                    "a request has one `Authorization`, not one for `auth` and one for the `jwt` "
                    f"of frontend `{name}`",
                    ("frontends", name, "rules", index, "auth"),
                    "add `jwt: false` to the rule, or take its `auth` out",
                    on_key=True,
                )


def _never_reached(topology: Topology) -> Iterator[Finding]:
    for name, frontend in topology.frontends.items():
        for index, rule in enumerate(frontend.rules[:-1]):
            if not rule.looks_at and not _leaves_some(rule):
                yield Finding(
                    "unreachable-rule",
                    f"no request gets past this rule of frontend `{name}`, which matches all",
                    ("frontends", name, "rules", index),
                    "put it last, or say what it matches",
                    severity=Severity.WARNING,
                )
                break


def _leaves_some(rule: Rule) -> bool:
    return rule.redirect is not None and rule.redirect.scheme is not None


ROUTING_RULES = (
    _keys_of_the_mode,
    _log_of_the_mode,
    _backends_of_the_mode,
    _two_for_one_header,
    _never_reached,
)
