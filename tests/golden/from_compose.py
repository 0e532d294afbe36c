"""`docs/from-compose.md`: what a key of a Compose file is in a topology file. Write it anew with

    .venv/bin/python -m tests.golden.from_compose

Keys that are the same and keys that are others come from the models, as the errors say them.
"""

from __future__ import annotations

from reconciler.topology.model import Backend
from reconciler.topology.model.anatomy import key
from reconciler.topology.wording.compose_keys import hint_for
from tests.arch.source_tree import ROOT
from tests.unit.topology.test_hints import COMPOSE

PAGE = ROOT / "docs" / "from-compose.md"
OWN = {key(name, field) for name, field in Backend.model_fields.items()}
_HEAD = """\
# From Compose to a topology file

Made by `python -m tests.golden.from_compose`; do not edit it.

A service is a backend, and what publishes its port is a frontend: containers have no port of the
host, so that there can be two while one follows the other.

```text
services:                            name: shop
  web:                               backends:
    image: shop/web:1.4                web:
    deploy: {replicas: 2}                image: shop/web:1.4
    ports: ["80:8080"]                   replicas: 2
    environment: {LEVEL: info}           port: 8080
    depends_on: [db]                     env: {LEVEL: info}
  db:                                    depends_on: [db]
    image: postgres:17                 db:
    volumes: ["data:/var/lib/data"]      image: postgres:17
volumes:                                 volumes: ["data:/var/lib/data"]
  data: {}                           volumes: {data: null}
                                     frontends:
                                       www: {bind: 80, default_backend: web}
```

- **Variables** are Compose's: `${NAME:-default}`, `${NAME:?message}`, `--env-file`. A file `.env`
  is not read by itself.
- **Volumes** of a Compose project are called `project_name`. To go on with the data of one, name
  it: `volumes: {data: {name: project_data, external: true}}`.
- **Several files** are `--overlay`, with `!reset` and `!override`; `include`, `profiles`, `x-` keys
  and anchors are as in Compose ([environments.md](environments.md)).
- **Commands**: `docker compose up` is `reconciler apply`, `down` is `destroy`, `ps` is `status`,
  `config` is `render --topology`; `--scale web=5` is `reconciler scale web=5`, which writes it into
  the file.
- **Side by side**: a topology and a Compose project may share an `external` network while services
  move one by one. What each has made, the other leaves alone.

"""


def page() -> str:
    same = sorted(OWN.intersection(COMPOSE))
    others = [(name, hint_for(name, Backend)) for name in sorted(set(COMPOSE) - OWN)]
    return "\n".join(
        [
            _HEAD + "## Keys that are the same",
            "",
            f"{', '.join(f'`{name}`' for name in same)}.",
            "",
            "## Keys that are others",
            "",
            "| in Compose | here |",
            "| --- | --- |",
            *(f"| `{name}` | {hint} |" for name, hint in others),
            "",
        ]
    )


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
