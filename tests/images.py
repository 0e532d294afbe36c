"""The images that the tests and the benchmarks run: `tools/images` builds them.

RECONCILER_TEST_HAPROXY says on which HAProxy, by the tag: `3.2`, or `3.4-official` for the layout
of Docker's official image. Nothing else in the tests names a version without meaning that one.
"""

from __future__ import annotations

import os

_REPOSITORY = "reconciler-test/haproxy"
_VERSION = os.environ.get("RECONCILER_TEST_HAPROXY") or "3.0"

ECHO = "reconciler-test/echo:1"
HAPROXY = f"{_REPOSITORY}:{_VERSION}"
"""What this run is about."""
OLDEST_HAPROXY = f"{_REPOSITORY}:2.6"
NEWEST_HAPROXY = f"{_REPOSITORY}:3.4"
OTHER_HAPROXY = OLDEST_HAPROXY if HAPROXY != OLDEST_HAPROXY else f"{_REPOSITORY}:3.0"
"""Of another version and layout, to change to and back."""
WORKER_FIRST_HAPROXY = f"{_REPOSITORY}:3.2"
"""From 3.1 on the worker is there before its ports are bound."""
ABSENT = "reconciler-test/not-here:1"


def tag_of(image: str) -> str:
    return image.rpartition(":")[2]


def release_of(image: str) -> str:
    """`3.2`, as HAProxy itself begins to say its version."""
    return tag_of(image).partition("-")[0]


def version_of(image: str) -> tuple[int, ...]:
    return tuple(map(int, release_of(image).split(".")))


def by_tag(*images: str) -> dict[str, str]:
    """Each once, in this order."""
    return {tag_of(image): image for image in images}


BOTH_HAPROXIES = by_tag(HAPROXY, OTHER_HAPROXY)
"""What matters is tested on two."""
CHECKING_HAPROXIES = by_tag(
    OLDEST_HAPROXY, f"{_REPOSITORY}:3.0", f"{_REPOSITORY}:3.2", NEWEST_HAPROXY, HAPROXY
)
"""What only reads files costs little, and so is asked of many."""
