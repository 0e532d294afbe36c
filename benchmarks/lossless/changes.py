"""The changes, each as a user would make it, in groups that lead back to where they began."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

from benchmarks.lossless.change import Change, Group
from benchmarks.lossless.site import REPLICAS, Site

Act = Callable[[Site], object]


def _turn(*values: object) -> Callable[[], object]:
    """The next of the values each time it is called, and so on from the first."""
    return itertools.cycle(values).__next__


def _set(key: str, following: Callable[[], object]) -> Act:
    return lambda site: site.web.update({key: following()})


def groups() -> list[Group[Site]]:
    """Made anew for each site: some remember which turn it is."""
    return [*_containers(), *_balancing(), *_proxy(), *_troubles()]


def _containers() -> Iterator[Group[Site]]:
    scale = _turn(2, 1, 3)
    images = _turn("b", "a")
    numbers = itertools.count(1)
    yield Group(
        (
            Change("scale up", lambda s: s.web.update(replicas=REPLICAS + int(str(scale())))),
            Change("scale down", _set("replicas", lambda: REPLICAS), replaces=True),
        )
    )
    yield Group(
        (
            Change(
                "new image",
                lambda s: s.web.update(image=s.images.names["echo", str(images())]),
                replaces=True,
            ),
        )
    )
    yield Group(
        (
            Change(
                "new environment",
                _set("env", lambda: {"VERSION": str(next(numbers))}),
                replaces=True,
            ),
        )
    )
    yield Group(
        (
            Change(
                "new environment, TCP backend",
                lambda s: s.spec["backends"]["lines"].update(env={"VERSION": str(next(numbers))}),
                replaces=True,
            ),
        )
    )
    yield Group(
        (
            Change("new environment, stop-first", _stop_first(numbers), replaces=True),
            Change("start-first again", lambda s: s.web["rollout"].pop("order")),
        ),
        ("backends.*.rollout.order",),
    )
    yield Group(
        (
            Change("new environment, surge 100% and min_ready", _surge(numbers), replaces=True),
            Change("rollout settings back", _no_surge),
        ),
        ("backends.*.rollout.max_surge", "backends.*.rollout.min_ready"),
    )


def _stop_first(numbers: Iterator[int]) -> Act:
    def act(site: Site) -> None:
        site.web["rollout"]["order"] = "stop-first"
        site.web["env"] = {"VERSION": str(next(numbers))}

    return act


def _surge(numbers: Iterator[int]) -> Act:
    def act(site: Site) -> None:
        site.web["rollout"] |= {"max_surge": "100%", "min_ready": "1s"}
        site.web["env"] = {"VERSION": str(next(numbers))}

    return act


def _no_surge(site: Site) -> None:
    del site.web["rollout"]["max_surge"], site.web["rollout"]["min_ready"]


def _balancing() -> Iterator[Group[Site]]:
    yield Group((Change("weight", _set("weight", _turn(7, 50, 1))),))
    yield Group((Change("balance", _set("balance", _turn("leastconn", "random", "roundrobin"))),))
    checks = _turn("/health", {"path": "/health", "interval": "1s"}, "tcp")
    yield Group((Change("check", _set("check", checks)),))


def _proxy() -> Iterator[Group[Site]]:
    def default_backend(name: str) -> Act:
        return lambda site: site.spec["frontends"]["www"].update(default_backend=name)

    yield Group(
        (
            Change("another default backend", default_backend("green")),
            Change("another default backend", default_backend("web")),
        )
    )
    yield Group(
        (
            Change("traffic to a new backend", _move_to_new_backend),
            Change("and back", _move_back, replaces=True),
        )
    )
    yield Group(
        (
            Change("backend added", _add_backend),
            Change("frontend added", _split_frontend),
            Change("frontend removed", _join_frontend, replaces=True),
            Change("backend removed", lambda s: s.spec["backends"].pop("blue"), replaces=True),
        )
    )
    refresh, client = _turn("5s", "10s"), _turn("12s", "10s")
    yield Group((Change("statistics page", lambda s: s.spec["stats"].update(refresh=refresh())),))
    yield Group((Change("timeouts", lambda s: s.haproxy.update(timeouts={"client": client()})),))
    images = _turn("b", "a")

    def another_image(site: Site) -> None:
        site.haproxy["image"] = site.images.names["haproxy", str(images())]

    handover = Change("HAProxy replaced", another_image)
    yield Group((handover,), ("haproxy.upgrade",), "bridge")
    yield Group((handover,), ("haproxy.network",), "host")


def _move_to_new_backend(site: Site) -> None:
    """Whose program needs a while before it listens."""
    green = site.spec["backends"]["green"]
    site.spec["backends"]["red"] = {**green, "env": {"START_DELAY": "1"}}
    site.spec["frontends"]["www"]["default_backend"] = "red"


def _move_back(site: Site) -> None:
    site.spec["frontends"]["www"]["default_backend"] = "web"
    del site.spec["backends"]["red"]


def _add_backend(site: Site) -> None:
    site.spec["backends"]["blue"] = dict(site.spec["backends"]["green"])


def _split_frontend(site: Site) -> None:
    """A port that is published already gets a frontend of its own."""
    frontends = site.spec["frontends"]
    own = f"127.0.0.1:{site.extra}"
    frontends["www"]["bind"].remove(own)
    frontends["extra"] = {"bind": own, "default_backend": "blue"}


def _join_frontend(site: Site) -> None:
    del site.spec["frontends"]["extra"]
    site.spec["frontends"]["www"]["bind"].append(f"127.0.0.1:{site.extra}")


def _troubles() -> Iterator[Group[Site]]:
    def exit_at_once(site: Site) -> None:
        site.web.setdefault("env", {})["EXIT_CODE"] = "3"

    def listen_elsewhere(site: Site) -> None:
        site.web.setdefault("env", {})["PORT"] = "8081"

    def as_before(site: Site) -> None:
        for key in ("EXIT_CODE", "PORT"):
            site.web["env"].pop(key, None)
        if not site.web["env"]:
            del site.web["env"]

    for name, act in (("exits", exit_at_once), ("listens elsewhere", listen_elsewhere)):
        yield Group(
            (
                Change(f"image that {name}", act, code=1),
                Change("reverted", as_before, replaces=True),
            )
        )
    yield Group((Change("replica killed and healed", Site.kill_one, replaces=True, kills=True),))


def possible(site: Site, network: str) -> tuple[list[Group[Site]], list[str]]:
    """The groups that the tool can do there, and lines about those that are left out."""
    found, left_out = [], []
    for group in groups():
        if group.network not in {"", network}:
            continue
        missing = [path for path in group.needs if not site.knows(path)]
        if missing:
            names = ", ".join(change.name for change in group.changes)
            left_out.append(f"{names}: this version does not know {', '.join(missing)}")
        else:
            found.append(group)
    return found, left_out
