from __future__ import annotations

from reconciler.desired.resources import ResourceLimits, resources_text


def test_the_text_of_limits_stays_whatever_their_class_is_called() -> None:
    # Plans that machines have kept hold fingerprints made of it.
    assert resources_text(ResourceLimits(cpus=0.5, memory_bytes=1024)) == (
        "ResourceLimits(cpus=0.5, memory_bytes=1024, pids=None, cpu_shares=None,"
        " reserved_memory_bytes=None)"
    )
