"""Examples of Hypothesis have no deadline: the machine may be busy with something else."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None)
settings.load_profile("unit")
