"""A frontend's rules to lines of its section, and the lists of users that they ask for.

HAProxy runs all redirects and refusals of a section before it picks a backend, so rules are not
written as such: the first that matches puts its number into a variable, and all that follows asks
for the number. That keeps the order of the file, whatever the rules do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import assert_never

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Frontend
from reconciler.haproxy.model.content import UNCACHED
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.model.routing import (
    Act,
    ChangeHeader,
    Deny,
    Redirect,
    Return,
    Rewrite,
    Rule,
    SilentDrop,
    Split,
    Tarpit,
    UseBackend,
)
from reconciler.haproxy.render.chosen_rule import NONE_YET, chosen
from reconciler.haproxy.render.cors import asked_lines, granting_lines, telling_lines
from reconciler.haproxy.render.jwt import jwt_lines
from reconciler.haproxy.render.pattern import acl_lines
from reconciler.haproxy.render.quoting import quote, quote_format, quote_parts, quote_text

CHALLENGE = "{ path_beg /.well-known/acme-challenge/ }"
_HASHED = re.compile(r"\$[0-9a-z]+\$")


def userlist(name: str, users: tuple[tuple[str, str], ...], path: Path) -> Iterator[Line]:
    """A password that looks like one of crypt(3)'s is a hash. `path` is where the users stand; the
    heading is of nobody's, so that it is shown even if they come from outside."""
    yield Line("")
    yield Line(f"userlist {name}")
    for user, password in users:
        keyword = "password" if _HASHED.match(password) else "insecure-password"
        yield Line(f"    user {quote(user)} {keyword} {quote(password)}", path, (path,))


def userlists(frontend: Frontend) -> Iterator[Line]:
    """The `userlist` sections of rules with `auth`, which stand before the frontend's section."""
    for number, rule in enumerate(frontend.rules, start=1):
        if rule.users:
            yield from userlist(_list_of(frontend, number), rule.users, (*rule.path, "auth"))


def rule_lines(frontend: Frontend) -> Iterator[Line]:
    """The lines of all rules, in the order in which HAProxy runs them."""
    yield from asked_lines(frontend)
    yield from _choice(frontend)
    yield from granting_lines(frontend)
    yield from jwt_lines(frontend)
    yield from _consequences(frontend)
    yield from _backends(frontend)
    yield from telling_lines(frontend)


def _choice(frontend: Frontend) -> Iterator[Line]:
    """The lines that choose a rule: the first that matches puts its number into a variable."""
    rules = list(enumerate(frontend.rules, start=1))
    for number, rule in rules:
        yield from _acls(number, rule)
    if frontend.mode == "tcp" and any(_waits(rule) for _, rule in rules):
        yield Line("    tcp-request inspect-delay 5s", frontend.path)
    request = _request(frontend)
    for number, rule in rules:
        names = " ".join(_names(number, rule))
        yield Line(
            f"    {request} set-var(txn.rule) int({number}) if {NONE_YET} {names}".rstrip(),
            rule.path,
        )


def _consequences(frontend: Frontend) -> Iterator[Line]:
    """The lines that do what the chosen rule says, but for `use_backend`."""
    rules = list(enumerate(frontend.rules, start=1))
    if not rules:
        return
    request = _request(frontend)
    # One loop a kind of line: HAProxy runs all of `http-request` before any `use_backend`, whatever
    # their order, and warns where they are mixed.
    for number, rule in rules:
        yield from _on_the_way(frontend, number, rule)
    for number, rule in rules:
        yield from _act(frontend, number, rule)
    if not frontend.default_backend:
        answer = "reject" if frontend.mode == "tcp" else "return status 404 default-errorfiles"
        yield Line(f"    {request} {answer} if {NONE_YET}", (*frontend.path, "rules"))
    for number, rule in rules:
        if isinstance(rule.act, Split):
            yield Line(
                f"    {request} set-var(txn.split) rand(100) if {chosen(number)}", rule.act.path
            )


def _backends(frontend: Frontend) -> Iterator[Line]:
    """The `use_backend` lines. They come last: HAProxy runs them after all that is done with a
    request, wherever they stand."""
    if frontend.acme:
        yield Line(f"    use_backend {frontend.acme} if {CHALLENGE}", (*frontend.path, "acme"))
    for number, rule in enumerate(frontend.rules, start=1):
        yield from _backend(number, rule.act)


def _request(frontend: Frontend) -> str:
    return "tcp-request content" if frontend.mode == "tcp" else "http-request"


def _backend(number: int, act: Act) -> Iterator[Line]:
    """For a split a number was drawn from 0 to 99, and each backend has those below its part and
    the parts before."""
    this = chosen(number)
    if isinstance(act, UseBackend):
        yield Line(f"    use_backend {act.backend} if {this}", act.path)
    elif isinstance(act, Split):
        below = 0
        for backend, share in act.shares:
            below += share
            part = f"{{ var(txn.split) -m int lt {below} }}"
            yield Line(f"    use_backend {backend} if {this} {part}", act.path, (act.path,))


def _acls(number: int, rule: Rule) -> Iterator[Line]:
    """Named ACLs for the conditions of a rule: in `{ … }` a pattern could not be a brace."""
    for name, condition in zip(_bare_names(number, rule), rule.conditions, strict=True):
        yield from acl_lines(name, condition)


def _bare_names(number: int, rule: Rule) -> list[str]:
    return [f"rule-{number}.{position}" for position in range(1, len(rule.conditions) + 1)]


def _names(number: int, rule: Rule) -> list[str]:
    names = zip(_bare_names(number, rule), rule.conditions, strict=True)
    return [f"{'!' if condition.negated else ''}{name}" for name, condition in names]


def _waits(rule: Rule) -> bool:
    """Whether a rule needs what the client sends first."""
    return any(pattern.fetch.startswith("req.") for c in rule.conditions for pattern in c.patterns)


def _list_of(frontend: Frontend, number: int) -> str:
    return f"auth.{frontend.name}.{number}"


def _on_the_way(frontend: Frontend, number: int, rule: Rule) -> Iterator[Line]:
    """The lines that ask for a password, and change the request and its answer."""
    this = chosen(number)
    if rule.users:
        path, known = (*rule.path, "auth"), f"!{{ http_auth({_list_of(frontend, number)}) }}"
        yield Line(f"    http-request auth realm {frontend.name} if {this} {known}", path)
    if not rule.is_cached:
        path = (*rule.path, "cache")
        yield Line(f"    http-request set-var({UNCACHED}) bool(true) if {this}", path, (path,))
    for rewrite in rule.rewrites:
        if rewrite.value:
            yield _change("http-request", rewrite.keyword, rewrite, this)
        else:  # of a query, which HAProxy sets to something alone
            yield Line(
                f"    http-request set-pathq %[path] if {this}", rewrite.path, (rewrite.path,)
            )
    for header in rule.headers:
        # Also on answers that HAProxy gives itself.
        when = "http-after-response" if header.of_response else "http-request"
        yield _change(when, f"{header.keyword} {header.name}", header, this)


def _change(when: str, what: str, change: Rewrite | ChangeHeader, this: str) -> Line:
    words = [when, what]
    if change.regex is not None:
        words.append(quote(change.regex))
    if isinstance(change.value, str):
        words.append(quote_format(change.value))
    elif change.value is not None:
        words.append(quote_parts(change.value))
    return Line(f"    {' '.join(words)} if {this}", change.path, (change.path,))


def _act(frontend: Frontend, number: int, rule: Rule) -> Iterator[Line]:
    act, this = rule.act, chosen(number)
    match act:
        case UseBackend() | Split():
            return
        case Redirect():
            text = f"http-request redirect {_where(act)} code {act.code}"
        case Return():
            text = f"http-request return status {act.status}"
            if act.body:
                text += f" content-type {quote(act.content_type)} string {quote_text(act.body)}"
        case Deny():
            text = (
                "tcp-request content reject"
                if frontend.mode == "tcp"
                else f"http-request deny status {act.status} default-errorfiles"
            )
        case Tarpit():
            text = f"http-request tarpit status {act.status} default-errorfiles"
        case SilentDrop():
            text = f"{_request(frontend)} silent-drop"
        case _:
            assert_never(act)
    yield Line(f"    {text} if {this}", act.path, (act.path,))


def _where(act: Redirect) -> str:
    if act.port is not None:
        return f"location {same_url(act.target, act.port)}"
    return f"{act.kind} {quote_format(act.target)}"


def same_url(scheme: str, port: int) -> str:
    """The requested URL with another scheme and port, as a log format. The host is what the client
    sent, without its port."""
    usual = {"http": 80, "https": 443}[scheme]
    at = "" if port == usual else f":{port}"
    return f"{scheme}://%[req.hdr(host),regsub(:[0-9]*$,,)]{at}%[pathq]"
