"""TLS of binds and frontends: what is read, and what is refused."""

from __future__ import annotations

import pytest

from reconciler.desired.compile import compile_topology
from reconciler.files.certificate import find_end
from reconciler.haproxy.render.proxy import render_config
from tests.certificates import make_certificate
from tests.unit.topology.loading import good, messages_of, read, told, topology_with

REFUSED = {
    "tls: {certificates: []}": "bad-value `certificates` needs at least one item",
    "tls: {min_version: 1.3}": (
        "missing-key TLS needs `certificates`; "
        "name a PEM file, or write `self_signed: true` for development"
    ),
    "tls: {self_signed: false}": (
        "missing-key TLS needs `certificates`; "
        "name a PEM file, or write `self_signed: true` for development"
    ),
    "tls: {self_signed: [a.b, 'c d']}": (
        "bad-value `c d` is neither a host name nor an address; write `shop.localhost`"
    ),
    "tls: {certificates: a.pem, ocsp: 1}": (
        "bad-value `ocsp` is `true` or `update`; write `true` for the response in `CERT.ocsp` "
        "beside each certificate, `update` when HAProxy shall ask for it"
    ),
    "tls: {certificates: {cert: a.pem, ocsp: a.ocsp}}": (
        "bad-value `ocsp` is `true` or `update`; write `true` for the response in `CERT.ocsp` "
        "beside each certificate, `update` when HAProxy shall ask for it"
    ),
    "tls: {self_signed: true, ocsp: true}": (
        "missing-key `ocsp` needs `certificates`; nobody can be asked about a self-signed one"
    ),
    "tls: {certificates: a.pem, verify: optional}": (
        "missing-key `verify` needs a `client_ca` to check certificates with; "
        "add `client_ca: ./ca.pem`"
    ),
    "tls: {certificates: a.pem, ciphers: 'A B'}": (
        "bad-value `A B` is not a list of ciphers; write OpenSSL's names with `:` between them"
    ),
    "tls: {certificates: a.pem, ciphers: TLS_AES_128_GCM_SHA256}": (
        "bad-value names that start with `TLS_` are of TLS 1.3; write them under `ciphersuites`"
    ),
    "tls: {certificates: a.pem, ciphersuites: 'TLS_AES_128_GCM_SHA256:AES128-SHA'}": (
        "bad-value `AES128-SHA` is no cipher suite of TLS 1.3; "
        "write names like `TLS_AES_128_GCM_SHA256` with `:` between them"
    ),
    "tls: ~/a.pem": ("bad-value `~` is not expanded here; write `${HOME}` or an absolute path"),
    "tls: a.pem\nhsts: 180": (
        "bad-duration `180` is not a number of days; write it like `180d` or `1y`"
    ),
    "hsts: true": (
        "redirect-without-tls frontend `www` keeps clients on TLS, and does not speak it; "
        "put `hsts` where `tls` is"
    ),
    "tls: {certificates: a.pem, http3: {alt_svc: false, port: 443}}": (
        "bad-value `port` is told in `Alt-Svc`, which is switched off; leave one of them out"
    ),
    "bind: {port: 443, accept_proxy: true}\ntls: {certificates: a.pem, http3: true}": (
        "bad-value the PROXY protocol does not go with `http3`; "
        "give this bind a `tls` of its own, without `http3`"
    ),
    "bind: 443-445\ntls: {certificates: a.pem, http3: true}": (
        "missing-key which of these ports clients find HTTP/3 on is not said; "
        "add it: `http3: {port: 443}`, or tell nobody: `http3: {alt_svc: false}`"
    ),
    "redirect: http": "unknown-value `redirect` cannot be `http`; did you mean `https`?",
    "redirect: {port: 443, code: 300}": (
        "unknown-value `code` cannot be `300`; did you mean `308`?"
    ),
    "tls: a.pem\nhsts: 20y": "out-of-range `20y` is more than ten years",
}


@pytest.mark.parametrize("text", REFUSED)
def test_refused(text: str) -> None:
    assert messages_of(read(topology_with(frontend=text))) == [REFUSED[text]]


OF_A_BACKEND = {
    "tls: true": (
        "missing-key with public authorities, anybody has some certificate; "
        "add `sni:`, the name that the servers' must have, or a `ca` of your own"
    ),
    "tls: {verify: none, ca: ./ca.pem}": (
        "bad-value a `ca` has no meaning where nothing is checked; "
        "leave it out, or use `verify: required`"
    ),
    "tls: {sni: 'a) b'}": "bad-value `a) b` is not a host name",
    "mode: tcp\nproto: h2": (
        "mode-mismatch backend `web` speaks tcp, and `proto` is for HTTP; "
        "leave it out, or use `mode: http`"
    ),
}


@pytest.mark.parametrize("text", OF_A_BACKEND)
def test_refused_of_a_backend(text: str) -> None:
    assert messages_of(read(topology_with(text))) == [OF_A_BACKEND[text]]


@pytest.mark.parametrize(
    ("web", "words"),
    [
        (
            "tls: {sni: a.b}",
            "ssl verify required ca-file @system-ca verifyhost a.b sni str(a.b) "
            "check-ssl check-sni a.b check inter",
        ),
        ("tls: {verify: none}\ncheck: false", "port 80 ssl verify none"),
        ("tls: false\nsend_proxy: true", "port 80 send-proxy-v2 check-send-proxy check inter"),
        ("send_proxy: v1\nproto: h2", "send-proxy check-send-proxy proto h2 check-proto h2 check"),
    ],
)
def test_words_to_servers(web: str, words: str) -> None:
    config = compile_topology(good(topology_with(web)), "/srv").config()
    assert config is not None
    (line,) = [line.text for line in config.lines if line.text.startswith("    default-server ")]
    assert words in line


def test_tcp_has_no_headers() -> None:
    frontend = "tls: {certificates: a.pem, http3: true}\nhsts: true\nredirect: https"
    text = topology_with("mode: tcp", frontend=frontend)
    assert [line.partition(";")[0] for line in messages_of(read(text))] == [
        "mode-mismatch frontend `www` speaks tcp, and `http3` is for HTTP",
        "mode-mismatch frontend `www` speaks tcp, and `hsts` is for HTTP",
        "mode-mismatch frontend `www` speaks tcp, and `redirect` is for HTTP",
    ]


def lines_of(frontend: str) -> list[str]:
    proxy = compile_topology(good(topology_with(frontend=frontend)), "/srv").proxy
    assert proxy is not None
    text = render_config(proxy).text
    words = ("bind", "http-request redirect", "http-after-response")
    return [line.strip() for line in text.splitlines() if line.strip().startswith(words)]


@pytest.mark.parametrize(
    ("frontend", "line"),
    [
        ("bind: {port: 443, tls: a.pem}", "alpn h2,http/1.1"),
        ("bind: 443\ntls: [a.pem, b.pem]", "crt "),
        ("bind: 443\ntls: {certificates: a.pem, min_version: 1.3}", "ssl-min-ver TLSv1.3"),
        ("bind: 443\ntls: {certificates: a.pem, client_ca: c.pem}", "verify required"),
        ("bind: {port: 443, accept_proxy: true}", "bind :443 accept-proxy"),
        ("bind: 443\ntls: a.pem\nhsts: 2w", '"max-age=1209600" if { ssl_fc }'),
        ("bind: 443\ntls: a.pem\nhsts: {preload: true}", '"max-age=15552000; preload"'),
        ("bind: [80, {port: 8443, tls: a.pem}]\nredirect: https", ":8443%[pathq] unless"),
        ("bind: [80, {port: 443, tls: a.pem}]\nredirect: https", ",,)]%[pathq] unless"),
        ("bind: [80, {port: 443, tls: a.pem}]\nredirect: {port: 8443}", ":8443%[pathq] unless"),
        ("bind: 80\nredirect: {port: 443, code: 301}", "redirect code 301 location https://%[req"),
        (
            "bind: 80\ntrusted_proxies: 10.0.0.1\nredirect: https",
            ",,)]%[pathq] unless { var(txn.scheme) -m str https }",
        ),
        (
            "bind: 80\ntrusted_proxies: 10.0.0.1\nhsts: true",
            '"max-age=15552000" if { var(txn.scheme) -m str https }',
        ),
    ],
)
def test_lines(frontend: str, line: str) -> None:
    assert any(line in one for one in lines_of(frontend))


def test_ports_that_speak_otherwise_are_kept_apart() -> None:
    binds = lines_of(
        "bind: [{port: 443, address: 127.0.0.1}, {port: 443, address: 127.0.0.2, tls: a.pem}]"
    )
    assert [line.split()[1:3] for line in binds] == [[":443"], [":444", "ssl"]]


def ports_of(frontend: str) -> list[str]:
    text = topology_with(frontend=frontend)
    containers = compile_topology(good(text), "/srv").containers.values()
    return [str(port) for container in containers for port in container.spec.ports]


def test_http3_has_the_port_of_udp_as_well() -> None:
    frontend = "bind: [80, '[::1]:443']\ntls: {certificates: a.pem, http3: true}"
    assert ports_of(frontend) == ["80", "80/udp", "[::1]:443", "[::1]:443/udp"]
    assert ports_of(frontend.replace("true", "false")) == ["80", "[::1]:443"]


def test_ranges_of_ports_share_none() -> None:
    frontend = "bind: ['127.0.0.1:80-82', '127.0.0.2:82-84', '[::1]:80-82']"
    assert lines_of(frontend) == [
        "bind :80-82",
        "bind [::]:80-82 v6only",
        "bind :85-87",
        "bind [::]:85-87 v6only",
    ]
    assert ports_of(frontend)[:4] == [
        "127.0.0.1:80",
        "127.0.0.1:81",
        "127.0.0.1:82",
        "127.0.0.2:82",
    ]


def test_http3_is_told_at_the_port_that_speaks_it() -> None:
    lines = lines_of(
        "bind: [{address: 127.0.0.1, port: 443, tls: a.pem}, "
        "{address: 127.0.0.2, port: 443, tls: {certificates: a.pem, http3: true}}]"
    )
    assert [line.split()[1] for line in lines[:3]] == [":443", ":444", "quic4@:444"]
    assert lines[3].endswith("""Alt-Svc 'h3=":443"; ma=86400' if { dst_port 444 }""")


@pytest.mark.parametrize(
    ("other", "is_told"),
    [
        ("http3: true", False),
        ("http3: {port: 443}", False),
        ("http3: {port: 8443}", True),
        ("http3: {max_age: 1h}", True),
        ("http3: {alt_svc: false}", True),
        ("min_version: 1.3", False),
    ],
)
def test_http3_of_a_port_is_told_in_one_way(other: str, is_told: bool) -> None:
    """On a bridge the two have ports of their own in the container."""
    tls = f"{{address: 127.0.0.2, port: 443, tls: {{certificates: a.pem, {other}}}}}"
    text = topology_with(
        "networks: back",
        frontend=f"bind: ['127.0.0.1:443', {tls}]\ntls: {{certificates: a.pem, http3: true}}",
        rest="networks: {back: {subnet: 172.30.7.0/24}}",
    )
    good(text)
    assert (
        told(read(text + "haproxy: {network: host}\n"))
        == [
            "bind-conflict 10:29 clients of port 443 are told of HTTP/3 in two ways, here and at "
            "another address; give all binds of a port the same `http3`, or this one a frontend of its "
            "own"
        ]
        * is_told
    )


def test_ipv4_and_ipv6_are_two() -> None:
    both = ["bind :80", "bind [::]:80 v6only"]
    assert lines_of('bind: ["0.0.0.0:80", "[::]:80"]') == both


@pytest.mark.parametrize("days", [1, 30, 20_000])
def test_the_end_of_a_certificate(days: int) -> None:
    made = make_certificate("x", days=days)
    end = made.certificate.not_valid_after_utc
    assert find_end(b"# a comment\n" + made.bundle) == f"{end:%Y%m%d%H%M%S}"


@pytest.mark.parametrize("cut", [0, 30, 100, 300])
def test_no_end_of_what_is_no_certificate(cut: int) -> None:
    lines = make_certificate("x").cert.decode().splitlines()
    text = "".join(lines[1:-1])[:cut]
    torn = f"-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"
    assert find_end(torn.encode()) is None or cut == 300
    assert find_end(b"") is None
