"""What a run of chaos counts."""

from __future__ import annotations

from collections import Counter
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
    tracebacks: list[str] = field(default_factory=list)
    """Commands that ended in words for nobody."""
    unhealed: list[str] = field(default_factory=list)
    """Rounds after which an undisturbed apply did not converge."""
    left: list[str] = field(default_factory=list)
    """What is still there after `destroy`."""
    elapsed_s: float = 0.0

    @property
    def kills(self) -> int:
        return sum(number for kind, number in self.faults.items() if kind.startswith("killed"))

    @property
    def engine_faults(self) -> int:
        return sum(number for kind, number in self.faults.items() if kind.startswith("engine"))

    @property
    def wrongs(self) -> list[str]:
        return [*self.lost, *self.tracebacks, *self.unhealed, *self.left]
