"""Which volumes go: the user's only when asked for, HAProxy's own along with HAProxy. And what is
wrong with those that stay: data is in them, so that none is ever made anew."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.desired.desired import Desired
from reconciler.desired.names import run_volume_name
from reconciler.desired.spec import VolumeSpec
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.observed import Observed, ObservedVolume


def leaving_volumes(
    desired: Desired, observed: Observed, *, remove_volumes: bool
) -> tuple[str, ...]:
    """Docker names of volumes that are there, not wanted, and not to be kept."""
    own = run_volume_name(desired.topology)
    return tuple(
        name
        for name, volume in observed.volumes.items()
        if volume.is_ours
        and name not in {*desired.volumes, desired.run_volume}
        and (remove_volumes or name == own)
    )


def volume_problems(desired: Desired, observed: Observed) -> Iterator[Diagnostic]:
    for name, spec in desired.volumes.items():
        there = observed.volumes.get(name)
        if there is None:
            if spec.external:
                yield Diagnostic(
                    "no-such-volume",
                    f"volume `{name}` is external and does not exist",
                    f"create it with `docker volume create {name}`, or drop `external: true`",
                )
        elif not spec.external and not there.is_ours:
            yield Diagnostic(
                "name-taken",
                f"volume `{name}` exists and was not made by this tool",
                "remove it, or declare it with its name and `external: true`",
            )
        elif not spec.external and (differs := _difference(spec, there)):
            yield Diagnostic(
                "volume-differs",
                f"volume `{name}` was made with another {differs}, and has data",
                f"write what it was made with; or copy the data, `docker volume rm {name}`, and "
                "apply again",
            )


def _difference(spec: VolumeSpec, there: ObservedVolume) -> str:
    """What differs, in words that show no values: some drivers are given passwords."""
    if spec.driver != there.driver:
        return f"driver, `{there.driver}`"
    have, want = dict(there.options), dict(spec.options)
    names = sorted(name for name in have | want if have.get(name) != want.get(name))
    return f"option {', '.join(f'`{name}`' for name in names)}" if names else ""
