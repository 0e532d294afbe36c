"""Every kind of value a topology file takes: how people write it, and what is refused."""

from __future__ import annotations

from functools import reduce
from typing import Any

import pytest

from reconciler.topology.model import Topology
from tests.unit.topology.loading import good, messages_of, read, topology_with, web_of


def at(topology: Topology, path: str) -> Any:
    return reduce(getattr, path.split("."), web_of(topology))


GOOD = {
    # names of images
    "image: nginx": ("image", "nginx"),
    "image: nginx:1.27-alpine": ("image", "nginx:1.27-alpine"),
    "image: registry.example.com:5000/team/app:1.4": (
        "image",
        "registry.example.com:5000/team/app:1.4",
    ),
    "image: localhost/a/b/c": ("image", "localhost/a/b/c"),
    "image: '[::1]:5000/a'": ("image", "[::1]:5000/a"),
    f"image: a@sha256:{'0' * 64}": ("image", f"a@sha256:{'0' * 64}"),
    f"image: a:1@sha256:{'0' * 64}": ("image", f"a:1@sha256:{'0' * 64}"),
    "image: a__b/c.d-e": ("image", "a__b/c.d-e"),
    # numbers
    "replicas: 0": ("replicas", 0),
    "replicas: '3'": ("replicas", 3),
    "replicas: 10000": ("replicas", 10_000),
    "weight: 256": ("weight", 256),
    "maxconn: 100": ("maxconn", 100),
    # lengths of time
    "stop_grace_period: 10s": ("stop_grace_period", 10.0),
    "stop_grace_period: 1m30s": ("stop_grace_period", 90.0),
    "stop_grace_period: 1.5s": ("stop_grace_period", 1.5),
    "stop_grace_period: 500ms": ("stop_grace_period", 0.5),
    "stop_grace_period: 0": ("stop_grace_period", 0.0),
    "stop_grace_period: 0s": ("stop_grace_period", 0.0),
    "stop_grace_period: 1h": ("stop_grace_period", 3600.0),
    "stop_grace_period: 2d": ("stop_grace_period", 172_800.0),
    "healthcheck: {test: wget, interval: 30d}": ("healthcheck.interval", 2_592_000.0),
    "sticky: {by: cookie, maxidle: 30d}": ("sticky.maxidle", 2_592_000.0),
    "sticky: {by: cookie, maxlife: 365d}": ("sticky.maxlife", 31_536_000.0),
    "cache: {max_age: 365d}": ("cache.max_age", 31_536_000.0),
    # sizes
    "resources: {memory: 128m}": ("resources.memory", 128 * 1024**2),
    "resources: {memory: 1.5g}": ("resources.memory", 1536 * 1024**2),
    "resources: {memory: 128MiB}": ("resources.memory", 128 * 1024**2),
    "resources: {memory: 128 MB}": ("resources.memory", 128 * 1024**2),
    "resources: {memory: 8388608}": ("resources.memory", 8 * 1024**2),
    "resources: {memory: 8192k}": ("resources.memory", 8 * 1024**2),
    "resources: {cpus: 0.5}": ("resources.cpus", 0.5),
    "resources: {cpus: 2}": ("resources.cpus", 2.0),
    "resources: {cpus: '1.5'}": ("resources.cpus", 1.5),
    # commands
    "command: nginx -g 'daemon off;'": ("command", ("nginx", "-g", "daemon off;")),
    'command: [nginx, "-g", "daemon off;"]': ("command", ("nginx", "-g", "daemon off;")),
    "command: [sleep, 007]": ("command", ("sleep", "007")),
    "command: [sh, '']": ("command", ("sh", "")),
    "command: [sh, '-c', \"a\\nb\"]": ("command", ("sh", "-c", "a\nb")),
    "entrypoint: /bin/app --x": ("entrypoint", ("/bin/app", "--x")),
    # pairs
    "env: {A: b, N: 1, F: 1.10, P: 007}": ("env", {"A": "b", "N": "1", "F": "1.10", "P": "007"}),
    "env: [A=b, 'B=', C=d=e]": ("env", {"A": "b", "B": "", "C": "d=e"}),
    "env: {A: ''}": ("env", {"A": ""}),
    'env: {A: "x\\ny"}': ("env", {"A": "x\ny"}),
    "env: {A: 2024-01-02, B: 0x10}": ("env", {"A": "2024-01-02", "B": "0x10"}),
    "env:": ("env", {}),
    "labels: {com.example/x: y}": ("labels", {"com.example/x": "y"}),
    # mounts
    "volumes: ['data:/var/lib']": ("volumes", [("data", "/var/lib", False)]),
    "volumes: ['./conf:/etc/app:ro']": ("volumes", [("./conf", "/etc/app", True)]),
    "volumes: ['/srv:/srv:rw']": ("volumes", [("/srv", "/srv", False)]),
    "volumes: ['../x:/x']": ("volumes", [("../x", "/x", False)]),
    "volumes: [{source: data, target: /d, read_only: true}]": ("volumes", [("data", "/d", True)]),
    # restart policies
    "restart: always": ("restart", "always"),
    "restart: no": ("restart", "no"),
    "restart: 'no'": ("restart", "no"),
    "restart: false": ("restart", "no"),
    "restart: on-failure": ("restart", "on-failure"),
    "restart: on-failure:5": ("restart", "on-failure:5"),
    # networks
    "networks: default": ("networks", ("default",)),
    "networks: [default]": ("networks", ("default",)),
    # HAProxy's checks
    "check: tcp": ("check.type", "tcp"),
    "check: true": ("check.type", "tcp"),
    "check: false": ("check.type", "none"),
    "check: /healthz": ("check.path", "/healthz"),
    "check: {path: /}": ("check.type", "http"),
    "check: {type: http, path: /x, method: HEAD}": ("check.method", "HEAD"),
    "check: {path: /, status: 200}": ("check.status", "200"),
    "check: {path: /, status: '200-299,404'}": ("check.status", "200-299,404"),
    "check: {interval: 10ms, timeout: 1ms}": ("check.interval", 0.01),
    # Docker's checks
    "healthcheck: {test: wget -q localhost}": (
        "healthcheck.test",
        ("CMD-SHELL", "wget -q localhost"),
    ),
    "healthcheck: {test: [CMD, wget]}": ("healthcheck.test", ("CMD", "wget")),
    "healthcheck: {disable: true}": ("healthcheck.disable", True),
    "healthcheck: {test: x, start_period: 0}": ("healthcheck.start_period", 0.0),
    # words
    "balance: leastconn": ("balance.algorithm", "leastconn"),
    "pull: never": ("pull", "never"),
    "init: true": ("init", True),
}


@pytest.mark.parametrize(("yaml", "expected"), GOOD.items(), ids=GOOD.keys())
def test_good_values(yaml: str, expected: tuple[str, Any]) -> None:
    path, value = expected
    text = topology_with(yaml)
    if yaml.startswith("image:"):
        text = text.replace("    image: nginx:1.27\n", "", 1)
    read_value = at(good(text), path)
    if path == "volumes":
        read_value = [(v.source, v.target, v.read_only) for v in read_value]
    assert read_value == value
    assert type(read_value) is type(value)


GOOD_FRONTENDS = {
    "bind: 80": [(None, 80, 80)],
    "bind: '80'": [(None, 80, 80)],
    "bind: ':80'": [(None, 80, 80)],
    "bind: '*:80'": [(None, 80, 80)],
    "bind: 127.0.0.1:80": [("127.0.0.1", 80, 80)],
    "bind: '[::1]:80'": [("::1", 80, 80)],
    "bind: '[::]:80'": [("::", 80, 80)],
    "bind: [80, 127.0.0.1:81]": [(None, 80, 80), ("127.0.0.1", 81, 81)],
    "bind: {port: 80}": [(None, 80, 80)],
    "bind: [{port: 80, address: 10.0.0.1}]": [("10.0.0.1", 80, 80)],
    "bind: 8000-8010": [(None, 8000, 8010)],
    "bind: '[::1]:8000-8010'": [("::1", 8000, 8010)],
    "bind: {port: 8000-8000}": [(None, 8000, 8000)],
    "bind: 22:80": None,
    "bind: 8000-": None,
}


@pytest.mark.parametrize(("yaml", "expected"), GOOD_FRONTENDS.items(), ids=GOOD_FRONTENDS.keys())
def test_binds(yaml: str, expected: list[tuple[str | None, int, int]] | None) -> None:
    loaded = read(topology_with(frontend=yaml))
    if expected is None:
        assert loaded.topology is None
    else:
        assert loaded.topology is not None
        binds = loaded.topology.frontends["www"].bind
        assert [(bind.address, bind.ports[0], bind.ports[-1]) for bind in binds] == expected


STATS: dict[str, Any] = {
    "stats: 9000": {"port": 9000},
    "stats: true": {"port": 8404},
    "stats: {}": {"port": 8404, "address": "127.0.0.1", "uri": "/"},
    "stats:": None,
    "stats: false": None,
    "stats: {refresh: 10s, uri: /haproxy}": {"refresh": 10.0, "uri": "/haproxy"},
    "stats: {auth: 'a:b:c'}": {"auth": {"a": "b:c"}, "address": None},
    "stats: {auth: ['a:b', 'c:d']}": {"auth": {"a": "b", "c": "d"}},
    "stats: {auth: {a: 007}}": {"auth": {"a": "007"}},
    "stats: {auth: 'a:b', bind: 127.0.0.1}": {"address": "127.0.0.1"},
    "stats: {bind: '::1'}": {"address": "::1"},
}


@pytest.mark.parametrize(("yaml", "expected"), STATS.items(), ids=STATS.keys())
def test_stats(yaml: str, expected: dict[str, Any] | None) -> None:
    stats = good(topology_with(rest=yaml)).stats
    if expected is None:
        assert stats is None
    else:
        assert {name: getattr(stats, name) for name in expected} == expected


RAW: dict[str, tuple[str, ...]] = {
    "global: tune.bufsize 16384": ("tune.bufsize 16384",),
    "global: |\n  a b\n\n    c  # d\n": ("a b", "", "c  # d"),
    "global: [a b, '', c]": ("a b", "", "c"),
    'global: "a\\tb"': ("a\tb",),
    "global: []": (),
}


@pytest.mark.parametrize(("yaml", "expected"), RAW.items(), ids=RAW.keys())
def test_raw_lines(yaml: str, expected: tuple[str, ...]) -> None:
    text = "haproxy:\n  raw:\n    " + yaml.replace("\n", "\n    ")
    assert good(topology_with(rest=text)).haproxy.raw.global_ == expected


@pytest.mark.parametrize("section", ["networks", "backends", "frontends", "haproxy", "stats"])
def test_a_section_with_nothing_in_it_is_as_if_it_were_not_there(section: str) -> None:
    assert good(f"name: a\n{section}:\n") == good("name: a\n")


def test_a_network_with_nothing_in_it() -> None:
    topology = good(topology_with("networks: front", rest="networks:\n  front:\n"))
    assert topology.networks["front"].driver == "bridge"


def test_keys_of_ones_own() -> None:
    topology = good("x-web: &web {image: nginx, port: 80}\nname: a\nbackends: {b: *web}\n")
    assert topology.backends["b"].port == 80


IN_WEB = {
    # the wrong kind
    "replicas: many": "wrong-type `replicas` must be a whole number, not `many`",
    "replicas: 1.5": "wrong-type `replicas` must be a whole number, not `1.5`",
    "replicas: true": "wrong-type `replicas` must be a number, not `true`",
    "replicas:": "wrong-type `replicas` must be a whole number, not empty",
    "replicas: [1]": "wrong-type `replicas` must be a whole number, not a list",
    f"replicas: {'9' * 30}": f"out-of-range `replicas` is `{'9' * 30}`, and must be at most 10,000",
    f"replicas: {'9' * 5000}": f"wrong-type `replicas` must be a whole number of reasonable size, "
    f"not `{'9' * 57}…`",
    "resources: {cpus: lots}": "wrong-type `cpus` must be a number, not `lots`",
    "resources: {cpus: true}": "wrong-type `cpus` must be a number, not `true`",
    "resources: []": "wrong-type `resources` must be a mapping, not a list; keys here: cpus, "
    "memory, pids, reservations",
    "init: maybe": "wrong-type `init` must be true or false, not `maybe`",
    "volumes: data:/x": "wrong-type `volumes` must be a list, not `data:/x`; mounts: "
    "`data:/var/lib/app`, `./conf:/etc/app:ro`, or mappings with Compose's keys",
    "volumes: [5]": "wrong-type each item of `volumes` must be text or a mapping, not `5`; "
    "mounts: `data:/var/lib/app`, `./conf:/etc/app:ro`, or mappings with Compose's keys",
    "rollout: {guard: {max_errors: true}}": "wrong-type a percentage is needed here; "
    "write it like `5%`",
    # out of range
    "replicas: -1": "out-of-range `replicas` is `-1`, and must be at least 0",
    "replicas: 10001": "out-of-range `replicas` is `10001`, and must be at most 10,000",
    "weight: 257": "out-of-range `weight` is `257`, and must be at most 256",
    "maxconn: 0": "out-of-range `maxconn` is `0`, and must be at least 1",
    "resources: {cpus: 0}": "out-of-range `cpus` is `0`, and must be more than 0",
    "resources: {cpus: .inf}": "wrong-type `cpus` must be a number, not `.inf`",
    "resources: {cpus: 1e400}": "out-of-range `cpus` is `1e400`, and must be at most 1,024",
    "resources: {memory: 1m}": "out-of-range `memory` is `1m`, and must be at least 6m",
    "check: {interval: 5ms}": "out-of-range `interval` is `5ms`, and must be at least 10ms",
    "check: {rise: 0}": "out-of-range `rise` is `0`, and must be at least 1",
    "healthcheck: {test: x, interval: 0}": "out-of-range `interval` is `0`, "
    "and must be at least 1ms",
    # words
    "balance: rr": "unknown-value `balance` cannot be `rr`; write roundrobin, static-rr, "
    "leastconn, first, random, source, uri, url_param, hdr or hash",
    "balance: leastcon": "unknown-value `balance` cannot be `leastcon`; did you mean `leastconn`?",
    "mode: true": "unknown-value `mode` cannot be `true`; write http or tcp",
    "pull: no": "unknown-value `pull` cannot be `no`; write missing, always or never",
    "restart: sometimes": "unknown-value `sometimes` is not a restart policy; write no, always, "
    "unless-stopped, on-failure or on-failure:5",
    "restart: true": "wrong-type `true` without quotes is a boolean, and `restart` takes text; "
    'write "true"',
    "restart: always:5": "unknown-value `always:5` is not a restart policy; write no, always, "
    "unless-stopped, on-failure or on-failure:5",
    "check: ping": "unknown-value `ping` is not a check; write `tcp`, `false`, a path like "
    "`/healthz`, or a mapping",
    "volumes: ['a:/b:z']": "unknown-value `z` is not an option of a mount of a volume; there are "
    "ro, rw, nocopy",
    # lengths of time
    "stop_grace_period: 10": "bad-duration `10` has no unit; write `10s` for seconds, or use ms, "
    "m or h",
    "stop_grace_period: ten": "bad-duration `ten` is not a length of time; write it like `500ms`, "
    "`10s` or `5m`",
    "stop_grace_period: 10 s": "bad-duration `10 s` is not a length of time; write it like "
    "`500ms`, `10s` or `5m`",
    "stop_grace_period: -1s": "bad-duration `-1s` is not a length of time; write it like `500ms`, "
    "`10s` or `5m`",
    "stop_grace_period: 10S": "bad-duration `10S` is not a length of time; write it like `500ms`, "
    "`10s` or `5m`",
    "stop_grace_period: ''": 'bad-duration `""` is not a length of time; write it like `500ms`, '
    "`10s` or `5m`",
    "stop_grace_period: 25d": "bad-duration `25d` is longer than the 24 days HAProxy can count",
    "cache: {max_age: 30000d}": "bad-duration `30000d` is longer than 68 years",
    "stop_grace_period: [1s]": "bad-duration a length of time is needed here; write it like `10s`",
    "stop_grace_period: true": "bad-duration a length of time is needed here; write it like `10s`",
    # sizes
    "resources: {memory: big}": "bad-size `big` is not a size; write it like `128m` or `1g`",
    "resources: {memory: 128x}": "bad-size `128x` is not a size; write it like `128m` or `1g`",
    "resources: {memory: -1m}": "bad-size `-1m` is not a size; write it like `128m` or `1g`",
    "resources: {memory: [1m]}": "bad-size a size is needed here; write it like `128m`",
    "resources: {memory: 9999999999999t}": "bad-size `9999999999999t` is more than a computer can "
    "have",
    # images
    "image: Nginx": "bad-value `Nginx` is not an image reference; write it like `nginx:1.27` or "
    "`registry.example.com/team/app:1.4`",
    "image: 'a b'": "bad-value `a b` is not an image reference; write it like `nginx:1.27` or "
    "`registry.example.com/team/app:1.4`",
    "image: 'nginx:'": "bad-value `nginx:` is not an image reference; write it like `nginx:1.27` "
    "or `registry.example.com/team/app:1.4`",
    "image: ''": 'bad-value `""` is not an image reference; write it like `nginx:1.27` or '
    "`registry.example.com/team/app:1.4`",
    "image:": "missing-key backend `web` has neither an `image` nor `servers`; add `image:` for "
    "containers, or `servers:` for what runs elsewhere",
    # commands
    'command: "sh -c \'x"': "bad-value the command cannot be split: no closing quotation; write "
    "it as a list",
    "command: 5": "wrong-type a command is a string or a list of strings",
    "command: [a, [b]]": "wrong-type each item of `command` takes text, not a list; arguments in "
    "place of the image's own",
    "command: [a, true]": "wrong-type `true` without quotes is a boolean, and each item of "
    '`command` takes text; write "true"',
    'command: [a, "b\\0"]': "bad-value a NUL cannot stand in this value",
    # pairs
    "env: {A: }": 'bad-value `A` has no value; write `A: ""` for empty, or `A: ${A}` to take it '
    "from the environment",
    "env: {A: true}": "wrong-type `true` without quotes is a boolean, and `A` takes text; write "
    '"true"',
    "env: {A: [b]}": "wrong-type the value of `A` must be text or a number",
    "env: {A=B: c}": "bad-value `A=B` cannot be passed to a container",
    'env: {A: "x\\0"}': "bad-value `A` cannot be passed to a container",
    "env: [A]": "bad-value `A` has no value; write `A=` for empty, or `A=${A}` to take it "
    "from the environment",
    "env: [{A: b}]": "wrong-type each item of the list must be `KEY=value`",
    "env: A=b": "wrong-type `env` takes a mapping or a list of `KEY=value`, not `A=b`; "
    "environment variables",
    # mounts
    "volumes: [{target: /x}]": "missing-key `source` is required in a mount; name a volume or a "
    "path, or write `type: tmpfs`",
    "volumes: [{type: bind, source: a, target: /x}]": "bad-value `a` is not a path; start it with "
    "`/`, `./` or `../`, or write `type: volume`",
    "volumes: [{type: volume, source: /a, target: /x}]": "bad-value `/a` is not the name of a "
    "volume; name a volume, or write `type: bind`",
    "volumes: [{type: tmpfs, source: a, target: /x}]": "bad-value a tmpfs has no source; take "
    "`source` out",
    "volumes: [{source: a, target: /x, bind: {propagation: shared}}]": "bad-value `bind` is for "
    "another type of mount, and this is a volume; take it out",
    "volumes: [{type: tmpfs, target: /x, tmpfs: {mode: 999}}]": "bad-value `999` is not a mode; "
    "write it in octal, like `1777` or `0755`",
    "volumes: [data]": "bad-value `data` is not a mount; write `source:/path/in/container` or "
    "`source:/path:ro`",
    "volumes: ['a::b']": "bad-value `a::b` is not a mount; write `source:/path/in/container` or "
    "`source:/path:ro`",
    "volumes: ['a:b']": "bad-value `b` is not an absolute path",
    "volumes: ['a:/']": "bad-value nothing can be mounted over the whole container",
    "volumes: ['~/x:/b']": "bad-value `~` is not expanded here; write `${HOME}` or an "
    "absolute path",
    "volumes: ['.x:/b']": "bad-name `.x` is neither a path nor the name of a volume; start a path "
    "with `/`, `./` or `../`",
    "volumes: [{source: a}]": "missing-key `target` is required in `volumes`",
    # jobs
    "before: []": "bad-value `before` needs at least one item",
    "before: [{name: m}]": "missing-key a job needs a `command`; or an `image` whose own command "
    "is the job",
    "before: [5]": "wrong-type each item of `before` must be text or a mapping, not `5`; jobs, "
    "such as migrations, that must succeed before its containers are created or replaced: each "
    "runs once, and again when it or the image changes",
    "before: {command: x, timeout: 5}": "bad-duration `5` has no unit; write `5s` for seconds, or "
    "use ms, m or h",
    "before: {command: x, retries: 5}": "unknown-key `retries` is not a key of `before`; keys "
    "here: name, image, command, entrypoint, env, timeout",
    # what is waited for
    "depends_on: 5": "wrong-type `depends_on` takes a list of backends, or a mapping by their "
    "names, not `5`; write `[db, cache]`, or `{db: {condition: started}}`",
    "depends_on: [A]": "bad-name `A` cannot be a name here; use a-z, 0-9, `-` and `_`, with a "
    "letter or digit at both ends: `a`",
    "depends_on: {db: healthy}": "wrong-type what is waited for is a mapping; write "
    "`{condition: started}`, or a list of names",
    "depends_on: {db: {backend: cache}}": "unknown-key the backend's name is the key here "
    "already; leave it out",
    # servers that are no containers
    "servers: []": "bad-value `servers` needs at least one item",
    "servers: [db]": "bad-value `db` is not a host and a port; write it like `db.example.com:5432` "
    "or `[::1]:5432`",
    "servers: 80": "bad-value `80` is not a host and a port; write it like `db.example.com:5432` "
    "or `[::1]:5432`",
    'servers: ["a b:80"]': "bad-value `a b` is neither an address nor a DNS name; write it like "
    "`10.0.0.7` or `db.example.com`",
    'servers: ["10.0.0:80"]': "bad-value `10.0.0` is neither an address nor a DNS name; write it "
    "like `10.0.0.7` or `db.example.com`",
    'servers: ["db:99999"]': "out-of-range `port` is `99999`, and must be at most 65,535",
    "servers: {port: 80}": "missing-key `address` is required in a server; add `address: "
    "db.example.com`, or `socket:` for one of this machine",
    "servers: {socket: /run/x.sock, port: 80}": "bad-value a server at a `socket` has no `port`; leave "
    "one of them out",
    "servers: {address: 192.0.2.1, port: 80, init_addr: 192.0.2.2}": "bad-value `address` is no name "
    "that anybody would be asked for; leave it out, or write a name in `address`",
    "servers: {address: db, port: 80, name: a/b}": "bad-name HAProxy cannot have a server named "
    "`a/b`; use letters, digits, `-`, `_` and `.`, starting with a letter or digit",
    "servers: {address: db, port: 80, weight: 300}": "out-of-range `weight` is `300`, and must be "
    "at most 256",
    "servers: {address: db, port: 80, backup: 2}": "wrong-type `backup` must be true or false, not "
    "`2`",
    # checks
    "check: {type: http}": "bad-value a check of type http needs a `path`",
    "check: {type: tcp, path: /x}": "bad-value a check of type tcp takes no `path`",
    "check: {path: x}": "bad-value `x` is not a path of a URL; start it with a slash: `/x`",
    "check: {path: '/a b'}": "bad-value a path of a URL holds no space; write `%20` for a space",
    "check: {path: '/a#b'}": "bad-value what comes after `#` in a URL is never sent; leave it out, "
    "or write `%23` for the character",
    "check: {path: /ä}": "bad-value a path of a URL holds only ASCII; write other characters as "
    "`%` and hex digits",
    'check: {path: "/a\\nb"}': "bad-value a line break cannot stand in this value",
    'check: {path: "/a\\tb"}': "bad-value a tab cannot stand in this value",
    'check: {path: "/a\\x7f"}': "bad-value a control character cannot stand in this value",
    "check: {path: /, status: 700}": "bad-value `700` is not what `status` takes; write codes like "
    "`200`, `200-399` or `200,204`",
    "check: 5": "wrong-type `check` must be false, true, text or a mapping, not `5`; HAProxy's "
    "health check: `tcp`, `false`, a path, or a mapping",
    "check:": "wrong-type `check` must be false, true, text or a mapping, not empty; HAProxy's "
    "health check: `tcp`, `false`, a path, or a mapping",
    "healthcheck: {}": "missing-key `test` is required in a healthcheck; add `test: [CMD, …]`, or "
    "`disable: true`",
    "healthcheck: {test: [wget]}": "bad-value the list of `test` starts with CMD or CMD-SHELL; "
    'write `["CMD", …]`, or one string for the shell',
    # networks
    "networks: []": "bad-value `networks` needs at least one item",
    "networks: [.a]": "bad-name Docker cannot have a network or a volume named `.a`; use letters, "
    "digits, `_`, `.` and `-`, with a letter or digit in front",
    # keys
    "replica: 3": "unknown-key `replica` is not a key of a backend; did you mean `replicas`?",
    "check: {pth: /}": "unknown-key `pth` is not a key of `check`; did you mean `path`?",
    "volumes: [{source: a, target: /b, ro: true}]": "unknown-key `ro` is not a key of `volumes`; "
    "keys here: type, source, target, read_only, volume, bind, tmpfs",
}


@pytest.mark.parametrize(("yaml", "expected"), IN_WEB.items(), ids=IN_WEB.keys())
def test_what_is_refused_in_a_backend(yaml: str, expected: str) -> None:
    text = topology_with(yaml)
    if yaml.startswith("image:"):
        text = text.replace("    image: nginx:1.27\n", "", 1)
    assert messages_of(read(text)) == [expected]


CONDITIONS = {
    "up": "unknown-value `condition` cannot be `up`; write started or healthy",
    "completed": "unknown-value `condition` cannot be `completed`: the containers of a backend run "
    "on; what runs once and ends is a job: write it under `before`",
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_what_a_backend_cannot_wait_for(condition: str) -> None:
    text = topology_with(f"depends_on: {{db: {{condition: {condition}}}}}")
    loaded = read(text.replace("backends:\n", "backends:\n  db: {image: db}\n"))
    assert messages_of(loaded) == [CONDITIONS[condition]]
    (found,) = loaded.diagnostics
    assert found.place.path == ("backends", "web", "depends_on", "db", "condition")


AT_THE_TOP = {
    # names
    "name: Shop": "bad-name `Shop` cannot be a name here; use a-z, 0-9, `-` and `_`, with a letter "
    "or digit at both ends: `shop`",
    "name: my shop": "bad-name `my shop` cannot be a name here; use a-z, 0-9, `-` and `_`, with a "
    "letter or digit at both ends: `my-shop`",
    "name: -a": "bad-name `-a` cannot be a name here; use a-z, 0-9, `-` and `_`, with a letter or "
    "digit at both ends: `a`",
    "name: ''": 'bad-name `""` cannot be a name here; use a-z, 0-9, `-` and `_`, with a letter '
    "or digit at both ends",
    f"name: {'a' * 49}": f"bad-name `{'a' * 49}` is longer than 48 characters",
    "name: [a]": "wrong-type `name` takes text, not a list; the topology's identity: part of "
    "every container's name",
    "name: a\nbackends: {Web: {image: a}}": "bad-name `Web` cannot be a name here; use a-z, 0-9, "
    "`-` and `_`, with a letter or digit at both ends: `web`",
    "name: a\nbackends: {'': {image: a}}": 'bad-name `""` cannot be a name here; use a-z, 0-9, '
    "`-` and `_`, with a letter or digit at both ends",
    "name: a\nbackends: {w: {image: a, port: 1}}\n"
    "frontends: {'a b': {bind: 1, default_backend: w}}": "bad-name HAProxy cannot have "
    "a section named `a b`; use letters, digits, `-`, `_` and `.`, starting with a letter or digit",
    # shape
    "{}": "missing-key `name` is required in a topology",
    "backends: {}": "missing-key `name` is required in a topology",
    "[]": "wrong-type the file must be a mapping, not a list; keys here: name, include, suspend, "
    "networks, volumes, secrets, configs, backends, frontends, stats, errors, haproxy",
    "shop": "wrong-type the file must be a mapping, not `shop`; keys here: name, include, "
    "suspend, networks, volumes, secrets, configs, backends, frontends, stats, errors, haproxy",
    "name: a\nbackends: []": "wrong-type `backends` must be a mapping, not a list; containers "
    "that HAProxy sends traffic to, by name",
    "name: a\nbackends: {w: }": "wrong-type `w` must be a mapping, not empty; `reconciler schema "
    "topology` lists its keys",
    "name: a\nbackends: {w: {}}": "missing-key backend `w` has neither an `image` nor `servers`; "
    "add `image:` for containers, or `servers:` for what runs elsewhere",
    "name: a\nfrontends: {w: {bind: 1}}": "missing-key `default_backend` or `rules` is "
    "required in a frontend",
    "name: a\nbackend: {}": "unknown-key `backend` is not a key of a topology; did you mean "
    "`backends`?",
    "name: a\nzzz: 1": "unknown-key `zzz` is not a key of a topology; keys here: name, include, "
    "suspend, networks, volumes, secrets, configs, backends, frontends, stats, errors, haproxy",
    "name: a\nnetworks: {n: {drivers: x}}": "unknown-key `drivers` is not a key of a network; did "
    "you mean `driver`?",
    "name: a\nhaproxy: {timeouts: {conect: 1s}}": "unknown-key `conect` is not a key of "
    "`timeouts`; did you mean `connect`?",
    # subnets
    "name: a\nnetworks: {n: {subnet: 172.30.7.1/24}}": "bad-value `172.30.7.1/24` is not a subnet "
    "of IPv4; write its first address and its length: `172.30.7.0/24`",
    "name: a\nnetworks: {n: {subnet: 'fd00::/64'}}": "bad-value `fd00::/64` is not a subnet of "
    "IPv4; write its first address and its length: `172.30.7.0/24`",
    "name: a\nnetworks: {n: {subnet: 10.0.0.0/7}}": "bad-value `10.0.0.0/7` is too large for a "
    "network of containers; choose one between /8 and /28",
    "name: a\nnetworks: {n: {subnet: 10.0.0.0/29}}": "bad-value `10.0.0.0/29` is too small for "
    "a network of containers; choose one between /8 and /28",
    "name: a\nnetworks: {n: {subnet: 10.0.0.0/24, external: true}}": "bad-value an external "
    "network has its `subnet` already; leave it out, or let this tool make the network",
    # stats
    "name: a\nstats: 0": "out-of-range `port` is `0`, and must be at least 1",
    "name: a\nstats: {auth: a}": "bad-value `auth` needs a user and a password; write "
    '"user:password", best as `"admin:${STATS_PASSWORD}"`',
    "name: a\nstats: {auth: {}}": "bad-value `auth` needs at least one user and password; write "
    '"user:password"',
    "name: a\nstats: {auth: {a: ''}}": "bad-value the password is empty",
    "name: a\nstats: {auth: {'a b': c}}": "bad-value a user's name takes letters, digits and "
    "`_.@+-`",
    'name: a\nstats: {auth: {a: "b\\nc"}}': "bad-value a line break cannot stand in this value",
    "name: a\nstats: {bind: localhost}": "bad-value `localhost` is not an IP address; a published "
    "port needs an address of the host, not a name",
    "name: a\nstats: {uri: /metrics}": "bad-value `/metrics` is where Prometheus asks; give the "
    "page another path",
    "name: a\nstats: {auth: 'a:b', admin: [a, c]}": "bad-value nobody in `auth` has this name; "
    "add the user and a password there",
    "name: a\nstats: {refresh: 100ms}": "out-of-range `refresh` is `100ms`, and must be at "
    "least 1s",
    # haproxy
    "name: a\nhaproxy: {timeouts: {client: 0}}": "out-of-range `client` is `0`, and must be at "
    "least 1ms",
    "name: a\nhaproxy: {timeouts: {client: 10us}}": "out-of-range `client` is `10us`, and must be "
    "at least 1ms",
    "name: a\nhaproxy: {hard_stop_after: 0s}": "out-of-range `hard_stop_after` is `0s`, and must "
    "be at least 1s",
    "name: a\nhaproxy: {maxconn: 10000001}": "out-of-range `maxconn` is `10000001`, and must be at "
    "most 10,000,000",
    "name: a\nhaproxy: {raw: {global: 'acme le'}}": "bad-value `acme` would start a section of its "
    "own; let an ACME client write certificates into files, as docs/certificates.md tells",
    "name: a\nhaproxy: {raw: {global: 'frontend x'}}": "bad-value `frontend` would start a section "
    "of its own; raw lines stay within the section they are written for",
    "name: a\nhaproxy: {raw: {global: '\"front\"end x'}}": 'bad-value `"front"end` would start a '
    "section of its own; raw lines stay within the section they are written for",
    'name: a\nhaproxy: {raw: {global: ["a\\nb"]}}': "bad-value a line break cannot stand in this "
    "value",
    'name: a\nhaproxy: {raw: {global: "a\\x01"}}': "bad-value a control character cannot stand in "
    "this value",
    "name: a\nhaproxy: {raw: {global: 5}}": "wrong-type raw lines are a block of text or a list of "
    "strings",
}


@pytest.mark.parametrize(("text", "expected"), AT_THE_TOP.items(), ids=AT_THE_TOP.keys())
def test_what_is_refused_elsewhere(text: str, expected: str) -> None:
    assert messages_of(read(text)) == [expected]


NO_ADDRESS = '`{}` is not an address and a port; write `80`, `"127.0.0.1:8080"` or `"[::1]:8080"`'
BAD_BINDS = {
    "bind: 0": "out-of-range a port is a number from 1 to 65535, not `0`",
    "bind: 65536": "out-of-range a port is a number from 1 to 65535, not `65536`",
    "bind: -1": "bad-value " + NO_ADDRESS.format("-1"),
    "bind: http": "bad-value " + NO_ADDRESS.format("http"),
    "bind: 80-90-99": "bad-value " + NO_ADDRESS.format("80-90-99"),
    "bind: 80.0": "bad-value " + NO_ADDRESS.format("80.0"),
    "bind: '²'": "bad-value " + NO_ADDRESS.format("²"),
    "bind: true": "wrong-type a port or an address and a port is needed here; write `80`, "
    '`"127.0.0.1:8080"` or `"[::1]:8080"`',
    "bind: localhost:80": "bad-value `localhost` is not an IP address; a published port needs an "
    "address of the host, not a name",
    "bind: 'fe80::1%eth0:80'": "bad-value `fe80::1%eth0` is not an IP address; a published port "
    "needs an address of the host, not a name",
    "bind: 256.0.0.1:80": "bad-value `256.0.0.1` is not an IP address; a published port needs an "
    "address of the host, not a name",
    "bind: []": "bad-value `bind` needs at least one item",
    "bind: {address: 127.0.0.1}": (
        "missing-key `port` is required in a bind; or `socket`, for a Unix socket"
    ),
    "bind: {socket: /run/shop/a, port: 80}": (
        "bad-value a socket has no `port`; make it two binds"
    ),
    "bind: {port: 80, mode: 660}": "bad-value `mode` is for a `socket`; leave it out",
    "bind: unix@run/a": (
        "bad-value `unix@run/a` is not the path of a socket; "
        "write the absolute path of a file in a directory for it, like `/run/shop/www.sock`"
    ),
    "bind: unix@/a": (
        "bad-value `unix@/a` is not the path of a socket; "
        "write the absolute path of a file in a directory for it, like `/run/shop/www.sock`"
    ),
    "bind: 'unix@/run/a b'": (
        "bad-value `unix@/run/a b` cannot be the path of a socket; "
        "use letters, digits, `_`, `.` and `-`"
    ),
    "bind: {port: 80, interface: 'a b'}": (
        "bad-value `a b` is not the name of an interface; write it as `ip link` shows it: `eth0`"
    ),
    "bind: {port: 80, interface: eth0}": (
        "bad-value HAProxy has no interface `eth0`: it has a network of its own; publish on an "
        "`address` of the host, or use `haproxy: {network: host}`"
    ),
    "bind: {socket: /run/a/a, interface: lo}": (
        "bad-value a socket has no interface; leave it out"
    ),
    "bind: {socket: /run/shop/a, mode: 9}": (
        "bad-value `9` is not a mode; write it in octal, like `1777` or `0755`"
    ),
    "bind: {socket: /run/shop/a, tls: {certificates: a.pem, http3: true}}": (
        "bad-value a socket has no HTTP/3; leave it out"
    ),
    "bind: [unix@/run/shop/a, {socket: /run/shop/../shop/a}]": (
        "bind-conflict frontend `www` listens on `/run/shop/a`, where it listens already; "
        "one of them needs another socket"
    ),
    "bind: 8010-8000": "bad-value `8010-8000` ends before it begins; write `8000-8010`",
    "bind: 60000-70000": "out-of-range a port is a number from 1 to 65535, not `70000`",
    "bind: '127.0.0.1:80-x'": (
        "bad-value `127.0.0.1:80-x` is not an address and a port; "
        'write `80`, `"127.0.0.1:8080"` or `"[::1]:8080"`'
    ),
    "bind: {port: 8000:8010}": (
        "bad-value `8000:8010` is neither a port nor a range of ports; write `80` or `8000-8010`"
    ),
    "bind: 1-2000": (
        "out-of-range these are 2,000 ports, and Docker publishes each by itself: more than 1,000 "
        "take too long; use `haproxy: {network: host}`, or fewer ports"
    ),
    "bind: {prt: 80, port: 80}": "unknown-key `prt` is not a key of `bind`; did you mean `port`?",
}


@pytest.mark.parametrize(("yaml", "expected"), BAD_BINDS.items(), ids=BAD_BINDS.keys())
def test_binds_that_are_refused(yaml: str, expected: str) -> None:
    assert messages_of(read(topology_with(frontend=yaml))) == [expected]


def test_a_socket() -> None:
    binds = "[unix@/run/shop/a, {socket: /run/shop/b, mode: 0660}]"
    found = good(topology_with(frontend=f"bind: {binds}")).frontends["www"].bind
    assert [(b.socket, b.mode, len(b.ports)) for b in found] == [
        ("/run/shop/a", None, 0),
        ("/run/shop/b", "660", 0),
    ]
