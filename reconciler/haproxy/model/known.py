"""What HAProxy knows of a connection or a request, with the fetches of it (manual, 7.3)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

SCHEME = "var(txn.scheme)"
"""What a client came by, as a trusted proxy says; where that is not asked for, it is not there."""
FETCHES: Mapping[str, str] = {
    "client_ip": "src",
    "client_port": "src_port",
    "port": "dst_port",
    "scheme": SCHEME,
    "request_id": "var(txn.request_id)",
    "tls_version": "ssl_fc_protocol",
    "tls_cipher": "ssl_fc_cipher",
    "sni": "ssl_fc_sni",
    "client_cert_cn": "ssl_c_s_dn(cn)",
    "client_cert_dn": "ssl_c_s_dn",
    "client_cert_serial": "ssl_c_serial,hex",
    "client_cert_sha1": "ssl_c_sha1,hex",
    "host": "req.hdr(host)",
    "method": "method",
    "path": "path",
    "query": "query",
    "url": "pathq",
    "user": "http_auth_user",
}


class Known(Struct, frozen=True):
    """One of these, by its name in the file."""

    name: str

    @property
    def fetch(self) -> str:
        return FETCHES[self.name]
