"""`reconciler init`."""

from __future__ import annotations

from pathlib import Path

import click

from reconciler.cli.exit_codes import DONE, FAILED
from reconciler.cli.terminal import show
from reconciler.files.inputs import DEFAULT_FILE

STARTER = """\
# A topology: containers, and the HAProxy in front of them.
#   reconciler plan       what would change
#   reconciler apply      make it so
#   reconciler status     how it is now
#   reconciler destroy    remove it all
#
# For completion and help in your editor, run `reconciler schema > topology.v1.json`, and make this
# the first line of the file:
#   yaml-language-server: $schema=topology.v1.json

name: {name}                   # part of every container's name

networks:
  front: {{}}                   # a bridge network of this topology's own

backends:
  web:
    image: jmalloc/echo-server:latest
    replicas: 3
    port: 8080                # the port the containers listen on
    networks: [front]
    # check: /healthz         # ask over HTTP instead of only connecting
    # env:
    #   LOG_LEVEL: info
    #   TOKEN: ${{TOKEN}}         # from the environment or --env-file; never shown
    # resources: {{cpus: 0.5, memory: 128m}}

frontends:
  www:
    bind: 8080                # published on the host
    default_backend: web

stats:
  port: 8404                  # http://127.0.0.1:8404/, metrics at /metrics
  refresh: 10s

haproxy:
  image: haproxytech/haproxy-alpine:3.2
  # timeouts: {{client: 1m, server: 1m}}
"""


@click.command(
    "init",
    epilog="""\b
Examples:
  reconciler init
  reconciler init shop && reconciler apply shop/topology.yaml
""",
)
@click.argument("directory", default=".")
def command(directory: str) -> int:
    """Write a commented topology file to start from. An existing file is left as it is."""
    path = Path(directory) / DEFAULT_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER.format(name=topology_name(path)))
    except FileExistsError:
        show(f"{path} exists already and was left as it is", err=True)
        return FAILED
    except OSError as error:
        show(f"{path} cannot be written: {error.strerror}", err=True)
        return FAILED
    show(f"wrote {path}")
    show(f"next: reconciler apply{'' if directory == '.' else f' {path}'}")
    return DONE


def topology_name(path: Path) -> str:
    """The directory's name as far as it can be a topology's, else `demo`."""
    words = "".join(c if c.isascii() and c.isalnum() else "-" for c in path.resolve().parent.name)
    return words.lower().strip("-")[:24].strip("-") or "demo"
