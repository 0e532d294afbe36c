"""What a quick look takes from HAProxy's replies, by the reader that a plan's come from."""

from __future__ import annotations

from pathlib import Path

from reconciler.engine.docker.snapshot import Snapshot

REPLIES = Path(__file__).parents[2] / "haproxy" / "control" / "replies" / "3.0"
SAID = "".join((REPLIES / name).read_text() for name in ("info.txt", "servers.txt"))


def seen(said: str) -> Snapshot:
    return Snapshot("", b"[]", said, [])


def test_servers_are_counted() -> None:
    snapshot = seen(SAID)
    assert snapshot.has_worker
    assert (snapshot.servers_up, snapshot.servers) == (3, 6), "spare ones aside"


def test_nothing_said_is_no_worker() -> None:
    snapshot = seen("")
    assert not snapshot.has_worker
    assert snapshot.fingerprint != seen(SAID).fingerprint


def test_what_was_told_by_hand_is_seen() -> None:
    """In `show servers state` the admin state and the weight follow the operational state."""
    drained = SAID.replace(" 2 0 10 ", " 2 8 10 ", 1)
    lighter = SAID.replace(" 2 0 10 ", " 2 0 7 ", 1)
    assert len({seen(text).fingerprint for text in (SAID, drained, lighter)}) == 3


def test_what_comes_and_goes_is_not() -> None:
    """A check that goes on, and a server that has been so for longer."""
    later = SAID.replace(" 2 0 10 10 30 15 3 4 6 ", " 2 0 10 10 95 15 3 4 7 ", 1)
    assert later != SAID
    assert seen(later).fingerprint == seen(SAID).fingerprint
