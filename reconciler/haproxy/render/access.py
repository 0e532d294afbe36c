"""Lists of allowed and denied clients to lines of a frontend's section."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model.routing import Access
from reconciler.haproxy.render.pattern import acl_lines


def access_lines(access: Access, *, is_http: bool) -> Iterator[Line]:
    """The lines that turn clients away. With HTTP they come after the client behind a trusted proxy
    is known, and answer with 403; otherwise the connection is closed."""
    refuse = "http-request deny status 403 default-errorfiles"
    if not is_http:
        refuse = f"tcp-request {'session' if access.reads_proxy else 'connection'} reject"
    if access.deny is not None:
        yield from acl_lines("source-denied", access.deny)
        yield Line(f"    {refuse} if source-denied", access.deny.path)
    if access.allow is not None:
        yield from acl_lines("source-allowed", access.allow)
        yield Line(f"    {refuse} unless source-allowed", access.allow.path)
