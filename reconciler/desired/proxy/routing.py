"""Rules of frontends to HAProxy's own model: what is fetched, and what it is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from reconciler.desired.proxy.changes import compile_headers, compile_rewrites
from reconciler.desired.proxy.cors import compile_cors
from reconciler.desired.proxy.jwt import compile_jwt
from reconciler.desired.proxy.sources import source_patterns
from reconciler.desired.proxy.tls import ProxyFiles
from reconciler.diagnostics.place import Path
from reconciler.haproxy.model import routing
from reconciler.haproxy.model.known import SCHEME
from reconciler.haproxy.model.routing import ASKED_METHOD, Condition, Pattern
from reconciler.topology.model import Frontend
from reconciler.topology.model.match import Wanted
from reconciler.topology.model.rule import Rule
from reconciler.topology.model.types.field import has_parameters, ignores_case

HOST = "req.hdr(host),host_only,lower,regsub([.]$,)"
"""Without a port, and without the dot that a whole name may end with."""


def compile_rules(name: str, frontend: Frontend, files: ProxyFiles) -> tuple[routing.Rule, ...]:
    """The rules of a frontend, in the order of the file."""
    return tuple(
        _rule(rule, ("frontends", name, "rules", index), frontend, files)
        for index, rule in enumerate(frontend.rules)
    )


def _rule(rule: Rule, path: Path, frontend: Frontend, files: ProxyFiles) -> routing.Rule:
    return routing.Rule(
        conditions=(
            *_lists(rule, path, frontend, files),
            *_named(rule.header, (*path, "header"), _header, _is_in_header),
            *_named(rule.query, (*path, "query"), _parameter),
            *_named(rule.cookie, (*path, "cookie"), _cookie),
            *_of_the_act(rule, path, frontend),
        ),
        act=_act(rule, path),
        path=path,
        users=tuple(rule.auth.items()),
        rewrites=tuple(compile_rewrites(rule, path)),
        headers=tuple(compile_headers(rule, path)),
        is_cached=rule.cache,
        cors=compile_cors(rule, path),
        jwt=compile_jwt(rule, path, files),
        declines=frozenset(_declined(rule)),
    )


def _declined(rule: Rule) -> Iterator[str]:
    for key, wish in {"cors": rule.cors, "jwt": rule.jwt}.items():
        if wish is not None and not wish.enabled:
            yield key


def _lists(rule: Rule, path: Path, frontend: Frontend, files: ProxyFiles) -> Iterator[Condition]:
    of_key: dict[str, Iterable[Pattern]] = {
        "source": list(source_patterns(rule.source, (*path, "source"), files)),
        "sni": [p for f in _sni_fetches(frontend) for p in _host_patterns(f, rule.sni)],
        "host": _host_patterns(HOST, rule.host),
        "host_regex": [Pattern(HOST, "reg", value) for value in rule.host_regex],
        "tls": [] if rule.tls is None else [Pattern("req.ssl_hello_type", "int", "1")],
        "path": [Pattern("path", "str", value, rule.ignore_case) for value in rule.path],
        "path_prefix": [p for v in rule.path_prefix for p in _prefix(v, rule.ignore_case)],
        "path_regex": [
            Pattern("path", "reg", value, rule.ignore_case) for value in rule.path_regex
        ],
        "method": [p for v in rule.method for p in _method_patterns(v, rule, frontend)],
    }
    for key, patterns in of_key.items():
        if patterns:
            negated = key == "tls" and rule.tls is False
            yield Condition(tuple(patterns), (*path, key), negated=negated)


def _sni_fetches(frontend: Frontend) -> Iterator[str]:
    """TLS that ends here is known; of what passes through, the first bytes are read."""
    ends = [frontend.tls is not None or bind.tls is not None for bind in frontend.bind]
    if any(ends):
        yield "ssl_fc_sni,lower"
    if not all(ends):
        yield "req.ssl_sni,lower"


def _method_patterns(method: str, rule: Rule, frontend: Frontend) -> Iterator[Pattern]:
    """`method` is compared as HAProxy compares methods, which no `-m` says.

    A browser that asks beforehand is meant by the rule for what it asks for: only where HAProxy
    answers it, or else a request could pass for one of another method.
    """
    yield Pattern("method", "", method)
    cors = rule.cors or frontend.cors
    if cors and cors.enabled:
        yield Pattern(ASKED_METHOD, "str", method)


def _host_patterns(fetch: str, hosts: Iterable[str]) -> list[Pattern]:
    return [
        Pattern(fetch, "end", host[1:]) if host.startswith("*.") else Pattern(fetch, "str", host)
        for host in hosts
    ]


def _prefix(path: str, any_case: bool) -> Iterator[Pattern]:
    """Whole parts of a path: `/api` is no prefix of `/apis`."""
    if not path.endswith("/"):
        yield Pattern("path", "str", path, any_case)
        path += "/"
    yield Pattern("path", "beg", path, any_case)


Fetch = Callable[[str], tuple[str, Pattern]]
"""A name to how its value is fetched, and how to see that it is there at all."""


def _header(name: str) -> tuple[str, Pattern]:
    return f"req.fhdr({name})", Pattern(f"req.fhdr({name})", "found")


def _is(fetch: str, _: str, value: str) -> Pattern:
    return Pattern(fetch, "str", value) if value else Pattern(fetch, "len", "0")


def _is_in_header(whole: str, name: str, value: str) -> Pattern:
    """One item of a list, unless what is wanted is a list itself: HTTP parts them at commas."""
    if not value:
        return _is(whole, name, value)
    fetch = whole if "," in value else f"req.hdr({name})"
    if has_parameters(name) and not {",", ";"} & set(value):
        fetch += ",field(1,;)"
    return Pattern(fetch, "str", value, ignores_case(name))


def _cookie(name: str) -> tuple[str, Pattern]:
    return f"req.cook({name})", Pattern(f"req.cook({name})", "found")


def _parameter(name: str) -> tuple[str, Pattern]:
    """`url_param` does not see one that has no `=`."""
    there = f"(^|[&;]){name.replace('.', '[.]')}(=|&|;|$)"
    return f"url_param({name}),url_dec(1)", Pattern("query", "reg", there)


def _named(
    wishes: Mapping[str, Wanted],
    path: Path,
    fetch_of: Fetch,
    is_value: Callable[[str, str, str], Pattern] = _is,
) -> Iterator[Condition]:
    for name, wish in wishes.items():
        fetch, there = fetch_of(name)
        if wish.present is not None:
            yield Condition((there,), (*path, name), negated=not wish.present)
            continue
        patterns = [is_value(fetch, name, value) for value in wish.value]
        patterns += [Pattern(fetch, "reg", regex) for regex in wish.regex]
        yield Condition(tuple(patterns), (*path, name))


def _of_the_act(rule: Rule, path: Path, frontend: Frontend) -> Iterator[Condition]:
    """The condition that nobody is sent to the scheme that he came by, round and round."""
    scheme = rule.redirect.scheme if rule.redirect else None
    if scheme is not None:
        by_proxy, by_tls = Pattern(SCHEME, "str", "https"), Pattern("ssl_fc", "bool")
        asked = by_proxy if frontend.trusted_proxies else by_tls
        yield Condition((asked,), (*path, "redirect"), negated=scheme == "https")


def _act(rule: Rule, path: Path) -> routing.Act:
    if rule.redirect is not None:
        wish = rule.redirect
        kinds = {"location": wish.to, "prefix": wish.prefix, "scheme": wish.scheme}
        kind, target = next((k, t) for k, t in kinds.items() if t is not None)
        return routing.Redirect(kind, target, wish.code, (*path, "redirect"), wish.port)
    if rule.respond is not None:
        answer = rule.respond
        at = (*path, "respond")
        return routing.Return(answer.status, answer.content_type, answer.body, at)
    if rule.deny is not None:
        return routing.Deny(rule.deny.status, (*path, "deny"))
    if rule.tarpit is not None:
        return routing.Tarpit(rule.tarpit.status, (*path, "tarpit"))
    if rule.silent_drop:
        return routing.SilentDrop((*path, "silent_drop"))
    if rule.split:
        return routing.Split(tuple(rule.split.items()), (*path, "split"))
    assert rule.backend is not None  # the model sees to it
    return routing.UseBackend(rule.backend, (*path, "backend"))
