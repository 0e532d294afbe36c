"""`bind` lines, and what `global` says of TLS. All values are words that need no quoting."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from reconciler.haproxy.config import Line
from reconciler.haproxy.model import BindTls, Frontend, Listener, Proxy
from reconciler.haproxy.model.origin import Path
from reconciler.haproxy.render.quoting import quote_format

_CIPHERS = ":".join(
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
        "DHE-RSA-AES128-GCM-SHA256",
        "DHE-RSA-AES256-GCM-SHA384",
        "DHE-RSA-CHACHA20-POLY1305",
    ]
)
"""Mozilla's "intermediate" profile, version 5.7, as are the next ones."""
_CIPHERSUITES = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
_OPTIONS = "prefer-client-ciphers ssl-min-ver TLSv1.2 no-tls-tickets"


def tls_defaults(proxy: Proxy) -> Iterator[Line]:
    """For `global`; nothing where no TLS is spoken with clients."""
    spoken = [one.tls for frontend in proxy.frontends for one in frontend.listeners if one.tls]
    if spoken:
        yield Line(f"    ssl-default-bind-ciphers {_CIPHERS}")
        yield Line(f"    ssl-default-bind-ciphersuites {_CIPHERSUITES}")
        yield Line(f"    ssl-default-bind-options {_OPTIONS}")
    if any(tls.asks_ocsp for tls in spoken):
        # Few containers reach the world by IPv6, which comes first when not told.
        yield Line("    httpclient.resolvers.prefer ipv4")
    if any(tls.http3 for tls in spoken):
        # A HAProxy with a plain OpenSSL does QUIC only when told to. Others may not know the word.
        yield Line("    .if feature(QUIC_OPENSSL_COMPAT)")
        yield Line("    limited-quic")
        yield Line("    .endif")


def bind_lines(listener: Listener, *places: Path) -> Iterator[Line]:
    """What listens there: a line for each protocol, since HAProxy would show clients of IPv4 with
    addresses of IPv6 if one socket took both (manual, 5.1, "v4v6")."""
    sockets = [listener]
    if listener.is_on_ipv6:
        sockets.append(replace(listener, address="::"))
    for one in sockets:
        yield Line(_bind_text(one), listener.path, places)
        if one.tls is not None and one.tls.http3 is not None:
            yield Line(_quic_text(one.tls, one), listener.path, places)


def _bind_text(listener: Listener) -> str:
    words = [f"    bind {_place(listener)}"]
    if listener.socket_mode:
        words.append(f"mode {listener.socket_mode}")
    if listener.accepts_proxy:
        words.append("accept-proxy")
    if listener.tls is not None:
        tls = listener.tls
        words += ["ssl", *_certificates(tls)]
        if tls.client_ca:
            words.append(f"ca-file {tls.client_ca} verify {tls.verify}")
        if tls.min_version:
            words.append(f"ssl-min-ver TLSv{tls.min_version}")
        if tls.ciphers:
            words.append(f"ciphers {tls.ciphers}")
        if tls.ciphersuites:
            words.append(f"ciphersuites {tls.ciphersuites}")
        if tls.alpn:
            words.append(f"alpn {','.join(tls.alpn)}")
    return " ".join([*words, *listener.options])


def _quic_text(tls: BindTls, listener: Listener) -> str:
    """The second line of a bind with HTTP/3, which is always TLS 1.3."""
    is_ipv6 = listener.address is not None and ":" in listener.address
    words = [f"    bind quic{6 if is_ipv6 else 4}@{_place(listener)}"]
    words += ["ssl", *_certificates(tls)]
    if tls.client_ca:
        words.append(f"ca-file {tls.client_ca} verify {tls.verify}")
    if tls.ciphersuites:
        words.append(f"ciphersuites {tls.ciphersuites}")
    return " ".join([*words, "alpn h3"])


def _certificates(tls: BindTls) -> Iterator[str]:
    yield from (f"crt {place}" for place in tls.certificates)
    yield from (f"crt-list {place}" for place in tls.crt_lists)
    if tls.strict_sni:
        yield "strict-sni"


def alt_svc_lines(frontend: Frontend) -> Iterator[Line]:
    """The `Alt-Svc` header on answers, for each port that has HTTP/3."""
    for listener in frontend.listeners:
        http3 = listener.tls.http3 if listener.tls else None
        if listener.tls and http3 and http3.alt_svc:
            header = f"set-header Alt-Svc {quote_format(http3.alt_svc)}"
            ports = listener.ports.replace("-", ":")
            yield Line(
                f"    http-after-response {header} if {{ dst_port {ports} }}",
                (*listener.tls.path, "http3"),
            )


def _place(listener: Listener) -> str:
    """The address of a `bind` line. `v6only` stands behind an IPv6 address, or HAProxy does not
    recognize the socket that its predecessor hands over, and opens another."""
    if listener.socket:
        return f"unix@{listener.socket}"
    if listener.address is None:
        return f":{listener.ports}"
    if ":" in listener.address:
        return f"[{listener.address}]:{listener.ports} v6only"
    return f"{listener.address}:{listener.ports}"
