"""Rules between fields: each broken in the smallest way, and at the right place."""

from __future__ import annotations

import pytest

from reconciler.diagnostics.diagnostic import Severity
from reconciler.topology.load import load_topology
from reconciler.topology.networks import proxy_networks
from tests.unit.topology.loading import good, read, told, topology_with

STOP_FIRST = "\nrollout: {order: stop-first}"
FIXED = "networks: {default: {subnet: 172.30.7.0/24}}"
TWO = """\
name: shop
networks: {front: {}, back: {}}
backends:
  web: {image: a, port: 80, networks: front}
  api: {image: a, port: 81, networks: back}
frontends:
  www: {bind: 80, default_backend: web}
  adm: {bind: 81, default_backend: api}
"""
HOST = (
    "name: a\n"
    "networks: {back: {subnet: 172.30.7.0/24}}\n"
    "backends: {w: {image: a, port: 1, networks: back}}\n"
    "frontends: {www: {bind: 80, default_backend: w}}\n"
    "haproxy: {network: host}\n"
)

BROKEN = {
    "two tables of one name": (
        "name: a\nbackends: {web: {image: a, port: 1, sticky: source}}\n"
        "frontends: {web: {bind: 80, rate_limit: 5/1s, default_backend: web}}\n",
        [
            "bad-name 3:29 HAProxy cannot keep both this limit and who comes back to backend `web` "
            "under one name; give the frontend another name"
        ],
    ),
    "unknown backend, a typo": (
        "name: a\nbackends: {web: {image: a, port: 1}}\n"
        "frontends:\n  www:\n    bind: 80\n    default_backend: wbe\n",
        [
            "unknown-backend 6:22 frontend `www` sends traffic to a backend that does not exist; "
            "did you mean `web`?"
        ],
    ),
    "unknown backend": (
        "name: a\nbackends: {web: {image: a}, api: {image: a}}\n"
        "frontends: {www: {bind: 80, default_backend: other}}\n",
        [
            "unknown-backend 3:46 frontend `www` sends traffic to a backend that does not exist; "
            "backends here: web, api"
        ],
    ),
    "unknown backend, and there is none": (
        "name: a\nfrontends: {www: {bind: 80, default_backend: web}}\n",
        [
            "unknown-backend 2:46 frontend `www` sends traffic to a backend that does not exist; "
            "backends here: none"
        ],
    ),
    "unknown network": (
        topology_with("networks: [default, frnt]", rest="networks: {front: {}}"),
        [
            "unknown-network 6:25 network `frnt` is not defined; did you mean `front`?",
            "unused-network 11:12 nothing joins network `front`",
        ],
    ),
    "unused volume, and names": (
        topology_with(
            "volumes: ['a:/a', 'b:/b', 'c:/c']",
            rest="volumes: {a: {}, b: {name: x-a}, "
            "c: {name: y-haproxy.run}, d: {labels: {io.haproxy-reconciler.x: 1}}, "
            "e: {name: x-a}}",
        ),
        [
            "bad-name 11:44 names that end in `-haproxy.run` are this tool's own; give the volume "
            "another name",
            "unused-volume 11:60 nothing mounts volume `d`",
            "bad-name 11:73 labels that start with `io.haproxy-reconciler.` are this tool's own; give "
            "the label another name",
            "bad-name 11:103 volumes `b` and `e` are both `x-a` in Docker; declare it once, and mount "
            "it by that name",
            "unused-volume 11:103 nothing mounts volume `e`",
        ],
    ),
    "unknown network, one for a list": (
        topology_with("networks: other"),
        ["unknown-network 6:15 network `other` is not defined; networks defined here: none"],
    ),
    "unknown network of HAProxy": (
        topology_with(rest="haproxy: {networks: [default, x]}"),
        ["unknown-network 10:31 network `x` is not defined; networks defined here: none"],
    ),
    "missing port": (
        "name: a\nbackends:\n  web: {image: a}\n"
        "frontends: {www: {bind: 80, default_backend: web}}\n",
        [
            "missing-port 3:3 backend `web` gets traffic and says no port; add `port:`, the port its "
            "containers listen on"
        ],
    ),
    "one port twice": (
        TWO.replace("bind: 81", "bind: 80"),
        [
            "bind-conflict 8:15 frontend `adm` listens on `:80`, where frontend `www` listens "
            "already; one of them needs another port or address"
        ],
    ),
    "one port on all addresses and on one": (
        TWO.replace("bind: 81", "bind: [82, '127.0.0.1:80']"),
        [
            "bind-conflict 8:20 frontend `adm` listens on `127.0.0.1:80`, where frontend `www` "
            "listens already; one of them needs another port or address"
        ],
    ),
    "a port of a range": (
        TWO.replace("bind: 81", "bind: [82, '127.0.0.1:70-90']"),
        [
            "bind-conflict 8:20 frontend `adm` listens on `127.0.0.1:70-90`, where frontend `www` "
            "listens already; one of them needs another port or address"
        ],
    ),
    "a port alone and an address, on the host's network": (
        HOST.replace("bind: 80", "bind: [80, '[::]:80', '127.0.0.1:80']"),
        [
            "bind-conflict 4:41 frontend `www` listens on `127.0.0.1:80`, where it listens already; "
            "one of them needs another port or address"
        ],
    ),
    "two ways to write one address": (
        TWO.replace("bind: 81", "bind: '[0:0::1]:80'").replace("bind: 80,", "bind: '[::1]:80',"),
        [
            "bind-conflict 8:15 frontend `adm` listens on `[0:0::1]:80`, where frontend `www` "
            "listens already; one of them needs another port or address"
        ],
    ),
    "one frontend twice": (
        TWO.replace("bind: 81", "bind: [81, '0.0.0.0:81']"),
        [
            "bind-conflict 8:20 frontend `adm` listens on `0.0.0.0:81`, where it listens already; "
            "one of them needs another port or address"
        ],
    ),
    "stats and a frontend": (
        TWO + "stats:\n  port: 81\n",
        [
            "bind-conflict 10:9 `stats` listens on `127.0.0.1:81`, where frontend `adm` listens "
            "already; one of them needs another port or address"
        ],
    ),
    "stats in short and a frontend": (
        TWO + "stats: 81\n",
        [
            "bind-conflict 9:8 `stats` listens on `127.0.0.1:81`, where frontend `adm` listens "
            "already; one of them needs another port or address"
        ],
    ),
    "a port of the host for several containers": (
        topology_with("ports: [8080:80]\nreplicas: 2"),
        [
            "published-port 6:13 one container can have port 8080 of the host, and `web` has 2; let "
            "Docker choose the host's port, or a frontend take the traffic for all"
        ],
    ),
    "a port of the host for an old and a new container": (
        topology_with("ports: [81, 8080:80]"),
        [
            "published-port 6:17 a new container of `web` cannot start beside the old one, which has "
            "port 8080 of the host; add `rollout: {order: stop-first}`: for a moment none runs when "
            "it is replaced"
        ],
    ),
    "a port of the host on an internal network": (
        topology_with("ports: 81\nnetworks: inside", rest="networks: {inside: {internal: true}}"),
        [
            "published-port 6:5 Docker publishes no port of `web`, which is on internal networks "
            "only; let it join another network as well"
        ],
    ),
    "an address for several containers": (
        topology_with("networks: {default: {ipv4_address: 172.30.7.200}}\nreplicas: 2", rest=FIXED),
        [
            "fixed-address 6:40 one container can have address 172.30.7.200, and `web` has 2; let "
            "Docker choose, and leave `ipv4_address` out"
        ],
    ),
    "an address for an old and a new container": (
        topology_with("mac_address: 02:42:ac:1e:07:0a"),
        [
            "fixed-address 6:18 a new container of `web` cannot start beside the old one, which has "
            "address 02:42:ac:1e:07:0a; add `rollout: {order: stop-first}`: for a moment none runs "
            "when it is replaced"
        ],
    ),
    "an address on a network without a subnet": (
        topology_with("networks: {default: {ipv4_address: 172.30.7.200}}" + STOP_FIRST),
        [
            "fixed-address 6:40 network `default` says no `subnet`, and Docker gives nobody a fixed "
            "address there; give `default` one that has it, like `172.30.7.0/24`"
        ],
    ),
    "an address out of the subnet": (
        topology_with(
            "networks: [{network: default, ipv4_address: 172.30.8.1}]" + STOP_FIRST, rest=FIXED
        ),
        [
            "fixed-address 6:49 172.30.8.1 is not in `172.30.7.0/24`, the subnet of `default`; write "
            "one from 172.30.7.128 to 172.30.7.254"
        ],
    ),
    "the host's address": (
        topology_with("networks: {default: {ipv4_address: 172.30.7.1}}" + STOP_FIRST, rest=FIXED),
        [
            "fixed-address 6:40 172.30.7.1 is the host's on `default`; write one from 172.30.7.128 to "
            "172.30.7.254"
        ],
    ),
    "the address for broadcasts": (
        topology_with("networks: {default: {ipv4_address: 172.30.7.255}}" + STOP_FIRST, rest=FIXED),
        [
            "fixed-address 6:40 172.30.7.255 is the network's address for broadcasts on `default`; "
            "write one from 172.30.7.128 to 172.30.7.254"
        ],
    ),
    "an address that Docker may give to another": (
        topology_with("networks: {default: {ipv4_address: 172.30.7.127}}" + STOP_FIRST, rest=FIXED),
        [
            "fixed-address 6:40 Docker may give 172.30.7.127 to another container on `default` first; "
            "one from 172.30.7.128 on it gives to nobody by itself"
        ],
    ),
    "an address of IPv6 on a network of IPv4": (
        topology_with("networks: {default: {ipv6_address: 'fd00::1'}}" + STOP_FIRST, rest=FIXED),
        [
            "fixed-address 6:40 network `default` has no addresses of IPv6; leave it out, or give the "
            "network `enable_ipv6: true` and a subnet in its `ipam`"
        ],
    ),
    "an address of two backends": (
        topology_with(
            "networks: {default: {ipv4_address: 172.30.7.200}}" + STOP_FIRST, rest=FIXED
        ).replace(
            "  web:",
            "  db: {image: x, networks: {default: {ipv4_address: 172.30.7.200}}, "
            "rollout: {order: stop-first}}\n  web:",
        ),
        [
            "fixed-address 7:40 address 172.30.7.200 on `default` is that of `db` already; choose "
            "another"
        ],
    ),
    "two addresses on one network": (
        topology_with(
            "networks: {default: {mac_address: 02:42:ac:1e:07:0a}}\n"
            "mac_address: 02:42:ac:1e:07:0b" + STOP_FIRST
        ),
        [
            "fixed-address 7:18 `web` has another `mac_address` on `default` already; leave one of "
            "them"
        ],
    ),
    "a port of the host that a frontend has": (
        topology_with("ports: ['127.0.0.1:80:80']\nrollout: {order: stop-first}"),
        [
            "bind-conflict 6:13 backend `web` listens on `127.0.0.1:80`, where frontend `www` "
            "listens already; one of them needs another port or address"
        ],
    ),
    "a port of the host that HTTP/3 has": (
        topology_with(
            "ports: '80:80/udp'\nrollout: {order: stop-first}",
            frontend="tls: {self_signed: true, http3: true}",
        ),
        [
            "bind-conflict 6:12 backend `web` listens on `:80`, where frontend `www` listens already; "
            "one of them needs another port or address"
        ],
    ),
    "a port of the host of two backends": (
        topology_with(
            "ports: ['53:53/udp', '53:53']\nrollout: {order: stop-first}", rest=""
        ).replace(
            "frontends:",
            "  dns:\n    image: dns\n    ports: 53:53/udp\n"
            "    rollout: {order: stop-first}\nfrontends:",
        ),
        [
            "bind-conflict 10:12 backend `dns` listens on `:53`, where backend `web` listens "
            "already; one of them needs another port or address"
        ],
    ),
    "modes of frontend and backend": (
        topology_with("mode: tcp", frontend="mode: http"),
        [
            "mode-mismatch 11:11 frontend `www` speaks http, its backend `web` tcp; give both the "
            "same mode, or leave the frontend's out"
        ],
    ),
    "a way to TLS that nobody speaks": (
        topology_with(frontend="redirect: https"),
        [
            "redirect-without-tls 10:15 frontend `www` sends clients to TLS, and no frontend speaks "
            "it; add a bind with `tls`: `{port: 443, tls: ./certs/shop.pem}`"
        ],
    ),
    "answers that count in TCP": (
        topology_with("mode: tcp\ncheck: {observe: layer7}"),
        [
            "mode-mismatch 7:22 backend `web` speaks tcp, and only of HTTP HAProxy knows what answers "
            "mean; use `observe: layer4`, or `mode: http`"
        ],
    ),
    "balance by URI of a TCP backend": (
        topology_with("mode: tcp\nbalance: uri"),
        [
            "mode-mismatch 7:14 backend `web` speaks tcp, which has no `uri` to balance by; use "
            "`roundrobin`, `leastconn` or `source`"
        ],
    ),
    "no way to a backend": (
        TWO + "haproxy: {networks: [front]}\n",
        [
            "unreachable-backend 5:39 HAProxy cannot reach backend `api`: they share no network; "
            "HAProxy is on `front`; `api` is on `back`"
        ],
    ),
    "networks on the host": (
        HOST.replace("network: host", "network: host, networks: [back]"),
        [
            "host-network 5:36 HAProxy on the host's network joins no other; leave `networks` out: "
            "the host reaches every bridge"
        ],
    ),
    "no fixed addresses on the host": (
        HOST.replace("subnet: 172.30.7.0/24", ""),
        [
            "no-subnet 3:12 on the host's network HAProxy knows no container names, and `w` has no "
            "network with fixed addresses; put it on a network that says its `subnet`, like "
            "`172.30.7.0/24`"
        ],
    ),
    "too few fixed addresses": (
        HOST.replace("/24", "/28").replace("port: 1", "port: 1, replicas: 4"),
        [
            "subnet-too-small 2:27 the containers on `back` need 8 addresses, and it has 7; choose a "
            "larger one: half of it is for these, and new ones come up beside old"
        ],
    ),
    "subnets in one another": (
        HOST.replace("back: {", "all: {subnet: 172.16.0.0/12}, back: {").replace(
            "networks: back", "networks: [back, all]"
        ),
        ["subnet-overlap 2:57 networks `all` and `back` overlap; give each a subnet of its own"],
    ),
    "a name that is too long": (
        f"name: {'s' * 24}\nbackends:\n  {'b' * 24}: {{image: a}}\n",
        [
            f"name-too-long 3:3 containers of `{'b' * 24}` would get names of 64 characters, and DNS "
            f"takes 63; shorten `{'b' * 24}` or the topology's name by 1"
        ],
    ),
    "a frontend named stats beside the page": (
        "name: a\nbackends: {w: {image: a, port: 1}}\nstats: {}\n"
        "frontends:\n  stats: {bind: 80, default_backend: w}\n",
        [
            "bad-name 5:3 a frontend cannot be named `stats` beside the stats page; give it another "
            "name"
        ],
    ),
    "a label of the tool's own": (
        topology_with("labels:\n  io.haproxy-reconciler.slot: '1'"),
        [
            "bad-name 7:7 labels that start with `io.haproxy-reconciler.` are this tool's own; give "
            "the label another name"
        ],
    ),
    "two mounts on one path": (
        topology_with("volumes: ['a:/x', 'b:/x/y/../']"),
        ["same-target 6:23 two mounts of `web` on `/x/y/../`"],
    ),
    "a secret that does not exist": (
        "name: a\nsecrets: {token: {file: x}}\nbackends:\n  web: {image: a, secrets: [tokne]}\n",
        ["unknown-secret 4:29 secret `tokne` is not defined; did you mean `token`?"],
    ),
    "a config that does not exist": (
        topology_with("configs: {source: app}"),
        ["unknown-config 6:23 config `app` is not defined; configs defined here: none"],
    ),
    "a config where nothing can be written": (
        topology_with("configs: app\nread_only: true") + "configs: {app: {file: x}}\n",
        [
            "no-place-for-file 6:14 `app` of `web` cannot be put there: the root is read-only; "
            "give it a `target` in a directory of its own"
        ],
    ),
    "a key for containers where there are none": (
        "name: a\nbackends:\n  db: {servers: 'db:1', replicas: 2, balance: first}\n",
        [
            "no-containers 3:25 `replicas` is for containers, and backend `db` has none; take it out, "
            "or add an `image`"
        ],
    ),
    "containers of a backend that does not exist": (
        "name: a\nbackends:\n  web: {image: a}\n  live: {containers_of: wbe, port: 9}\n",
        [
            "unknown-backend 4:25 backend `live` is for containers of one that does not exist; did "
            "you mean `web`?"
        ],
    ),
    "containers of a backend that has none": (
        "name: a\nbackends:\n  db: {servers: 'db:1'}\n  live: {containers_of: db, port: 9}\n",
        ["no-containers 4:25 `db` has no containers of its own; name one that has an `image`"],
    ),
    "containers of a backend that has another's": (
        "name: a\nbackends:\n  web: {image: a}\n  b: {containers_of: web, port: 9}\n"
        "  c: {containers_of: b, port: 9}\n",
        [
            "no-containers 5:22 `b` has no containers of its own; its containers are those of `web`: "
            "name that one"
        ],
    ),
    "protection that is left empty": (
        "name: a\nbackends: {web: {image: a, port: 80}}\nfrontends:\n  f:\n    bind: 80\n"
        "    rate_limit:\n    rules: [{path: /a, jwt: , backend: web}]\n    default_backend: web\n",
        [
            "bad-value 6:5 `rate_limit` is empty, and would keep nobody out; say what it shall be, or "
            "take it out",
            "bad-value 7:24 `jwt` is empty, and would keep nobody out; say what it shall be, or take "
            "it out",
        ],
    ),
    "containers of itself": (
        "name: a\nbackends:\n  b: {containers_of: b, port: 9}\n",
        ["no-containers 3:22 `b` has no containers of its own; name one that has an `image`"],
    ),
    "containers of its own and of another": (
        "name: a\nbackends:\n  web: {image: a}\n  b: {image: b, containers_of: web, port: 9}\n",
        [
            "bad-value 4:17 backend `b` has an `image` of its own; take one out: `image` is for "
            "containers of its own, `containers_of` for another's"
        ],
    ),
    "keys of containers that another backend describes": (
        "name: a\nbackends:\n  web: {image: a}\n  b: {containers_of: web, port: 9, env: {A: b}}\n",
        [
            "no-containers 4:36 `env` is for containers, and those of `b` are `web`'s; take it out, "
            "or write it there: `backends.web`"
        ],
    ),
    "containers of another without a port": (
        "name: a\nbackends:\n  web: {image: a}\n  b: {containers_of: web}\n"
        "frontends:\n  f: {bind: 80, default_backend: b}\n",
        [
            "missing-port 4:3 backend `b` gets traffic and says no port; add `port:`, the port its "
            "containers listen on"
        ],
    ),
    "a dependency that does not exist": (
        "name: a\nbackends:\n  api: {image: a, depends_on: [dbs]}\n  db: {image: a}\n",
        [
            "unknown-backend 3:32 backend `api` waits for one that does not exist; did you mean "
            "`db`?"
        ],
    ),
    "a dependency without containers": (
        "name: a\nbackends:\n  api: {image: a, depends_on: db}\n  db: {servers: 'db:1'}\n",
        [
            "no-containers 3:31 `api` cannot wait for `db`, which has no containers; take it out: "
            "HAProxy alone sees whether servers elsewhere are up"
        ],
    ),
    "a dependency that has another's containers": (
        "name: a\nbackends:\n  api: {image: a, depends_on: live}\n  db: {image: a}\n"
        "  live: {containers_of: db, port: 9}\n",
        [
            "no-containers 3:31 `api` cannot wait for `live`, which has no containers of its own; "
            "wait for the one that has them: `db`"
        ],
    ),
    "backends that wait for one another": (
        "name: a\nbackends:\n  web: {image: a, depends_on: [db, api]}\n"
        "  api: {image: a, depends_on: {db: , web: }}\n  db: {image: a}\n",
        [
            "circular-dependency 3:36 `web` waits for itself: web → api → web; take one of them out: "
            "nobody would ever start"
        ],
    ),
    "a backend that waits for itself": (
        "name: a\nbackends:\n  web: {image: a, depends_on: web}\n",
        [
            "circular-dependency 3:31 `web` waits for itself; take one of them out: nobody would ever "
            "start"
        ],
    ),
    "two jobs of one name": (
        "name: a\nbackends:\n"
        "  web: {image: a, before: [{name: m, command: x}, {name: m, command: y}]}\n",
        ["same-job 3:58 two jobs of `web` are called `m`; give one of them another `name`"],
    ),
    "a server without a port": (
        "name: a\nbackends:\n  db: {servers: {address: db}}\n",
        [
            "missing-port 3:17 a server of `db` says no port, and neither does the backend; add "
            "`port:` to it, or to the backend for all of them"
        ],
    ),
    "one server twice": (
        "name: a\nbackends:\n  db: {servers: ['db:1', {address: db, port: 1}]}\n",
        ["same-server 3:26 two servers of `db` are called `db:1`; give one of them another `name`"],
    ),
    "a server that is called as a container": (
        "name: a\nbackends:\n  db: {servers: {name: db-1, address: db, port: 1}}\n",
        [
            "bad-name 3:24 `db-1` is what a container of `db` is called in HAProxy; give the server "
            "another name"
        ],
    ),
    "a rule after one for all": (
        topology_with(frontend="rules: [{deny: true}, {path: /a, backend: web}]"),
        [
            "unreachable-rule 10:13 no request gets past this rule of frontend `www`, which matches "
            "all; put it last, or say what it matches"
        ],
    ),
    "a value that stands for itself": (
        topology_with(frontend="rules: [{path_prefix: /api/*, backend: web}]"),
        [
            "never-meant 10:27 `/api/*` stands for itself here, character by character; "
            "`path_prefix: /api` matches all below it, and `path_regex` takes a regular expression"
        ],
    ),
    "a network that nothing joins": (
        topology_with(rest="networks: {other: {}}"),
        ["unused-network 10:12 nothing joins network `other`"],
    ),
    "stats for everyone": (
        topology_with(rest="stats: {bind: 0.0.0.0}"),
        [
            "public-stats 10:15 anyone who reaches `0.0.0.0` can read the stats page; add "
            '`auth: "user:${STATS_PASSWORD}"`, or bind to 127.0.0.1'
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_broken_rules(text: str, expected: list[str]) -> None:
    loaded = read(text)
    assert told(loaded) == expected
    only_warnings = all(d.severity is Severity.WARNING for d in loaded.diagnostics)
    assert (loaded.topology is not None) == only_warnings


SOUND = {
    "both families on the host's network": HOST.replace("bind: 80", "bind: [80, '[::]:80']"),
    "two frontends of one backend": topology_with(rest="").replace(
        "frontends:\n", "frontends:\n  adm: {bind: 81, default_backend: web}\n"
    ),
    "a backend without traffic needs no port": "name: a\nbackends: {job: {image: a}}\n",
    "one port on two addresses": TWO.replace("bind: 80,", "bind: 127.0.0.1:80,").replace(
        "bind: 81", "bind: 127.0.0.2:80"
    ),
    "stats with a password": topology_with(rest="stats: {bind: 0.0.0.0, auth: 'a:b'}"),
    "stats on the loopback of IPv6": topology_with(rest="stats: {bind: '::1'}"),
    "a network that only HAProxy joins": topology_with(
        rest="networks: {out: {}}\nhaproxy: {networks: [default, out]}"
    ),
    "the longest names": f"name: {'s' * 23}\nbackends: {{{'b' * 24}: {{image: a}}}}\n",
    "frontend stats without the page": topology_with().replace("  www:", "  stats:"),
    "a frontend and a backend of one name": topology_with().replace("  www:", "  web:"),
    "only a name": "name: a\n",
    "on the host's network": HOST,
    "beside it, a backend without traffic needs no subnet": HOST.replace(
        "backends: {", "backends: {job: {image: a}, "
    ),
    "only statistics of the host": "name: a\nstats: {}\nhaproxy: {network: host}\n",
}


@pytest.mark.parametrize("text", SOUND.values(), ids=SOUND.keys())
def test_sound_topologies(text: str) -> None:
    good(text)


NETWORKS = {
    "those of the served backends": (TWO, ("front", "back")),
    "those it is told": (TWO + "haproxy: {networks: [back, front]}\n", ("back", "front")),
    "only those of served ones": (
        TWO.replace("  adm: {bind: 81, default_backend: api}\n", ""),
        ("front",),
    ),
    "with no frontends, all": ("name: a\nbackends: {w: {image: a}}\nstats: {}\n", ("default",)),
    "none on the host's": (HOST, ()),
    "one with a way out beside internal ones": (
        topology_with("networks: i", rest="networks: {i: {internal: true}}"),
        ("i", "default"),
    ),
}


@pytest.mark.parametrize(("text", "expected"), NETWORKS.values(), ids=NETWORKS.keys())
def test_networks_that_haproxy_joins(text: str, expected: tuple[str, ...]) -> None:
    topology = load_topology(text.encode(), "f", {}).topology
    assert topology is not None
    assert proxy_networks(topology) == expected
