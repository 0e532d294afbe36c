"""Files over files: what is merged, what is replaced, and where an error is shown."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

import pytest
from ruamel.yaml import YAML

from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.reading.layers import Document, Layers
from reconciler.view.topology import render_topology

BASE = "name: shop\nbackends:\n  web:\n    image: a\n"


def load(
    base: str,
    *overlays: str,
    files: Mapping[str, str] | None = None,
    profiles: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
) -> Loaded:
    """Overlays are `/etc/over/<n>.yaml`; `files` are by absolute path."""

    def read(name: str, directory: str, _: str) -> Document:
        place = posixpath.normpath(posixpath.join(directory, name))
        if place not in (files or {}):
            raise FileNotFoundError(2, "No such file")
        return Document(place, posixpath.dirname(place), (files or {})[place].encode())

    over = tuple(
        Document(f"{at}.yaml", "/etc/over", text.encode()) for at, text in enumerate(overlays)
    )
    layers = Layers("/etc/shop", over, read, profiles)
    return load_topology(base.encode(), "base.yaml", variables or {}, layers)


def merged(base: str, *overlays: str, **more: Any) -> Any:
    """The backend's own keys after merging, as the file that stands for all says it."""
    texts = ["backends:\n  web: " + text + "\n" for text in overlays]
    loaded = load(f"name: shop\nbackends:\n  web: {base}\n", *texts, **more)
    text = "\n".join(render_topology(loaded.source))
    return YAML(typ="safe").load(text)["backends"]["web"]


@pytest.mark.parametrize(
    ("base", "over", "after"),
    [
        ("{a: {b: 1, c: 2}}", "{a: {c: 3, d: 4}}", {"a": {"b": 1, "c": 3, "d": 4}}),
        ("{port: 1}", "{port: 2}", {"port": 2}),
        ("{check: /a}", "{check: {rise: 2}}", {"check": {"rise": 2}}),
        ("{check: {rise: 2}}", "{check: false}", {"check": False}),
        ("{command: [a, b]}", "{command: [c]}", {"command": ["c"]}),
        ("{servers: [a, b]}", "{servers: [c]}", {"servers": ["c"]}),
        ("{cap_add: [A, B]}", "{cap_add: [B, C]}", {"cap_add": ["A", "B", "C"]}),
        ("{networks: a}", "{networks: b}", {"networks": ["a", "b"]}),
        ("{networks: [a]}", "{networks: {b: {x: 1}}}", {"networks": {"a": None, "b": {"x": 1}}}),
        ("{networks: {a: {x: 1}}}", "{networks: [b]}", {"networks": {"a": {"x": 1}, "b": None}}),
        (
            "{volumes: ['a:/x', 'b:/y']}",
            "{volumes: [{source: c, target: /x}]}",
            {"volumes": [{"source": "c", "target": "/x"}, "b:/y"]},
        ),
        ("{env: {A: 1, B: 2}}", "{env: ['B=3', 'C=4=5']}", {"env": {"A": 1, "B": "3", "C": "4=5"}}),
        ("{env: ['A=1']}", "{env: ['A=2']}", {"env": {"A": "2"}}),
        ("{env: {A: 1}}", "{env: }", {"env": {"A": 1}}),
        ("{port: 1}", "{port: null}", {"port": None}),
        ("{port: 1, x: 2}", "{port: !reset null}", {"x": 2}),
        ("{env: {A: 1, B: 2}}", "{env: {A: !reset null}}", {"env": {"B": 2}}),
        ("{x: 1}", "{env: {A: !reset 1, B: 2}}", {"x": 1, "env": {"B": 2}}),
        ("{env: {A: 1}}", "{env: !override {B: 2}}", {"env": {"B": 2}}),
        ("{volumes: ['a:/x']}", "{volumes: !override ['b:/y']}", {"volumes": ["b:/y"]}),
        ("{volumes: ['a:/x']}", "{volumes: !reset []}", {}),
        ("{x: !override 1, y: !reset 2}", "{z: 3}", {"x": 1, "z": 3}),
        ("{volumes: ['./a:/x']}", "{volumes: ['./b:/y']}", {"volumes": ["./a:/x", "../over/b:/y"]}),
        ("{x: 1}", "{volumes: [{source: ../b}]}", {"x": 1, "volumes": [{"source": "../b"}]}),
        (
            "{x: 1}",
            "{env_file: a.env, command: ./a}",
            {"x": 1, "env_file": "../over/a.env", "command": "./a"},
        ),
        (
            "{x: 1}",
            "{security_opt: ['seccomp:a.json', seccomp=unconfined, label=a, seccomp=/b]}",
            {
                "x": 1,
                "security_opt": [
                    "seccomp:../over/a.json",
                    "seccomp=unconfined",
                    "label=a",
                    "seccomp=/b",
                ],
            },
        ),
        (
            "{ports: ['80:80', {target: 1, published: 2}]}",
            "{ports: [80:80, {target: 1, published: 3}]}",
            {"ports": ["80:80", {"target": 1, "published": 2}, {"target": 1, "published": 3}]},
        ),
        (
            "{x: 1}",
            "{errors: {503: a.html, 404: {file: b.html}}}",
            {"x": 1, "errors": {"503": "../over/a.html", "404": {"file": "../over/b.html"}}},
        ),
        ("{x: 1}", "{env: {file: a, key: b}}", {"x": 1, "env": {"file": "a", "key": "b"}}),
    ],
)
def test_what_is_there_afterwards(base: str, over: str, after: object) -> None:
    assert merged(base, over) == after


def test_the_last_overlay_counts_most() -> None:
    assert merged("{port: 1}", "{port: 2, x: 2}", "{port: 3}") == {"port": 3, "x": 2}


def test_errors_are_in_the_file_they_come_from() -> None:
    over = (
        "backends:\n  web:\n    replicas: many\n    command: !x a\nfrontends:\n  www: {bind: x}\n"
    )
    loaded = load(BASE + "    port: p\n", over)
    places = [
        (d.place.file, d.place.span.line, d.place.span.column)
        for d in loaded.diagnostics
        if d.place.span
    ]
    assert places == [("0.yaml", 3, 15), ("0.yaml", 4, 14), ("0.yaml", 6, 15), ("base.yaml", 5, 11)]
    assert set(loaded.source.texts) == {"base.yaml", "0.yaml"}


def test_files_of_addresses_are_beside_the_file_that_names_them() -> None:
    base = BASE + "    port: 80\nfrontends: {www: {bind: 80, default_backend: web}}\n"
    keys = (
        "{allow: [10.0.0.0/8, ./a.txt, /srv/b.txt], rules: [{source: ../c.txt, deny: true}], "
        "trusted_proxies: ./p.txt, rate_limit: {requests: 9, allow: ./r.txt}, "
        "connection_limit: {max: 9, allow: [./l.txt]}}"
    )
    loaded = load(base, f"frontends: {{www: {keys}}}\n")
    assert loaded.topology is not None
    www = loaded.topology.frontends["www"]
    assert www.allow == ("10.0.0.0/8", "../over/a.txt", "/srv/b.txt")
    assert www.rules[0].source == ("../c.txt",)
    assert www.trusted_proxies == ("../over/p.txt",)
    assert www.rate_limit is not None
    assert www.rate_limit.allow == ("../over/r.txt",)
    assert www.connection_limit is not None
    assert www.connection_limit.allow == ("../over/l.txt",)


def test_a_file_goes_over_what_it_includes() -> None:
    files = {
        "/etc/a.yaml": "name: b\nbackends:\n  web: {port: 1, replicas: 5, volumes: ['./a:/x']}\n",
        "/etc/shop/b/b.yaml": "include: c.yaml\nbackends:\n  web: {weight: 7}\n",
        "/etc/shop/b/c.yaml": "backends:\n  web: {weight: 6, maxconn: 9}\n",
    }
    loaded = load("include: [../a.yaml, b/b.yaml]\n" + BASE + "    port: 80\n", files=files)
    assert loaded.topology is not None, loaded.diagnostics
    web = loaded.topology.backends["web"]
    assert (loaded.topology.name, web.port, web.replicas) == ("shop", 80, 5)
    assert (web.weight, web.maxconn, web.volumes[0].source) == (7, 9, "../a")


@pytest.mark.parametrize(
    ("include", "code", "column"),
    [
        ("nowhere.yaml", "file-not-found", 10),
        ("[a.yaml, base.yaml]", "bad-value", 19),
        ("round.yaml", "bad-value", 10),
        ("{}", "wrong-type", 10),
        ("[3, [x]]", "wrong-type", 14),
    ],
)
def test_includes_that_cannot_be(include: str, code: str, column: int) -> None:
    files = {
        "/etc/shop/a.yaml": "x-a: 1\n",
        "/etc/shop/base.yaml": BASE,
        "/etc/shop/round.yaml": "include: round.yaml\n",
    }
    loaded = load(f"include: {include}\n" + BASE, files=files)
    assert code in {d.code for d in loaded.diagnostics}
    assert column in {d.place.span.column for d in loaded.diagnostics if d.place.span}
    assert loaded.topology is None


def test_profiles() -> None:
    base = BASE + "  dbg: {image: a, port: 80, profiles: [debug, all]}\n"
    names = {
        p: set(_topology(load(base, profiles=p)).backends) for p in [(), ("x", "debug"), ("*",)]
    }
    assert names == {(): {"web"}, ("x", "debug"): {"web", "dbg"}, ("*",): {"web", "dbg"}}
    loaded = load(base + "frontends: {www: {bind: 80, default_backend: dbg}}\n")
    (error,) = loaded.diagnostics
    assert (error.code, error.hint) == (
        "unknown-backend",
        "`dbg` is there with --profile debug or all",
    )


def _topology(loaded: Loaded) -> Any:
    assert loaded.topology is not None, loaded.diagnostics
    return loaded.topology


def test_what_came_from_variables_stays_secret() -> None:
    loaded = load(
        BASE + "    env: ['A=${TOKEN}', B=b$$]\n",
        "backends:\n  web:\n    env: {C: 'x${TOKEN}', D: '007', E: 007, F: 'a: #b\\n'}\n",
        variables={"TOKEN": "hunter2-hunter2"},
    )
    env = _topology(loaded).backends["web"].env
    assert env["A"] == "hunter2-hunter2"
    assert ("backends", "web", "env", "A") in loaded.sensitive
    assert "hunter2-hunter2" in loaded.secrets
    text = "\n".join(render_topology(loaded.source))
    assert "hunter2" not in text
    again = load_topology(text.encode(), "f", {"TOKEN": "hunter2-hunter2"})
    assert _topology(again) == _topology(loaded)


FILES_AND_NAMES = """\
secrets: {file: {file: ./s.txt}, key: {environment: cert}}
configs: {app: {content: a}}
backends:
  web:
    tls: {ca: ca.pem, sni: key}
    check: {path: /, host: tls}
    secrets: [{source: file, target: cert}]
    labels: {file: a}
    volumes: ["./v:/v", {source: .., target: /w}, {type: volume, source: vol, target: /x}, "vol:/y"]
    env_file: [a.env, {path: b.env}]
    label_file: [a.labels, /b.labels]
    errors: {503: a.html, 404: {file: b.html, headers: {cert: a, file: b}}}
  tls: {image: a, port: 80}
frontends:
  errors:
    bind: [{port: 443, tls: {certificates: {cert: c.pem, key: ./k.pem}, client_ca: ../a.pem}}]
    rules:
      - {path: /a, set_headers: {file: key, tls: a, cert: ./b}, backend: tls}
    default_backend: web
  file: {bind: 444, tls: a.pem, jwt: {key: [k.pem], claims: {key: k}}, default_backend: tls}
  key: {bind: 445, tls: [a.pem, {cert: /b.pem, key: c.key}], default_backend: tls}
"""


def test_only_what_names_a_file_starts_where_it_is_written() -> None:
    loaded = load(BASE, FILES_AND_NAMES)
    values = loaded.source.value
    web, front = values["backends"]["web"], values["frontends"]
    assert values["secrets"] == {"file": {"file": "../over/s.txt"}, "key": {"environment": "cert"}}
    assert web["tls"] == {"ca": "../over/ca.pem", "sni": "key"}
    assert web["check"] == {"path": "/", "host": "tls"}
    assert web["secrets"] == [{"source": "file", "target": "cert"}]
    assert web["labels"] == {"file": "a"}
    assert web["volumes"] == [
        "../over/v:/v",
        {"source": "..", "target": "/w"},
        {"type": "volume", "source": "vol", "target": "/x"},
        "vol:/y",
    ]
    assert web["env_file"] == ["../over/a.env", {"path": "../over/b.env"}]
    assert web["label_file"] == ["../over/a.labels", "/b.labels"]
    assert web["errors"] == {
        "503": "../over/a.html",
        "404": {"file": "../over/b.html", "headers": {"cert": "a", "file": "b"}},
    }
    assert front["errors"]["bind"][0]["tls"] == {
        "certificates": {"cert": "../over/c.pem", "key": "../over/k.pem"},
        "client_ca": "../a.pem",
    }
    assert front["errors"]["rules"][0] == {
        "path": "/a",
        "set_headers": {"file": "key", "tls": "a", "cert": "./b"},
        "backend": "tls",
    }
    assert front["file"]["tls"] == "../over/a.pem"
    assert front["file"]["jwt"] == {"key": ["../over/k.pem"], "claims": {"key": "k"}}
    assert front["key"]["tls"] == ["../over/a.pem", {"cert": "/b.pem", "key": "../over/c.key"}]


@pytest.mark.parametrize("name", ["expose", "env", "networks", "depends_on", "volumes"])
def test_a_users_own_name_is_no_key(name: str) -> None:
    """Only what is a list by its key grows, and not a header, label or backend of that name."""
    base = f"{{labels: {{{name}: a}}, env: {{{name}: a}}}}"
    over = f"{{labels: {{{name}: b}}, env: ['{name}=b']}}"
    assert merged(base, over) == {"labels": {name: "b"}, "env": {name: "b"}}
