"""What starting costs, beside the bare import of the libraries that a command cannot do without.

In CPU time: another process on the machine takes turns with ours, and lengthens nothing else. The
tool runs as its users have it, installed from a wheel into an environment of its own, with byte
code.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks.goals import Row
from benchmarks.pairs import Contender, report, take_turns
from benchmarks.world import run

ROOT = Path(__file__).parent.parent
QUICKSTART = ROOT / "topologies" / "quickstart.yaml"
LIBRARIES = "pydantic, ruamel.yaml, click"
COMMANDS = {"validate": LIBRARIES, "plan": f"{LIBRARIES}, docker", "status": f"{LIBRARIES}, docker"}
GOAL = 2.0


def measure_startup(rounds: int) -> list[Row]:
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="bench-") as directory:
        programs = _install(Path(directory))
        for command, libraries in COMMANDS.items():
            ours: list[str | Path] = [programs / "reconciler", command, QUICKSTART]
            bare: list[str | Path] = [programs / "python", "-c", f"import {libraries}"]
            contenders = [
                Contender("reconciler", partial(_run, ours)),
                Contender("imports", partial(_run, bare)),
            ]
            times = take_turns(contenders, rounds or 21, clock=_cpu_of_children)
            what = f"{command} of the quick start, CPU time"
            rows += report(what, times, "reconciler", {"imports": GOAL})
    return rows


def _install(directory: Path) -> Path:
    """Where the programs of a new environment are, with the tool in it, as pip compiles it."""
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "-q", "--no-deps", "--wheel-dir", directory, ROOT)
    (wheel,) = directory.glob("*.whl")
    run(sys.executable, "-m", "venv", directory / "venv")
    programs = directory / "venv" / "bin"
    constraints = ROOT / "constraints.txt"
    run(programs / "python", "-m", "pip", "install", "-q", "--constraint", constraints, wheel)
    return programs


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stderr}")


def _cpu_of_children() -> float:
    """Seconds that the ended ones have computed, user and system."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
