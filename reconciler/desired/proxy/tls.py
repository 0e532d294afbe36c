"""TLS of binds to HAProxy's own model, and the files that it takes, for TLS and otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from reconciler.diagnostics.place import Path
from reconciler.haproxy import model as haproxy
from reconciler.haproxy.model.files import RESPONSE, ProxyFile, file_name, list_file, updated
from reconciler.topology.model import Backend, Frontend, Topology
from reconciler.topology.model.http3 import Http3
from reconciler.topology.model.tls import Ocsp, Tls
from reconciler.topology.model.types.address import parse_addresses
from reconciler.topology.references import Contents, response_source, self_signed_source
from reconciler.topology.traffic import tls_ports

HTTP_PROTOCOLS = ("h2", "http/1.1")
_ENDINGS: Mapping[Ocsp, str] = {False: ".pem", True: ".stapled.pem", "update": ".ocsp-update.pem"}


def way_to_tls(topology: Topology, frontend: Frontend) -> haproxy.ToTls | None:
    """Plain HTTP is sent to where the file says, or else where TLS is: on the frontend itself, else
    on 443, else wherever there is some."""
    wish = frontend.redirect
    if wish is None:
        return None
    return haproxy.ToTls(wish.port or _tls_port(topology, frontend), wish.code)


def _tls_port(topology: Topology, frontend: Frontend) -> int:
    others = list(topology.frontends.values())
    own, anywhere = tls_ports([frontend]), tls_ports(others)
    return next(iter(own), 443 if 443 in anywhere or not anywhere else anywhere[0])


def _http3(wish: Http3 | None, port: int | None) -> haproxy.Http3 | None:
    """HTTP/3 on a port; a Unix socket has no port, and no HTTP/3."""
    if wish is None or port is None:
        return None
    told = f'h3=":{wish.port or port}"; ma={round(wish.max_age)}'
    return haproxy.Http3(alt_svc=told if wish.alt_svc else "")


class ProxyFiles:
    """Collects the files that HAProxy needs: each once, however often it is named."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._files: dict[str, ProxyFile] = {}

    @property
    def files(self) -> tuple[ProxyFile, ...]:
        return tuple(self._files.values())

    def bind(
        self, name: str, frontend: Frontend, index: int, mode: haproxy.Mode
    ) -> haproxy.BindTls | None:
        """The TLS of a `bind` line: its own, or else that of its frontend."""
        path: Path = ("frontends", name)
        own = frontend.bind[index].tls
        port = next(iter(frontend.bind[index].ports), None)
        if own is not None:
            return self._bind(own, (*path, "bind", index, "tls"), mode, port)
        if frontend.tls is not None:
            return self._bind(frontend.tls, (*path, "tls"), mode, port)
        return None

    def _bind(self, tls: Tls, path: Path, mode: haproxy.Mode, port: int | None) -> haproxy.BindTls:
        alpn = tls.alpn or (HTTP_PROTOCOLS if mode == "http" else ())
        certificates = tuple(dict.fromkeys(self._certificates(tls, path)))
        asks_ocsp = any(is_updated for _, is_updated in certificates)
        first, is_listed = certificates[0]
        lists = [self._list(certificates[:1], path, is_first=True)] if is_listed else []
        lists += [self._list(certificates[1:], path)] if tls.certificates else []
        return haproxy.BindTls(
            certificates=() if is_listed else (first,),
            crt_lists=tuple(lists),
            asks_ocsp=asks_ocsp,
            client_ca=self.authority(tls.client_ca, (*path, "client_ca")),
            verify=tls.verify,
            min_version=tls.min_version,
            ciphers=tls.ciphers,
            ciphersuites=tls.ciphersuites,
            alpn=alpn,
            path=path,
            http3=_http3(tls.http3, port),
            strict_sni=tls.strict_sni,
        )

    def servers(self, name: str, backend: Backend) -> haproxy.ServerLink:
        """The link between HAProxy and a backend's servers: TLS, HTTP/2, the PROXY protocol."""
        link = haproxy.ServerLink(proto=backend.proto or "", send_proxy=backend.send_proxy or "")
        tls = backend.tls
        if tls is None:
            return link
        authority = self.authority(tls.ca, ("backends", name, "tls", "ca"))
        return replace(link, tls=True, verify=tls.verify, ca=authority, sni=tls.sni or "")

    def _certificates(self, tls: Tls, path: Path) -> Iterator[tuple[str, bool]]:
        """The path of each certificate in HAProxy's container, and whether HAProxy fetches its OCSP
        response. The file's name says how OCSP is done: HAProxy takes one certificate in one way,
        and what changes it is another."""
        for index, item in enumerate(tls.certificates):
            place, ocsp = (*path, "certificates", index), tls.ocsp_of(item)
            for source, text in self._contents.certificates(item.cert, item.key):
                name = file_name(source, _ENDINGS[ocsp])
                yield self._add(ProxyFile(name, text, place, "certificate")), ocsp == "update"
                response = self._contents.files.get(response_source(source), b"")
                if ocsp is True and response:
                    self._add(ProxyFile(f"{name}{RESPONSE}", response, place, "ocsp-response"))
        if tls.self_signed is not None:
            source = self_signed_source(tls.self_signed)
            text = self._contents.files.get(source, b"")
            name, place = file_name(source, ".pem"), (*path, "self_signed")
            yield self._add(ProxyFile(name, text, place, "certificate")), False

    def _list(
        self, certificates: Iterable[tuple[str, bool]], path: Path, *, is_first: bool = False
    ) -> str:
        """The path of a crt-list in HAProxy's container, also of an empty one: more certificates
        may come without a reload. The first certificate is the default one by its place, so its
        list does not change."""
        ending = ".first.list" if is_first else ".list"
        name = file_name("-".join(map(str, path[1:])), ending)
        lines = [updated(place) if is_updated else place for place, is_updated in certificates]
        return self._add(list_file(name, lines, (*path, "certificates"), is_fixed=is_first))

    def authority(self, source: str | None, path: Path) -> str:
        """The path of a CA file in HAProxy's container; "" for none."""
        if source is None:
            return ""
        # Of its own name: the same file as a certificate is renewed without a reload.
        name = file_name(source, ".ca")
        return self._add(ProxyFile(name, self._contents.files.get(source, b""), path))

    def public_key(self, source: str, path: Path) -> str:
        """The path in HAProxy's container of a public key that signatures are checked with."""
        name = file_name(source, ".pub")
        return self._add(ProxyFile(name, self._contents.files.get(source, b""), path))

    def map(self, name: str, content: bytes, path: Path) -> str:
        """The path of a map in HAProxy's container. Its content is made here."""
        return self._add(ProxyFile(name, content, path, "map"))

    def addresses(self, source: str, path: Path) -> str:
        """The path in HAProxy's container of a list of addresses: as a map, which a running HAProxy
        takes over, many lines at a time."""
        text = self._contents.files.get(source, b"").decode("utf-8", "replace")
        lines = "".join(f"{network} 1\n" for network in parse_addresses(text)[0])
        return self.map(file_name(source, ".addresses"), lines.encode(), path)

    def other(self, source: str, path: Path) -> str:
        """The path in HAProxy's container of a file that has nothing to do with TLS."""
        content = self._contents.files.get(source, b"")
        return self._add(ProxyFile(file_name(source), content, path))

    def _add(self, file: ProxyFile) -> str:
        return self._files.setdefault(file.name, file).place
