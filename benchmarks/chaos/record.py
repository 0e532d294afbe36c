"""What a run of chaos counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Record:
    """One HAProxy, on one kind of engine."""

    image: str
    engine: str
    seed: int
    rounds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """By kind, those that did happen."""
    requests: int = 0
    lost: list[str] = field(default_factory=list)
    """Each request that failed, in the load's words."""
    engine_starts: list[tuple[float, float]] = field(default_factory=list)
    """From when to when an engine of its own started anew, in seconds since the load began."""
    refused: list[str] = field(default_factory=list)
    """Those that failed meanwhile: an engine that starts writes the rules for published ports anew,
    and they are closed until then, with or without this tool."""
    tracebacks: list[str] = field(default_factory=list)
    """Commands that ended in words for nobody."""
    second_tries: int = 0
    """Rounds after which an undisturbed apply did not converge, and another was made."""
    unhealed: list[str] = field(default_factory=list)
    """Those after which that did not converge, either."""
    left: list[str] = field(default_factory=list)
    """What is still there after `destroy`."""
    elapsed_s: float = 0.0

    def count(self, requests: int, failures: Iterable[str]) -> None:
        """What the load has to tell."""
        self.requests = requests
        for failure in failures:
            at = float(failure.split()[2])
            is_docker_s = any(first <= at <= last for first, last in self.engine_starts)
            (self.refused if is_docker_s else self.lost).append(failure)

    @property
    def kills(self) -> int:
        return sum(number for kind, number in self.faults.items() if kind.startswith("killed"))

    @property
    def engine_faults(self) -> int:
        return sum(number for kind, number in self.faults.items() if kind.startswith("engine"))

    @property
    def wrongs(self) -> list[str]:
        return [*self.lost, *self.tracebacks, *self.unhealed, *self.left]
