"""Files that a topology refers to: read from beside it, and told of at their place in it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from reconciler.engine.docker.translate import create_body
from reconciler.files.inputs import EXPIRED, OF_FILES, Inputs, load_inputs
from reconciler.run.compiled import compile_inputs
from reconciler.watch.sources.files import WatchedFiles
from tests.certificates import NOW, Made, make_certificate, make_response
from tests.unit.topology.loading import line_of

GOOD = make_certificate("shop.example.com")
OLD = make_certificate("shop.example.com", days=-1)
OTHER = make_certificate("other.example.com")


def topology(tls: str) -> str:
    return f"""\
name: shop
backends:
  web: {{image: shop/web, port: 8080}}
frontends:
  www:
    default_backend: web
    bind:
      port: 443
      tls: {tls}
"""


def load(directory: Path, tls: str) -> Inputs:
    file = directory / "shop.yaml"
    file.write_text(topology(tls), encoding="utf-8")
    return load_inputs([str(file)], [])


def put(directory: Path, **files: bytes) -> None:
    for name, content in files.items():
        place = directory / "certs" / name.replace("_", ".")
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(content)


def told(inputs: Inputs) -> list[str]:
    return [line_of(diagnostic) for diagnostic in inputs.diagnostics]


PAIR = "{certificates: {cert: certs/a.crt, key: certs/a.key}}"
WRONG: dict[str, tuple[str, dict[str, bytes], str]] = {
    "missing": (
        "./certs/a.pem",
        {},
        "unreadable-file 9:12 `./certs/a.pem` cannot be read: no such file or directory",
    ),
    "a key that is missing": (
        PAIR,
        {"a_crt": GOOD.cert},
        "unreadable-file 9:12 `certs/a.key` cannot be read: no such file or directory",
    ),
    "an empty directory": (
        "./certs",
        {"readme_txt": b"x", "lonely_crt": GOOD.cert},
        "unreadable-file 9:12 `./certs` holds no certificate; "
        "put `shop.pem` there, or `shop.crt` with `shop.key`",
    ),
    "another key": (
        PAIR,
        {"a_crt": GOOD.cert, "a_key": OTHER.key},
        "bad-certificate 9:12 `certs/a.crt` does not belong to its private key",
    ),
    "no key": (
        "./certs/a.pem",
        {"a_pem": GOOD.cert},
        "bad-certificate 9:12 `./certs/a.pem` is no certificate with its private key in PEM form",
    ),
    "no certificate": (
        "./certs/a.pem",
        {"a_pem": b"hello"},
        "bad-certificate 9:12 `./certs/a.pem` is no certificate with its private key in PEM form",
    ),
    "a password": (
        "./certs/a.pem",
        {"a_pem": GOOD.cert + GOOD.encrypted_key()},
        "bad-certificate 9:12 `./certs/a.pem` has a key with a password, "
        "which HAProxy could not ask for; "
        "say it as `password: {file: ./key.pass}`, or take it off the key",
    ),
    "another password": (
        "{certificates: {cert: certs/a.pem, password: {file: certs/a.pass}}}",
        {"a_pem": GOOD.cert + GOOD.encrypted_key(), "a_pass": b"of-something-else\n"},
        "bad-certificate 9:12 `certs/a.pem` has a private key that this password does not open",
    ),
    "no password in the file": (
        "{certificates: {cert: certs/a.pem, password: {file: certs/a.pass}}}",
        {"a_pem": GOOD.cert + GOOD.encrypted_key()},
        "unreadable-file 9:12 `certs/a.pass` cannot be read: no such file or directory",
    ),
    "no such variable": (
        "{certificates: {cert: certs/a.pem, password: {environment: NO_SUCH_PASSWORD}}}",
        {"a_pem": GOOD.cert + GOOD.encrypted_key()},
        "missing-variable 9:12 `NO_SUCH_PASSWORD` is not set; "
        "set it in the environment or an --env-file",
    ),
    "expired": (
        "./certs/a.pem",
        {"a_pem": OLD.bundle},
        f"expired-certificate 9:12 `./certs/a.pem` was valid until "
        f"{OLD.certificate.not_valid_after_utc:%Y-%m-%d}; renew it; nothing was changed",
    ),
    "one in a directory": (
        "./certs",
        {"a_pem": GOOD.bundle, "b_pem": OLD.bundle},
        f"expired-certificate 9:12 `./certs/b.pem` was valid until "
        f"{OLD.certificate.not_valid_after_utc:%Y-%m-%d}; renew it; nothing was changed",
    ),
    "no authority": (
        "{certificates: ./certs/a.pem, client_ca: ./certs/ca.pem}",
        {"a_pem": GOOD.bundle, "ca_pem": b"nobody"},
        "bad-certificate 9:49 `./certs/ca.pem` holds no certificates in PEM form",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_with_a_file(tmp_path: Path, name: str) -> None:
    tls, files, expected = WRONG[name]
    put(tmp_path, **files)
    found = [line.replace("9:10", "9:12") for line in told(load(tmp_path, tls))]
    assert [_without_place(line) for line in found] == [_without_place(expected)]
    assert all(line.split()[1].startswith("9:") for line in found)


def _without_place(line: str) -> str:
    code, _, message = line.split(" ", 2)
    return f"{code} {message}"


AUTHORITY = make_certificate("authority", is_authority=True)
CHAINED = make_certificate("shop.example.com", signer=AUTHORITY)
ASKING = make_certificate("shop.example.com", signer=AUTHORITY, responder="http://192.0.2.1/")
REFUSAL = ocsp.OCSPResponseBuilder.build_unsuccessful(
    ocsp.OCSPResponseStatus.UNAUTHORIZED
).public_bytes(Encoding.DER)
CHAIN = CHAINED.bundle + AUTHORITY.cert
STAPLED = "{certificates: ./certs/a.pem, ocsp: true}"
ENDED = (NOW - timedelta(days=1)).date()
UNSTAPLED: dict[str, tuple[str, dict[str, bytes], str]] = {
    "no response": (
        STAPLED,
        {},
        "unreadable-file `./certs/a.pem.ocsp` cannot be read: no such file or directory",
    ),
    "no response in it": (
        STAPLED,
        {"a_pem_ocsp": AUTHORITY.cert},
        "bad-ocsp `./certs/a.pem.ocsp` is no OCSP response in DER form; `openssl ocsp` writes one "
        "with `-respout`",
    ),
    "a refusal": (
        STAPLED,
        {"a_pem_ocsp": REFUSAL},
        "unusable-ocsp `./certs/a.pem.ocsp` is no answer but a refusal: unauthorized, and is not "
        "stapled; write another one",
    ),
    "of another certificate": (
        STAPLED,
        {"a_pem_ocsp": make_response(ASKING, AUTHORITY)},
        "unusable-ocsp `./certs/a.pem.ocsp` is for another certificate, and is not stapled; write "
        "another one",
    ),
    "of before": (
        STAPLED,
        {"a_pem_ocsp": make_response(CHAINED, AUTHORITY, days=-1)},
        f"unusable-ocsp `./certs/a.pem.ocsp` was valid until {ENDED}, and is not stapled; write "
        "another one",
    ),
    "for ever": (
        STAPLED,
        {"a_pem_ocsp": make_response(CHAINED, AUTHORITY, days=None)},
        "unusable-ocsp `./certs/a.pem.ocsp` does not say until when it is valid, and HAProxy takes "
        "none that does not, and is not stapled; write another one",
    ),
    "of an unknown one": (
        STAPLED,
        {"a_pem_ocsp": make_response(CHAINED, AUTHORITY, status="UNKNOWN")},
        "unusable-ocsp `./certs/a.pem.ocsp` says that its authority does not know the certificate, "
        "and is not stapled; write another one",
    ),
    "without its issuer": (
        STAPLED,
        {"a_pem": CHAINED.bundle, "a_pem_ocsp": make_response(CHAINED, AUTHORITY)},
        "unusable-ocsp `./certs/a.pem` has no certificate of its issuer, without which no OCSP "
        "response is stapled; append the rest of its chain to it",
    ),
    "nobody to ask": (
        "{certificates: ./certs, ocsp: update}",
        {},
        "unusable-ocsp `./certs/a.pem` names nobody to ask for its OCSP response; its authority "
        "has none for it: take `ocsp` out",
    ),
}


@pytest.mark.parametrize("name", UNSTAPLED)
def test_what_is_not_stapled(tmp_path: Path, name: str) -> None:
    tls, files, expected = UNSTAPLED[name]
    put(tmp_path, **{"a_pem": CHAIN, **files})
    inputs = load(tmp_path, tls)
    assert [_without_place(line) for line in told(inputs)] == [expected]
    assert inputs.has_errors == (not expected.startswith("unusable-ocsp"))
    if not inputs.has_errors:
        (wish,) = compile_inputs(inputs)
        assert wish.desired.proxy is not None
        assert not [f for f in wish.desired.proxy.files if f.kind == "ocsp-response"]


@pytest.mark.parametrize("status", ["GOOD", "REVOKED"])
@pytest.mark.parametrize(
    "tls",
    [
        STAPLED,
        "{certificates: ./certs/, ocsp: true}",
        "{certificates: {cert: certs/a.pem, ocsp: true}}",
        "{certificates: {cert: certs/p.crt, key: certs/p.key}, ocsp: true}",
    ],
)
def test_a_response_is_kept_with_its_certificate(tmp_path: Path, tls: str, status: str) -> None:
    response = make_response(CHAINED, AUTHORITY, status=status)
    put(tmp_path, a_pem=CHAIN, a_pem_ocsp=response, b_pem=GOOD.bundle + AUTHORITY.cert)
    if "p.crt" in tls:
        put(tmp_path, p_crt=CHAINED.cert + AUTHORITY.cert, p_key=CHAINED.key, p_crt_ocsp=response)
    inputs = load(tmp_path, tls)
    assert [line for line in told(inputs) if "b.pem" not in line] == []
    (wish,) = compile_inputs(inputs)
    assert wish.desired.proxy is not None
    certificate, kept, *_ = wish.desired.proxy.files
    assert (kept.content, kept.kind) == (response, "ocsp-response")
    assert kept.name == f"{certificate.name}.ocsp"


def test_a_response_in_a_directory_is_followed_before_it_is_there(tmp_path: Path) -> None:
    put(tmp_path, a_pem=CHAIN)
    assert told(load(tmp_path, "{certificates: ./certs, ocsp: true}")) == []
    watched = WatchedFiles((str(tmp_path / "shop.yaml"),), ())
    watched.read()
    before = watched.signature()
    put(tmp_path, a_pem_ocsp=make_response(CHAINED, AUTHORITY))
    assert watched.signature() != before


def test_who_is_asked_for_a_response_gets_no_warning(tmp_path: Path) -> None:
    put(tmp_path, a_pem=ASKING.bundle + AUTHORITY.cert)
    assert told(load(tmp_path, "{certificates: ./certs, ocsp: update}")) == []


@pytest.mark.parametrize("encrypted", [GOOD.encrypted_key(), GOOD.encrypted_key(traditional=True)])
@pytest.mark.parametrize(
    "said",
    [
        "{file: certs/a.pass}",
        "{environment: KEY_PASSWORD}",
        "{content: secret}",
        '{content: "s${REST}"}',
    ],
)
def test_a_key_is_kept_without_its_password(
    tmp_path: Path, said: str, encrypted: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_PASSWORD", "secret")
    monkeypatch.setenv("REST", "ecret")
    put(tmp_path, a_crt=GOOD.cert, a_key=encrypted, a_pass=b"secret\n")
    inputs = load(
        tmp_path, f"{{certificates: {{cert: certs/a.crt, key: certs/a.key, password: {said}}}}}"
    )
    assert told(inputs) == []
    (wish,) = compile_inputs(inputs)
    config = wish.desired.config()
    assert config is not None
    assert config.files[0].content == GOOD.bundle
    shown = config.text + repr(wish.desired) + repr(inputs.diagnostics)
    assert "PRIVATE KEY" not in shown
    assert "secret" not in shown


def test_a_wrong_password_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REST", "ret")
    put(tmp_path, a_pem=GOOD.cert + GOOD.encrypted_key())
    for said in ("hunter2", '"hunter2${REST}"', "x" * 2000):
        tls = f"{{certificates: [{{cert: certs/a.pem, password: {{content: {said}}}}}]}}"
        (diagnostic,) = load(tmp_path, tls).diagnostics
        assert diagnostic.message.startswith("`certs/a.pem` has a private key that")
        assert "hunter2" not in repr(diagnostic)


def test_each_certificate_becomes_one_file_of_haproxy(tmp_path: Path) -> None:
    put(tmp_path, a_pem=GOOD.bundle, b_crt=OTHER.cert, b_key=OTHER.key.rstrip(), note_txt=b"x")
    inputs = load(tmp_path, "./certs/")
    assert told(inputs) == []
    (wish,) = compile_inputs(inputs)
    config = wish.desired.config()
    assert config is not None
    *certificates, listed = config.files
    assert [file.content for file in certificates] == [GOOD.bundle, OTHER.bundle]
    assert listed.content.decode() == f"{certificates[1].place}\n"
    assert "PRIVATE KEY" not in config.text + repr(config) + repr(wish.desired)
    one_more: Made = make_certificate("third")
    put(tmp_path, b_crt=one_more.cert, b_key=one_more.key)
    (renewed,) = compile_inputs(load(tmp_path, "./certs/"))
    again = renewed.desired.config()
    assert again is not None
    assert (again.structure == config.structure, again.digest == config.digest) == (True, False)


def test_a_name_from_a_variable_is_not_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CERT", "./certs/hush.pem")
    (line,) = told(load(tmp_path, '"${CERT}"'))
    assert "`${CERT}` cannot be read" in line
    put(tmp_path, hush_pem=GOOD.bundle)
    (wish,) = compile_inputs(load(tmp_path, '"${CERT}"'))
    config = wish.desired.config()
    assert config is not None
    marked = [line.text for line in config.lines if "hush" in line.text]
    assert len(marked) == 2
    assert all(text.endswith("# holds a value from outside the topology file") for text in marked)


def test_files_are_followed(tmp_path: Path) -> None:
    put(tmp_path, a_pem=GOOD.bundle)
    load(tmp_path, "./certs/")
    watched = WatchedFiles((str(tmp_path / "shop.yaml"),), ())
    watched.read()
    assert str(tmp_path / "certs") in watched.directories()
    assert watched.concerns(None, str(tmp_path / "certs" / "a.pem"))
    before = watched.signature()
    put(tmp_path, b_pem=OTHER.bundle)
    assert watched.signature() != before


def test_a_certificate_for_development_is_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    first = one_file(load(tmp_path, "{self_signed: [shop.localhost, 127.0.0.1]}"))
    assert one_file(load(tmp_path, "{self_signed: [shop.localhost, 127.0.0.1]}")) == first
    made = x509.load_pem_x509_certificate(first)
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["shop.localhost"]
    assert [str(a) for a in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert one_file(load(tmp_path, "{self_signed: true}")) != first
    kept = sorted((tmp_path / "data").rglob("*.pem"))
    assert len(kept) == 2
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o600}
    for path in kept:
        path.write_bytes(make_certificate("x", days=29).bundle)
    assert one_file(load(tmp_path, "{self_signed: [shop.localhost, 127.0.0.1]}")) != first


def one_file(inputs: Inputs) -> bytes:
    assert told(inputs) == []
    (wish,) = compile_inputs(inputs)
    assert wish.desired.proxy is not None
    (file,) = wish.desired.proxy.files
    return file.content


def test_a_certificate_for_development_that_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    (line,) = told(load(tmp_path, "{self_signed: true}"))
    assert line.startswith("unreadable-file 9:")
    assert "cannot be kept there: not a directory; set XDG_DATA_HOME" in line


def test_what_runs_is_kept_with_an_expired_certificate(tmp_path: Path) -> None:
    put(tmp_path, a_pem=OLD.bundle)
    assert load(tmp_path, "./certs/a.pem").has_errors
    file = str(tmp_path / "shop.yaml")
    assert not load_inputs([file], [], EXPIRED).has_errors
    assert set(WatchedFiles((file,), ()).read().good) == {"shop"}
    put(tmp_path, a_pem=b"nothing")
    assert set(WatchedFiles((file,), ()).read().broken) == {file}
    assert not load_inputs([file], [], OF_FILES).has_errors


PAGES = """\
name: shop
errors:
  404: ./pages/none.html
backends:
  web: {image: shop/web, port: 8080, errors: {503: {file: ./pages/big.html}}}
frontends:
  www: {bind: 80, default_backend: web}
"""


def test_pages_that_cannot_be_answered_with(tmp_path: Path) -> None:
    (tmp_path / "shop.yaml").write_text(PAGES, encoding="utf-8")
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "big.html").write_bytes(b"x" * 15_001)
    assert told(load_inputs([str(tmp_path / "shop.yaml")], [])) == [
        "unreadable-file 3:8 `./pages/none.html` cannot be read: no such file or directory",
        "unreadable-file 5:52 `./pages/big.html` is larger than 15 kB; "
        "HAProxy has no more room for a page of its own",
    ]


def test_pages_are_followed_and_take_a_reload(tmp_path: Path) -> None:
    file, pages = tmp_path / "shop.yaml", tmp_path / "pages"
    file.write_text(PAGES, encoding="utf-8")
    pages.mkdir()
    seen = []
    watched = WatchedFiles((str(file),), ())
    for text in (b"one", b"two"):
        for name in ("none.html", "big.html"):
            (pages / name).write_bytes(text)
        (desired,) = (said.desired for said in watched.read().good.values())
        config = desired.config()
        assert config is not None
        seen.append((str(watched.signature()), config.structure))
    assert watched.concerns(None, str(pages / "none.html"))
    assert len({signature for signature, _ in seen}) == 2
    assert len({structure for _, structure in seen}) == 2


def with_profile(directory: Path, content: str | None, option: str = "seccomp=./p.json") -> Inputs:
    file = directory / "shop.yaml"
    file.write_text(
        f"name: shop\nbackends:\n  web:\n    image: shop/web\n    security_opt: [{option}]\n",
        encoding="utf-8",
    )
    if content is not None:
        (directory / "p.json").write_text(content, encoding="utf-8")
    return load_inputs([str(file)], [])


@pytest.mark.parametrize(
    ("content", "expected"),
    {
        None: "`./p.json` cannot be read: no such file or directory",
        "{": "`./p.json` is no profile of seccomp in JSON; take Docker's default one for a start",
        "[]": "`./p.json` is no profile of seccomp in JSON; take Docker's default one for a start",
    }.items(),
)
def test_a_profile_that_is_none(tmp_path: Path, content: str | None, expected: str) -> None:
    inputs = with_profile(tmp_path, content)
    assert [line_of(d) for d in inputs.diagnostics] == [f"unreadable-file 5:20 {expected}"]


def test_a_profile_is_sent_whole_and_kept_by_its_digest(tmp_path: Path) -> None:
    revisions = []
    for content in ('{"defaultAction": "A"}', '{ "defaultAction":"A" }', '{"defaultAction": "B"}'):
        (wish,) = compile_inputs(with_profile(tmp_path, content))
        (container,) = wish.desired.containers.values()
        body = create_body("shop", container, "x")
        assert json.loads(body["HostConfig"]["SecurityOpt"][0].removeprefix("seccomp=")) == (
            json.loads(content)
        )
        assert "defaultAction" not in json.dumps(body["Labels"])
        revisions.append(container.revision)
    assert revisions[0] == revisions[1] != revisions[2]


def load_list(directory: Path, lines: str, name: str = "./office.txt") -> Inputs:
    (directory / "office.txt").write_text(lines, encoding="utf-8")
    file = directory / "shop.yaml"
    text = topology("./certs/a.pem").replace(
        "    bind:", f"    allow: [10.0.0.0/8, {name}]\n    bind:"
    )
    file.write_text(text, encoding="utf-8")
    put(directory, a_pem=GOOD.bundle)
    return load_inputs([str(file)], [])


def test_addresses_of_a_file_become_a_map(tmp_path: Path) -> None:
    lines = "\ufeff# the office\r\n192.0.2.9/24 # its router\n\n2001:db8::1 ; home\n192.0.2.0/24"
    (wish,) = compile_inputs(load_list(tmp_path, lines))
    config = wish.desired.config()
    assert config is not None
    assert [file.content for file in config.files if file.kind == "map"] == [
        b"192.0.2.0/24 1\n2001:db8::1/128 1\n"
    ]


def test_a_line_that_is_no_address_is_told_at_its_own_place(tmp_path: Path) -> None:
    found = load_list(tmp_path, "10.0.0.1\n\n300.1.1.1 # x\n").diagnostics
    assert [line_of(diagnostic) for diagnostic in found] == [
        "bad-addresses 3:1 `300.1.1.1` is neither an address nor a network; write one in each "
        "line, like `10.0.0.0/8`"
    ]
    assert found[0].place.file == str(tmp_path / "office.txt")


def test_a_list_named_by_a_variable_is_told_where_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIST", "./office.txt")
    (line,) = told(load_list(tmp_path, "nobody\n", '"${LIST}"'))
    assert line == (
        "bad-addresses 7:25 `${LIST}` is wrong in line 1: this is neither an address nor a network"
    )


def test_a_wrong_file_of_addresses_shows_nothing_of_a_secret(tmp_path: Path) -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n" * 45
    lines = told(load_list(tmp_path, key))
    assert lines[:2] == [
        f"bad-addresses {number}:1 this is neither an address nor a network; write one in each "
        "line, like `10.0.0.0/8`"
        for number in (1, 2)
    ]
    assert lines[10:] == ["bad-addresses 7:25 `./office.txt` is wrong in 36 more of its lines"]


@pytest.mark.parametrize("named", ["./certs/fullchain.pem", "./certs"])
def test_a_key_in_a_file_of_its_own_is_found(tmp_path: Path, named: str) -> None:
    """As certbot leaves it. What the hint says to write is sound."""
    put(tmp_path, fullchain_pem=GOOD.cert, privkey_pem=GOOD.key)
    first = told(load(tmp_path, f"{{certificates: {named}}}"))[0]
    hint = first.partition("write `")[2].removesuffix("`")
    assert hint == "{cert: ./certs/fullchain.pem, key: ./certs/privkey.pem}"
    assert told(load(tmp_path, f"{{certificates: {hint}}}")) == []
