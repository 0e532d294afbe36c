"""The daemon on a real engine: it heals, it follows, it stands by, and it survives."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.desired import names
from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic
from tests.integration.support.waiting import await_true
from tests.integration.support.watching import Watching, is_whole, watching


@pytest.fixture
def daemon(stack: Stack) -> Iterator[Watching]:
    """One that has converged, on the directory of the stack's file."""
    stack.write()
    with watching(stack.directory, directory=stack.directory) as running:
        running.await_outcome("converged")
        running.await_outcome("unchanged")
        running.forget()
        yield running


def test_what_breaks_is_healed(stack: Stack, daemon: Watching) -> None:
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_said("it looks", lambda s: s.get("cause") == "asked by SIGHUP")
    daemon.await_outcome("unchanged")
    daemon.forget()

    stack.world.api.kill(stack.ids()["web-2"])
    begun = daemon.await_begun("died (exit 137)")
    assert "web-2" in begun["cause"]
    daemon.await_outcome("converged")
    stack.assert_whole()

    daemon.forget()
    stack.tell_haproxy("set server web/web-1 state drain")  # of which Docker sends no event
    daemon.await_begun("HAProxy")
    daemon.await_outcome("converged")

    for container in stack.all_ids():
        stack.world.api.remove_container(container, force=True)
    await_true(lambda: is_whole(stack), "all of it is back")
    daemon.forget()
    daemon.process.send_signal(signal.SIGHUP)
    daemon.await_outcome("unchanged")
    stack.assert_whole()

    watched, stack.file = stack.file, stack.directory / "elsewhere" / "shop.yaml"
    stack.file.parent.mkdir()
    stack.backend["replicas"] = 3
    told = stack.apply(expect=1).err
    assert f"process {daemon.process.pid} (watch)" in told
    assert "edit the watched file" in told

    stack.file, stack.backend["replicas"] = watched, 2
    assert daemon.end() == 0
    assert daemon.other == []
    assert not stack.world.containers(stack.name, role=names.LOCK_ROLE)
    stack.assert_converged()


def test_the_file_changes(stack: Stack, daemon: Watching) -> None:
    stack.backend["replicas"] = 3
    stack.write()
    daemon.await_begun("file changed: web.replicas 2 → 3")
    assert daemon.await_outcome("converged")["reloads"] == 0
    stack.assert_whole()

    daemon.forget()
    good = stack.file.read_text(encoding="utf-8")
    stack.file.write_text(good.replace("replicas", "replica"), encoding="utf-8")
    told = daemon.await_said("what is wrong", lambda s: s["event"] == "file_broken")
    assert told["diagnostics"][0]["code"] == "unknown-key"
    assert told["diagnostics"][0]["line"]
    stack.world.api.kill(stack.ids()["web-1"])  # the last good one is in force
    daemon.await_outcome("converged")
    stack.assert_whole()
    stack.file.write_text(good, encoding="utf-8")
    stack.backend["replicas"] = 2
    stack.write()
    daemon.await_begun("web.replicas 3 → 2")
    assert sum(s["event"] == "file_broken" for s in daemon.said) == 1
    daemon.forget()
    daemon.await_outcome("converged")

    stack.file.unlink()
    daemon.await_said("it says so", lambda s: "is gone" in s.get("text", ""))
    await_true(lambda: not stack.world.containers(stack.name, role=names.LOCK_ROLE), "no lock")
    stack.assert_whole()


def test_what_was_is_kept_while_a_change_fails(stack: Stack, daemon: Watching) -> None:
    good = stack.all_ids()
    stack.backend["command"] = ["false"]  # seen as soon as Docker says so, however late that is
    stack.write()
    daemon.await_outcome("failed")
    kept = daemon.await_outcome("kept")
    assert [failure["code"] for failure in kept["failures"]] == ["not-ready"]
    assert (kept["servers_up"], kept["servers"]) == (2, 2)
    assert good <= stack.all_ids(), "nothing of it was touched"

    stack.world.api.kill(stack.ids()["web-1"])
    stack.world.api.remove_container(stack.ids()["web-2"], force=True)
    await_true(lambda: len(stack.servers_met()) == 2, "both are back")

    del stack.backend["command"]
    stack.backend["env"] = {"MENDED": "yes"}
    daemon.forget()
    stack.write()
    daemon.await_begun("web.env")
    daemon.await_outcome("converged")
    stack.assert_whole()


def test_a_mended_file_does_not_wait_for_the_broken_one(stack: Stack, daemon: Watching) -> None:
    good = stack.all_ids()
    stack.backend["command"] = ["sleep", "600"]  # it never listens
    stack.backend["rollout"] = {"ready_timeout": "10m"}
    stack.write()
    daemon.await_said("it waits", lambda s: s["event"] == "step_started" and "is up" in s["text"])
    del stack.backend["command"], stack.backend["rollout"]
    stack.write()
    daemon.await_outcome("superseded")
    daemon.await_outcome("converged")
    assert stack.all_ids() == good, "what was made for the broken one is gone"
    stack.assert_whole()


def test_an_editor_saves_by_renaming(stack: Stack, daemon: Watching) -> None:
    """And the file gets another name, which is none of the topology's business."""
    target, stack.backend["replicas"] = stack.file, 1
    stack.file = stack.directory / "4913.tmp"
    stack.write()
    stack.file.rename(target)
    daemon.await_begun("web.replicas 2 → 1")
    daemon.await_outcome("converged")
    daemon.forget()

    target.rename(stack.directory / "another.yaml")
    stack.file = stack.directory / "another.yaml"
    stack.backend["weight"] = 3
    stack.write()
    daemon.await_begun("web.weight 1 → 3")
    daemon.await_outcome("converged")
    assert not [s for s in daemon.said if s["event"] == "notice"]


def test_a_tree_is_swapped_by_a_link(stack: Stack) -> None:
    """As `ln -sfn release-2 current`, and as Kubernetes does with config maps."""
    current = stack.directory / "current"
    for number in (1, 2):
        release = stack.directory / f"release-{number}"
        release.mkdir()
        stack.backend["replicas"] = number
        stack.file = release / "shop.yaml"
        stack.write()
    current.symlink_to("release-1")
    with watching(current, directory=stack.directory) as daemon:
        daemon.await_outcome("converged")
        swapped = stack.directory / "swapped"
        swapped.symlink_to("release-2")
        swapped.replace(current)
        daemon.await_begun("web.replicas 1 → 2")
        daemon.forget()
        daemon.await_outcome("converged")
        stack.backend["weight"] = 2
        stack.write()  # in the new place
        daemon.await_begun("web.weight 1 → 2")
        daemon.forget()
        daemon.await_outcome("converged")


def test_a_deleted_file_with_prune(stack: Stack) -> None:
    stack.write()
    with watching("--prune", stack.directory, directory=stack.directory) as daemon:
        daemon.await_outcome("converged")
        stack.file.unlink()
        await_true(lambda: not stack.world.leftovers(stack.name, volumes=False), "all is gone")


def test_the_second_daemon_takes_over(stack: Stack, daemon: Watching) -> None:
    """Not from one that hangs: it may go on. But from one that has ended."""
    daemon.process.send_signal(signal.SIGSTOP)
    with watching(stack.file, directory=stack.directory) as second:
        told = second.await_outcome("standby")
        assert f"process {daemon.process.pid} (watch)" in told["failures"][0]["message"]
        daemon.process.kill()
        stack.world.api.kill(stack.ids()["web-1"])
        second.await_said("it took over", lambda s: s.get("text") == "took over")
        await_true(lambda: is_whole(stack), "healed by the second")


def test_killed_at_any_moment_and_started_again(stack: Stack) -> None:
    """Under traffic, which never sees it."""
    dice = random.Random(4)  # noqa: S311  # not for secrets
    stack.apply()
    with Traffic(stack.port, one_shot=1, keep_alive=1) as traffic:
        for number in range(3):
            with watching(stack.file, directory=stack.directory) as daemon:
                daemon.await_outcome("unchanged")
                stack.backend["env"] = {"VERSION": str(number)}
                stack.write()
                daemon.await_begun("web.env")
                traffic.go_on(dice.randint(10, 200))
                daemon.process.kill()
        with watching(stack.file, directory=stack.directory) as daemon:
            daemon.await_outcome("unchanged")
            assert daemon.end(signal.SIGINT) == 0
        traffic.go_on(10)
    traffic.assert_lossless()
    stack.assert_converged()


def test_git_checkout_of_another_branch(stack: Stack) -> None:
    tree = stack.directory / "tree"
    tree.mkdir()
    stack.file = tree / "shop.yaml"
    for branch, replicas in (("one", 1), ("two", 2)):
        stack.backend["replicas"] = replicas
        stack.write()
        (tree / "notes.txt").write_text(branch, encoding="utf-8")
        if branch == "one":
            _git(tree, "init", "--quiet", "--initial-branch=one")
        else:
            _git(tree, "checkout", "--quiet", "-b", "two")
        _git(tree, "add", ".")
        _git(tree, "commit", "--quiet", "--message", branch)
    with watching(tree, directory=stack.directory) as daemon:
        daemon.await_outcome("converged")
        for branch, change in (("one", "2 → 1"), ("two", "1 → 2")):
            daemon.forget()
            _git(tree, "checkout", "--quiet", branch)
            daemon.await_begun(f"web.replicas {change}")
            daemon.await_outcome("converged")
            assert sum("file changed" in s.get("cause", "") for s in daemon.said) >= 1
        assert not [s for s in daemon.said if s["event"] in {"notice", "file_broken"}]


def _git(tree: Path, *arguments: str) -> None:
    import subprocess  # noqa: PLC0415  # for this alone

    who = {
        "GIT_AUTHOR_NAME": "t",
        "GIT_AUTHOR_EMAIL": "t@t",
        "GIT_COMMITTER_NAME": "t",
        "GIT_COMMITTER_EMAIL": "t@t",
    }
    subprocess.run(["git", "-C", str(tree), *arguments], check=True, env={**os.environ, **who})
