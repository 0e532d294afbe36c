"""The link to servers, in `default-server`: TLS, HTTP/2 and the PROXY protocol. Words that need no
quoting.

Checks go to a port that is named, so HAProxy would make them plain ones without being told (manual,
5.2 "check-ssl", "check-proto", "check-send-proxy").
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import Proxy, ServerLink

_SYSTEM = "@system-ca"


def server_tls_defaults(proxy: Proxy) -> Iterator[Line]:
    """For `global`; nothing where no TLS is spoken with servers."""
    if any(backend.link.tls for backend in proxy.backends):
        yield Line("    ssl-default-server-options ssl-min-ver TLSv1.2")


def link_words(link: ServerLink, *, is_checked: bool) -> Iterator[str]:
    if link.send_proxy:
        yield "send-proxy" if link.send_proxy == "v1" else "send-proxy-v2"
        if is_checked:
            yield "check-send-proxy"
    if link.tls:
        yield from _tls_words(link, is_checked=is_checked)
    elif link.proto:
        yield f"proto {link.proto}"
        if is_checked:
            yield f"check-proto {link.proto}"


def _tls_words(link: ServerLink, *, is_checked: bool) -> Iterator[str]:
    yield f"ssl verify {link.verify}"
    if link.verify == "required":
        yield f"ca-file {link.ca or _SYSTEM}"
        if link.sni:
            yield f"verifyhost {link.sni}"
    if link.sni:
        yield f"sni str({link.sni})"
    if link.proto:
        yield f"alpn {link.proto}"
    if is_checked:
        yield "check-ssl"
        if link.sni:
            yield f"check-sni {link.sni}"
        if link.proto:
            yield f"check-alpn {link.proto}"
