"""Secrets and configs: in a container before it starts, and still there when it starts again."""

from __future__ import annotations

import pytest

from reconciler.plan import actions as a
from tests.contract.bench import FILE, Bench, made, target

WITH_FILES = FILE.replace(
    "backends:\n  web:\n",
    "secrets: {{db: {{content: hunter2}}}}\n"
    "configs: {{app: {{content: level = info}}}}\n"
    "backends:\n"
    "  web:\n"
    "    read_only: {read_only}\n"
    "    tmpfs: [{tmpfs}]\n"
    "    secrets: [db, {{source: db, target: a/b, uid: 10001, gid: 10002, mode: 0400}}]\n"
    "    configs: [{{source: app, target: /etc/shop/app.conf}}]\n",
)
FILES = {
    "/run/secrets/db": (b"hunter2", 0o444, 0, 0),
    "/run/secrets/a/b": (b"hunter2", 0o400, 10001, 10002),
    "/etc/shop/app.conf": (b"level = info", 0o444, 0, 0),
}


@pytest.mark.parametrize(("read_only", "tmpfs"), [("false", ""), ("true", "/run")])
def test_files_are_there_and_stay(bench: Bench, read_only: str, tmpfs: str) -> None:
    bench.file = WITH_FILES
    wish = bench.wish(read_only=read_only, tmpfs=tmpfs)
    (container,) = (c for slot, c in wish.containers.items() if slot.backend == "web")
    bench.do(*made(wish))
    where = target(wish)
    bench.do_twice(a.WriteFiles(where, container.spec.files), a.StartContainer(where))
    bench.hand.stop(where.name)
    bench.hand.start(where.name)
    found = {path: bench.hand.read_mounted(where.name, path) for path in FILES}
    assert found == FILES
    seen = bench.one(wish)
    assert seen.revision == container.revision
    assert "hunter2" not in str(seen.described)
