"""The golden topologies and what HAProxy gets for them. Write the expected files anew with

    .venv/bin/python -m tests.golden.rendering

and read the difference before you commit it: it is what users' proxies will load.
"""

from __future__ import annotations

from pathlib import Path

from reconciler.desired.compile import compile_topology
from reconciler.haproxy.config import Config
from reconciler.topology.load import Loaded, load_topology
from reconciler.topology.references import Contents

DIRECTORY = Path(__file__).parent / "configs"
TOPOLOGIES = sorted(DIRECTORY.glob("*.yaml"))
VARIABLES = {
    "IMAGE": "registry.example.com/secret-image:1",
    "PORT": "8123",
    "CHECK": "/secret-check",
    "TOKEN": "secret-token",
    "WEIGHT": "77",
    "BIND": "8456",
    "CLIENT": "17s",
}


CONTENTS = Contents(
    {
        "./certs/shop.pem": b"a certificate and its key",
        "./certs/api.crt": b"another one",
        "./certs/api.crt.ocsp": b"what its authority says of it",
        "./lists/proxies.txt": b"192.0.2.128/25\n",
        "./lists/office.txt": b"# the office\n192.0.2.0/24\n2001:db8:1::1  # its router\n",
    },
    {"./certs/more/": (("./certs/more/a.pem", None), ("./certs/more/b.crt", "./certs/more/b.key"))},
)
"""Of files; the others are empty."""


def load(path: Path) -> Loaded:
    return load_topology(path.read_bytes(), path.name, VARIABLES)


def render(path: Path) -> Config:
    loaded = load(path)
    assert loaded.topology is not None, loaded.diagnostics
    config = compile_topology(loaded.topology, "/srv/shop", loaded.sensitive, CONTENTS).config()
    assert config is not None
    return config


if __name__ == "__main__":
    for topology in TOPOLOGIES:
        topology.with_suffix(".cfg").write_text(render(topology).text, encoding="utf-8")
