"""`reconciler apply` as its users run it, a process; its events with the time they came."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LONGEST_S = 300.0
PROXY_CHANGES = {"ReloadProxy", "ReplaceProxy"}
"""The names of the plan's actions that end what HAProxy runs, and go on with another."""


@dataclass(slots=True)
class Applied:
    """`impact` is the plan's own word. Somewhere in each span of `proxy_stops` an old worker, or a
    whole HAProxy, was asked to end."""

    started: float
    ended: float = 0.0
    code: int = 0
    impact: str = "none"
    proxy_stops: list[tuple[float, float]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    _is_planned: bool = False
    _ending: set[int] = field(default_factory=set)
    _begun: dict[int, float] = field(default_factory=dict)

    def take(self, event: dict[str, Any], now: float) -> None:
        match event["event"]:
            case "plan":
                if not self._is_planned:  # further passes are about what changed meanwhile
                    self.impact = event["plan"]["impact"]
                self._ending = {s["id"] for s in event["plan"]["steps"] if _ends_proxy(s)}
                self._is_planned = True
            case "step_started" if event["step"] in self._ending:
                self._begun[event["step"]] = now
            case "step_done" | "step_failed" if event["step"] in self._begun:
                self.proxy_stops.append((self._begun.pop(event["step"]), now))
            case "result":
                self.problems = [f"{f['code']}: {f['message']}" for f in event["failures"]]


def _ends_proxy(step: dict[str, Any]) -> bool:
    is_stop = step["action"] == "StopContainer" and "-haproxy-" in step["text"]
    return is_stop or step["action"] in PROXY_CHANGES


def environment(file: Path) -> dict[str, str]:
    return {
        **os.environ,
        "NO_COLOR": "1",
        "XDG_CACHE_HOME": str(file.parent / "cache"),
        "PYTHONUNBUFFERED": "1",
    }


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "reconciler", *arguments]


def apply(file: Path, timeout_s: float) -> Applied:
    applied = Applied(time.monotonic())
    process = subprocess.Popen(
        command("apply", "--yes", "--output", "json", "--timeout", f"{timeout_s:g}s", str(file)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(file),
    )
    assert process.stdout
    assert process.stderr
    with process:
        for line in process.stdout:
            with contextlib.suppress(json.JSONDecodeError):
                applied.take(json.loads(line), time.monotonic())
        said = process.stderr.read()
    applied.ended = time.monotonic()
    applied.code = process.returncode
    if said and applied.code:
        applied.problems.append(said.strip()[-500:])
    return applied


def destroy(file: Path) -> None:
    subprocess.run(
        command("destroy", "--yes", "--volumes", str(file)),
        env=environment(file),
        capture_output=True,
        check=True,
        timeout=LONGEST_S,
    )


def schema() -> dict[str, Any]:
    done = subprocess.run(command("schema", "topology"), capture_output=True, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def knows(document: dict[str, Any], path: str) -> bool:
    """Whether a topology file may have a key: `backends.*.rollout`, `*` for a name."""
    places = [document]
    for key in path.split("."):
        forms = [form for place in places for form in _forms(place, document)]
        places = [place for form in forms for place in _below(form, key)]
    return bool(places)


def _below(form: dict[str, Any], key: str) -> list[dict[str, Any]]:
    if key == "*":
        return [*form.get("patternProperties", {}).values()]
    return [form["properties"][key]] if key in form.get("properties", {}) else []


def _forms(place: dict[str, Any], document: dict[str, Any]) -> list[dict[str, Any]]:
    """A schema with all that it refers to and all that it may be."""
    found = [place]
    for other in [*place.get("anyOf", []), *place.get("allOf", []), *place.get("oneOf", [])]:
        found += _forms(other, document)
    if "$ref" in place:
        found += _forms(document["$defs"][place["$ref"].rpartition("/")[2]], document)
    return found
