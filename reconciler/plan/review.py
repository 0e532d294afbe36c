"""A plan that was reviewed, and whether the one that would run now is the same.

Nothing of it can be read back: it is kept in pipelines and shown to many, while actions hold what
is in variables and files. So a digest has a salt, and takes a moment to compute.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.plan.actions import PullImage
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan


class Review(Struct, frozen=True):
    """What was seen when a plan was reviewed, as digests."""

    salt: str
    course: str
    """The digest of all that would be done."""
    facts: Mapping[str, str]
    """The digests of what was there, and of the surroundings, by what that is in words."""
    surroundings: Mapping[str, str]
    """What a plan depends on beside its file and the engine, as it is now and where it runs."""


def review_of(plan: Plan, observed: Observed, salt: str, surroundings: Mapping[str, str]) -> Review:
    facts = {**observed.facts, **surroundings}
    digests = {about: digest(repr(fact).encode(), salt) for about, fact in facts.items()}
    return Review(salt, _course(plan, salt), digests, surroundings)


def enforce_review(plan: Plan, observed: Observed, review: Review) -> Plan:
    """The same plan, with a problem that stops it when it does anything that was not reviewed, or
    with another image. Whatever else moved in the world is no reason."""
    if plan.is_empty:
        return plan
    now = review_of(plan, observed, review.salt, review.surroundings)
    images = (f"image {name}" for name in observed.images)
    if now.course == review.course and all(
        review.facts.get(image, now.facts[image]) == now.facts[image] for image in images
    ):
        return plan
    problem = Diagnostic(
        "stale-plan",
        "what would be done now is not what was planned",
        "nothing was touched; plan and review it anew",
        details=tuple(moved(review.facts, now.facts)),
    )
    return replace(plan, problems=(*plan.problems, problem))


def digest(content: bytes, salt: str) -> str:
    """The digest of what somebody might try to guess."""
    key = hashlib.scrypt(content, salt=salt.encode(), n=2**10, r=8, p=1, dklen=16)
    return key.hex()


def moved(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """What is different now, in words."""
    for about in sorted({*before, *now}):
        if about not in before:
            yield f"{about}: was not there"
        elif about not in now:
            yield f"{about}: is not there any more"
        elif before[about] != now[about]:
            yield f"{about}: changed since then"


def _course(plan: Plan, salt: str) -> str:
    """Pulls are left out: an image that is wanted may come meanwhile, as HAProxy's does for the
    lock, and nothing else becomes another thing by that."""
    steps = [step for step in plan.steps if not isinstance(step.action, PullImage)]
    places = {step.id: place for place, step in enumerate(steps)}
    course = [
        (
            step.action,
            [places[need] for need in step.needs if need in places],
            step.because,
            step.impact,
            [places[failed] for failed in step.rescues if failed in places],
        )
        for step in steps
    ]
    return digest(repr(_canonical(course)).encode(), salt)


def _canonical(value: Any) -> Any:
    """The same for equal values, in whatever order a process has the parts of sets and mappings;
    with all fields, also those that nobody is shown."""
    if isinstance(value, Struct):
        fields: tuple[str, ...] = value.__struct_fields__
        return (type(value).__name__, *(_canonical(getattr(value, name)) for name in fields))
    if dataclasses.is_dataclass(value):
        fields = tuple(field.name for field in dataclasses.fields(value))
        return (type(value).__name__, *(_canonical(getattr(value, name)) for name in fields))
    if isinstance(value, Mapping):
        return sorted((repr(key), _canonical(item)) for key, item in value.items())
    if isinstance(value, (set, frozenset)):
        return sorted(repr(_canonical(item)) for item in value)
    if isinstance(value, (tuple, list)):
        return tuple(map(_canonical, value))
    return value
