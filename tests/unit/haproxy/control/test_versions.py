"""A HAProxy that is too old is told so in one sentence, whatever it says itself."""

from __future__ import annotations

import pytest

from reconciler.haproxy.control.versions import read_version, too_old

OPTION = (
    "[ALERT]  (1) : config : parsing [/dev/stdin:14] : unknown option 'idle-close-on-response'."
)
SAID = {
    "2.2": (
        "[ALERT] 334/004719 (1) : parsing [/dev/stdin:14] : unknown option 'x'.\n"
        "HA-Proxy version 2.2.9-2+deb11u6 2023/09/02 - https://haproxy.org/",
        (2, 2),
        "HAProxy 2.4 is the least that is needed, and this image has 2.2",
    ),
    "early 2.4": (
        f"[NOTICE]   (1) : haproxy version is 2.4.2-553dee3\n{OPTION}",
        (2, 4),
        "a late release of HAProxy 2.4 is the least that is needed, and this image has 2.4",
    ),
    "one that does not say": (
        OPTION,
        None,
        "a late release of HAProxy 2.4 is the least that is needed, "
        "and this image has an older one",
    ),
    "2.6": (
        "[NOTICE]   (1) : haproxy version is 2.6.12-1\n[ALERT] (1) : unknown keyword 'x'\n"
        "HAProxy version 2.6.12-1 2022/12/14 - https://haproxy.org/",
        (2, 6),
        None,
    ),
    "3.4": ("HAProxy version 3.4.7-1 2026/11/01 - https://haproxy.org/", (3, 4), None),
    "no HAProxy": ("sh: haproxy: not found", None, None),
}


@pytest.mark.parametrize(("output", "version", "reason"), SAID.values(), ids=SAID)
def test_versions(output: str, version: tuple[int, int] | None, reason: str | None) -> None:
    assert read_version(output) == version
    assert too_old(output) == reason
