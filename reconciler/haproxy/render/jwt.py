"""Signed tokens that requests must carry, to lines of a frontend's section.

A request is let in when all that was asked of its token holds: what cannot be read does not hold.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Frontend
from reconciler.haproxy.model.jwt import KEPT_IN, Claim, Jwt
from reconciler.haproxy.render.chosen_rule import owners
from reconciler.haproxy.render.quoting import quote, quote_format

_LONGEST_LIST = 10
"""How many items of a claim that is a list are looked at: HAProxy 2.6 knows its items by number
alone."""
_REFUSED = "{ var(txn.challenge) -m found }"


def jwt_lines(frontend: Frontend) -> Iterator[Line]:
    """The lines that check tokens. They come after rules are chosen, and before what the rules
    do."""
    found = list(owners(frontend, frontend.jwt, lambda rule: rule.jwt, "jwt"))
    for number, jwt, this in found:
        name = f"jwt-{number}"
        yield from _acls(name, jwt)
        yield from _verdict(name, jwt, this)
        yield from _challenges(frontend.name, jwt, this)
    if found:
        path = found[0][1].path
        yield Line(f"    http-request deny status 401 default-errorfiles if {_REFUSED}", path)
        yield Line(
            "    http-after-response set-header WWW-Authenticate %[var(txn.challenge)] "
            f"if {_REFUSED}",
            path,
        )
    for number, jwt, this in found:
        for position, claim in enumerate(jwt.claims, start=1):
            without = f"!jwt-{number}.{position} {this}".rstrip()
            yield Line(
                f"    http-request deny status 403 default-errorfiles if {without}", claim.path
            )


def _acls(name: str, jwt: Jwt) -> Iterator[Line]:
    """The ACLs that a token has to pass. A request has one token alone: a server might read another
    than the one that was checked."""
    yield Line(f"    acl {name}.one {jwt.count} -m int 1", jwt.place, (jwt.place,))
    keys = [(key, (*jwt.path, "key", index)) for index, key in enumerate(jwt.keys)]
    for key, path in keys or [(KEPT_IN, (*jwt.path, "secret"))]:
        verified = f"var(txn.token),jwt_verify({jwt.algorithm},{key})"
        values = (path, (*jwt.path, "algorithm"))
        yield Line(f"    acl {name}.signed {verified} -m int 1", path, values)
    path = (*jwt.path, "leeway")
    left, early = (f"{_at(f'$.{claim}', ',int')},sub(txn.now)" for claim in ("exp", "nbf"))
    left += f",add({jwt.leeway_s})" if jwt.leeway_s else ""  # nothing is compared below zero
    yield Line(f"    acl {name}.fresh {left} -m int gt 0", path, (path,))
    yield Line(f"    acl {name}.early {early} -m int gt {jwt.leeway_s}", path, (path,))
    if not jwt.needs_exp:
        yield Line(f"    acl {name}.ends {_at('$.exp')} -m found", (*jwt.path, "exp"))
    for position, claim in enumerate(jwt.identity, start=1):
        yield from _claim_acls(f"{name}.for-{position}", claim)
    for position, claim in enumerate(jwt.claims, start=1):
        yield from _claim_acls(f"{name}.{position}", claim)


def _claim_acls(name: str, claim: Claim) -> Iterator[Line]:
    values = " ".join(map(quote, claim.values))
    items = range(_LONGEST_LIST if claim.is_listed else 0)
    for at in ("", *(f"[{item}]" for item in items)):
        text = f"{quote(_at(claim.json_path + at))} -m {claim.method} -- {values}"
        yield Line(f"    acl {name} {text}", claim.path, (claim.path,))


def _at(json_path: str, kind: str = "") -> str:
    """The sample fetch for a part of the token."""
    return f"var(txn.token),jwt_payload_query({json_path}{kind})"


def _verdict(name: str, jwt: Jwt, this: str) -> Iterator[Line]:
    """The lines that set `txn.jwt` when the token is valid."""
    when = f" if {this}" if this else ""
    yield Line(f"    http-request set-var(txn.token) {jwt.token}{when}", jwt.place, (jwt.place,))
    if jwt.secret:
        path = (*jwt.path, "secret")
        yield Line(
            f"    http-request set-var-fmt({KEPT_IN}) {quote_format(jwt.secret)}{when}",
            path,
            (path,),
        )
    yield Line(f"    http-request set-var(txn.now) date{when}", jwt.path)
    asked = [f"{name}.one", f"{name}.signed", f"!{name}.early"]
    asked += [f"{name}.for-{position}" for position in range(1, len(jwt.identity) + 1)]
    for ends in (f"{name}.fresh", *([] if jwt.needs_exp else [f"!{name}.ends"])):
        holds = f"{' '.join([*asked, ends])} {this}".rstrip()
        yield Line(f"    http-request set-var(txn.jwt) bool(true) if {holds}", jwt.path)


def _challenges(realm: str, jwt: Jwt, this: str) -> Iterator[Line]:
    """The `WWW-Authenticate` challenges for clients whose token is invalid or missing (RFC 6750,
    3)."""
    bare = f'Bearer realm="{realm}"'
    for challenge, variable in ((f'{bare}, error="invalid_token"', "txn.jwt"), (bare, "txn.token")):
        text = f"set-var-fmt(txn.challenge) {quote_format(challenge)}"
        lacking = f"!{{ var({variable}) -m found }} {this}".rstrip()
        yield Line(f"    http-request {text} if {lacking}", jwt.path)
