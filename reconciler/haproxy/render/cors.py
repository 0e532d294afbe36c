"""CORS to lines of a frontend's section: which pages of other sites may read answers.

HAProxy alone sends CORS headers: those of servers are removed. A preflight request carries neither
cookie nor password, so it is answered before anybody has to log in, and no server sees it. Rules
match it by the method that it announces, which is known by then.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Frontend
from reconciler.haproxy.model.cors import Cors
from reconciler.haproxy.model.routing import ASKED_METHOD
from reconciler.haproxy.render.chosen_rule import owners
from reconciler.haproxy.render.quoting import quote, quote_format

_ALLOW = "Access-Control-Allow-"
_IS_PREFLIGHT = f"{{ {ASKED_METHOD} -m found }}"
_IS_ALLOWED = "{ var(txn.origin) -m found }"


def asked_lines(frontend: Frontend) -> Iterator[Line]:
    """The line before rules are chosen, which notes the method that a preflight request
    announces."""
    first = next(_owners(frontend), None)
    if first is not None:
        yield Line(
            f"    http-request set-{ASKED_METHOD} req.fhdr(access-control-request-method) "
            "if METH_OPTIONS { req.fhdr(origin) -m found }",
            first[1].path,
        )


def granting_lines(frontend: Frontend) -> Iterator[Line]:
    """The lines after rules are chosen, and before what rules do: they check the origin, and answer
    preflight requests."""
    for number, cors, this in _owners(frontend):
        for text in _granting(f"cors-{number}", cors, this):
            yield Line(f"    {text}", cors.path, (cors.path,))


def telling_lines(frontend: Frontend) -> Iterator[Line]:
    """The lines that set CORS headers on answers. They come after the rules' own changes of
    answers, which would take a `Vary` away."""
    for _, cors, this in _owners(frontend):
        for text in _telling(cors, this):
            yield Line(f"    {text}", cors.path, (cors.path,))


def _owners(frontend: Frontend) -> Iterator[tuple[int, Cors, str]]:
    return owners(frontend, frontend.cors, lambda rule: rule.cors, "cors")


def _granting(acl: str, cors: Cors, this: str) -> Iterator[str]:
    """An allowed origin is kept in a variable: the request's headers are gone when the answer
    comes."""
    may = "" if cors.for_all else _IS_ALLOWED
    if not cors.for_all:
        yield from (f"acl {acl} req.fhdr(origin) -m str -- {quote(o)}" for o in cors.origins)
        yield from (f"acl {acl} req.fhdr(origin) -m reg -- {quote(p)}" for p in cors.patterns)
        yield f"http-request set-var(txn.origin) req.fhdr(origin){_if(acl, this)}"
    headers = _preflight_headers(cors)
    granted = "".join(f" hdr {name} {quote_format(value)}" for name, value in headers)
    yield f"http-request return status 204{granted}{_if(_IS_PREFLIGHT, may, this)}"
    if not cors.for_all:
        yield f"http-request return status 204{_if(_IS_PREFLIGHT, this)}"


def _telling(cors: Cors, this: str) -> Iterator[str]:
    may = "" if cors.for_all else _IS_ALLOWED
    yield f"http-response del-header Access-Control- -m beg{_if(this)}"
    for name, value in _answer_headers(cors):
        yield f"http-after-response set-header {name} {value}{_if(may, this)}"
    if not cors.for_all:
        yield f"http-after-response add-header Vary Origin{_if(this)}"


def _answer_headers(cors: Cors) -> Iterator[tuple[str, str]]:
    """The CORS headers of every answer to an allowed origin."""
    yield f"{_ALLOW}Origin", "*" if cors.for_all else "%[var(txn.origin)]"
    if cors.credentials:
        yield f"{_ALLOW}Credentials", "true"
    if cors.exposed:
        yield "Access-Control-Expose-Headers", quote_format(", ".join(cors.exposed))


def _preflight_headers(cors: Cors) -> Iterator[tuple[str, str]]:
    """The headers that only the answer to a preflight request has."""
    yield f"{_ALLOW}Methods", ", ".join(cors.methods)
    if cors.headers:
        yield f"{_ALLOW}Headers", ", ".join(cors.headers)
    if cors.max_age_s is not None:
        yield "Access-Control-Max-Age", str(cors.max_age_s)


def _if(*conditions: str) -> str:
    text = " ".join(condition for condition in conditions if condition)
    return f" if {text}" if text else ""
