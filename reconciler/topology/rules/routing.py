"""Rules for the rules of frontends: keys of the right mode, and none that is never reached."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.diagnostics.diagnostic import Diagnostic, Related, Severity
from reconciler.diagnostics.place import Place
from reconciler.topology.model import Topology
from reconciler.topology.model.anatomy import keys_with
from reconciler.topology.model.marks import InTcp
from reconciler.topology.model.rule import Rule
from reconciler.topology.traffic import destinations, mode_of


def _keys_of_the_mode(topology: Topology) -> Iterator[Diagnostic]:
    in_tcp = keys_with(Rule, InTcp)
    in_http = Rule.model_fields.keys() - {key for key, mark in in_tcp.items() if mark.instead}
    for name, frontend in topology.frontends.items():
        mode = mode_of(topology, frontend)
        for index, rule in enumerate(frontend.rules):
            for key in sorted(
                rule.model_fields_set - (in_tcp.keys() if mode == "tcp" else in_http)
            ):
                yield Diagnostic(
                    "mode-mismatch",
                    f"frontend `{name}` speaks {mode}, where rules have no `{key}`",
                    f"in `mode: tcp` they have {', '.join(sorted(in_tcp))}"
                    if mode == "tcp"
                    else in_tcp[key].instead,
                    Place(("frontends", name, "rules", index, key), on_key=True),
                )


def _log_of_the_mode(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        wish = frontend.log.format if frontend.log else None
        if wish in {"http", "clf"} and mode_of(topology, frontend) == "tcp":
            yield Diagnostic(
                "mode-mismatch",
                f"frontend `{name}` speaks tcp, and the format `{wish}` is for HTTP",
                "use `tcp`, `json` or one of your own",
                Place(("frontends", name, "log")),
            )


def _backends_of_the_mode(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        mode = mode_of(topology, frontend)
        for wanted, place in destinations(frontend):
            backend = topology.backends.get(wanted)
            if place[0] in {"rules", "acme"} and backend is not None and backend.mode != mode:
                path = ("frontends", name, *place)
                yield Diagnostic(
                    "mode-mismatch",
                    f"frontend `{name}` speaks {mode}, backend `{wanted}` {backend.mode}",
                    "give both the same mode",
                    Place(path),
                    related=(
                        Related(f"speaks {backend.mode}", Place(("backends", wanted, "mode"))),
                    ),
                    quoted=((wanted, path),),
                )


def _two_for_one_header(topology: Topology) -> Iterator[Diagnostic]:
    """A rule's own `jwt` is looked at in the rule."""
    for name, frontend in topology.frontends.items():
        jwt = frontend.jwt
        if jwt is None or not jwt.enabled or not jwt.is_bearer:
            continue
        for index, rule in enumerate(frontend.rules):
            if rule.auth and rule.jwt is None:
                yield Diagnostic(
                    "bad-value",
                    "a request has one `Authorization`, not one for `auth` and one for the `jwt` "
                    f"of frontend `{name}`",
                    "add `jwt: false` to the rule, or take its `auth` out",
                    Place(("frontends", name, "rules", index, "auth"), on_key=True),
                    related=(
                        Related("the other one", Place(("frontends", name, "jwt"), on_key=True)),
                    ),
                )


def _never_reached(topology: Topology) -> Iterator[Diagnostic]:
    for name, frontend in topology.frontends.items():
        for index, rule in enumerate(frontend.rules[:-1]):
            if not rule.looks_at and not _leaves_some(rule):
                yield Diagnostic(
                    "unreachable-rule",
                    f"no request gets past this rule of frontend `{name}`, which matches all",
                    "put it last, or say what it matches",
                    Place(("frontends", name, "rules", index)),
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
