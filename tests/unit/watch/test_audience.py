"""Everybody is told everything: the log, and who asks over HTTP."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from reconciler.events.news import News, Noticed
from reconciler.watch.audience import Audience
from tests.integration.support.waiting import LONGEST_S, await_true
from tests.unit.watch.watching import Ear

GOOD = "name: shop\nbackends: {web: {image: a, port: 80}}\n"


def test_each_listener_is_told_and_hides() -> None:
    told: list[tuple[str, str, News]] = []
    ears = [Ear(lambda name, news, who=who: told.append((who, name, news))) for who in "ab"]  # type: ignore[misc]  # the default binds
    audience = Audience(tuple(ears))
    audience.hide(["hunter22"])
    audience("shop", Noticed("took over"))
    assert [(who, name) for who, name, _ in told] == [("a", "shop"), ("b", "shop")]
    assert [ear.hidden for ear in ears] == [{"hunter22"}, {"hunter22"}]


def test_who_asks_is_told_of_files_too(tmp_path: Path) -> None:
    """The whole daemon, without an engine."""
    file = tmp_path / "shop.yaml"
    file.write_text(GOOD, encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def shop() -> dict[str, Any]:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{port}/status", timeout=LONGEST_S
            ) as answer:
                return dict(json.load(answer)["topologies"].get("shop", {}))
        except urllib.error.URLError:
            return {}  # it starts

    with subprocess.Popen(  # our own command
        [sys.executable, "-m", "reconciler", "watch", "--listen", f"127.0.0.1:{port}", str(file)],
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/none.sock"},
        stdout=subprocess.DEVNULL,
    ) as process:
        try:
            await_true(lambda: "outcome" in shop(), "it looked")
            file.write_text(GOOD + "replica: 3\n", encoding="utf-8")
            await_true(lambda: shop().get("broken"), "the file is told to be broken")
            file.write_text(GOOD, encoding="utf-8")
            await_true(lambda: shop().get("broken") == [], "and mended")
            file.unlink()
            await_true(lambda: shop().get("idle"), "nobody keeps it any more")
        finally:
            process.terminate()
            assert process.wait(LONGEST_S) == 0
