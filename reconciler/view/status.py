"""What runs now: each container with its server in HAProxy, and where it differs from the file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from reconciler.desired.desired import ANCHOR_SLOT, PROXY_SLOT, Desired, Slot
from reconciler.desired.names import SERVER_ROLE, server_name
from reconciler.desired.spec import PublishedPort
from reconciler.haproxy.control.replies import ServerState
from reconciler.plan.decide.drift import by_hand
from reconciler.plan.decide.standing import troubles
from reconciler.plan.observed import Observed, ObservedContainer, ObservedProxy
from reconciler.plan.plan import Change, Plan
from reconciler.view.numbers import ago, count
from reconciler.view.paint import Paint
from reconciler.view.width import fitting_table


class Row(Struct, frozen=True):
    """One line of the table; texts are "" where there is nothing to say."""

    backend: str
    slot: str
    container: ObservedContainer | None
    server: ServerState | None
    """As HAProxy sees it."""
    difference: str
    """What an apply would change."""
    by_hand: str = ""
    """What was done in the running HAProxy."""
    outside: str = ""
    """The address of a server that is no container, as in the file."""

    @property
    def drift(self) -> str:
        return "; ".join(filter(None, (self.difference, self.by_hand)))


def status_rows(desired: Desired, observed: Observed, plan: Plan) -> list[Row]:
    """Every wanted slot and every container that is there, by backend; a container that several
    backends have, in each of them."""
    servers = [s for proxy in observed.proxies.values() for s in proxy.serving]
    drift = {change.name: _drift(change) for change in plan.changes}
    by_slot: dict[Slot, list[ObservedContainer]] = {}
    for container in observed.containers:
        by_slot.setdefault(container.slot, []).append(container)
    rows: list[Row] = []
    places = (
        (place, slot)
        for slot in sorted(set(desired.containers) | set(by_slot), key=lambda s: (s.role, s))
        for place in _places(slot, desired)
    )
    for (backend, name), slot in places:
        for container in by_slot.get(slot, []):
            server = _server_at(backend, container.hosts, servers)
            said = drift.get(container.given_name, "") or _replaced(container, desired, plan)
            hand = by_hand(desired, observed, plan, server)
            rows.append(Row(backend, name, container, server, said, hand))
        if slot not in by_slot:
            server = _server_at(backend, {desired.containers[slot].host}, servers)
            rows.append(Row(backend, name, None, server, "missing"))
    return _with_outside(rows, desired, observed, plan, servers)


def _places(slot: Slot, desired: Desired) -> Iterator[tuple[str, str]]:
    """Each backend that a slot's container is for, and what it is called there."""
    yield slot.backend, str(slot)
    for backend in desired.proxy.backends if desired.proxy else ():
        if slot.role == SERVER_ROLE and backend.source == slot.backend != backend.name:
            yield backend.name, server_name(backend.name, slot.number)


def _with_outside(
    rows: list[Row],
    desired: Desired,
    observed: Observed,
    plan: Plan,
    servers: Sequence[ServerState],
) -> list[Row]:
    """Servers that are no containers, after those of their backend that are."""
    of_none = [row for row in rows if not row.backend]
    found = [row for row in rows if row.backend]
    for backend in desired.proxy.backends if desired.proxy else ():
        for own in backend.outside:
            there = (s for s in servers if (s.backend, s.name) == (backend.name, own.name))
            server = next(there, None)
            said = "" if server else "not in HAProxy yet"
            hand = by_hand(desired, observed, plan, server)
            found.append(Row(backend.name, own.name, None, server, said, hand, own.address))
    found += _jobs(desired, observed, plan)
    known = list(dict.fromkeys(row.backend for row in found))
    return [*of_none, *sorted(found, key=lambda row: known.index(row.backend))]


def _jobs(desired: Desired, observed: Observed, plan: Plan) -> Iterator[Row]:
    """Each job with its last container, if that is still there."""
    told = {change.name: change.reason for change in plan.changes if change.kind == "job"}
    for name, jobs in desired.jobs.items():
        for job in jobs:
            there = [c for c in observed.jobs if c.slot == job.container.slot]
            last = max(there, key=lambda c: c.started_at, default=None)
            due = told.get(job.container.name, "")
            said = f"to be run: {due}" if due else ""
            if last is not None or said:
                yield Row(name, job.title, last, None, said)


def _server_at(
    backend: str, hosts: Collection[str], servers: Sequence[ServerState]
) -> ServerState | None:
    """The one that points to a container, whatever its own name is."""
    return next((s for s in servers if s.backend == backend and s.host in hosts), None)


def _drift(change: Change) -> str:
    if change.verb == "remove":
        return change.reason
    fields = ", ".join(
        f"{f.field} {f.before or 'unset'} → {f.after or 'unset'}" for f in change.fields
    )
    return fields or change.reason


def _replaced(container: ObservedContainer, desired: Desired, plan: Plan) -> str:
    want = desired.containers.get(container.slot)
    if want is not None and any(
        c.verb == "replace" and c.backend == container.slot.backend for c in plan.changes
    ):
        return "to be replaced"
    return ""


_HEADINGS = (
    "BACKEND",
    "SERVER",
    "IN HAPROXY",
    "STATE",
    "FOR",
    "CHECK",
    "SESS",
    "WEIGHT",
    "CONTAINER",
    "ADDRESS",
)
_SPARE = ("ADDRESS", "CONTAINER", "IN HAPROXY", "WEIGHT", "CHECK")
"""What a narrow screen can do without: `--output json` has it."""


def render_status(
    desired: Desired,
    observed: Observed,
    plan: Plan,
    now: float,
    paint: Paint,
    width: int | None = None,
) -> list[str]:
    """`now` is in seconds since the epoch; `width` that of the screen, where there is one."""
    rows = status_rows(desired, observed, plan)
    if not observed.containers:
        return [f"{desired.topology}: nothing is running; `reconciler apply` starts it"]
    cells: list[tuple[str, ...]] = [_HEADINGS]
    for row, before in zip(rows, [None, *rows], strict=False):
        cells.append(_cells(row, now, repeats=before is not None and row.backend == before.backend))
    heading, *shown = fitting_table(cells, width, _SPARE)
    lines = [
        _headline(desired, observed, plan, sum(bool(r.by_hand) for r in rows), paint),
        "",
        heading,
    ]
    for row, line in zip(rows, shown, strict=True):
        lines += [line, *([f"    drift: {row.drift}"] if row.drift else [])]
    return lines + [f"note: {gap}" for gap in observed.gaps]


def _cells(row: Row, now: float, *, repeats: bool) -> tuple[str, ...]:
    container, server = row.container, row.server
    is_proxy = row.slot == str(PROXY_SLOT) and not row.backend
    state = _container_state(container) if container else "-"
    if server is not None:
        health = f", {container.health}" if container and container.health else ""
        state = f"{server.status}{health}"
    return (
        "haproxy" if is_proxy else "" if repeats else row.backend,
        "" if is_proxy else row.slot,
        server.name if server and server.name != row.slot else "",
        state,
        _lasts(container, server, now),
        server.check if server else "",
        str(server.sessions) if server else "",
        str(server.weight) if server else "",
        container.name if container else "-",
        row.outside or first_address(container) or "-",
    )


def _lasts(container: ObservedContainer | None, server: ServerState | None, now: float) -> str:
    """How long the state has lasted: as HAProxy tells of a server, else since Docker's start."""
    if server is not None:
        return ago(server.changed_s)
    is_running = container is not None and container.state == "running"
    return ago(now - container.started_at) if container and is_running else "-"


def first_address(container: ObservedContainer | None) -> str | None:
    """Its address on the first network that gave it one."""
    links = container.networks.values() if container else ()
    return next((link.address for link in links if link.address), None)


def _container_state(container: ObservedContainer) -> str:
    if container.state == "exited":
        return f"exited ({container.exit_code})"
    return f"{container.state}, {container.health}" if container.health else container.state


def _headline(desired: Desired, observed: Observed, plan: Plan, by_hand: int, paint: Paint) -> str:
    proxy = next((p for p in observed.proxies.values() if p.running), None)
    state = _state(desired, observed, plan, by_hand, paint)
    parts = [paint("bold", desired.topology), state]
    if proxy is not None and proxy.running is not None:
        parts.append(f"HAProxy {proxy.running.version}, up {ago(proxy.running.uptime_s)}")
        parts.append(_workers(proxy))
    else:
        parts.append("HAProxy does not run")
    if desired.proxy is not None and desired.proxy.stats is not None:
        stats = desired.proxy.stats
        parts += [
            f"http://{_host(port)}:{port.host_port}{stats.uri}"
            for slot in (PROXY_SLOT, ANCHOR_SLOT)
            if slot in desired.containers
            for port in desired.containers[slot].spec.ports
            if port.container_port == stats.listener.port
        ]
    return "   ".join(parts)


def _state(desired: Desired, observed: Observed, plan: Plan, by_hand: int, paint: Paint) -> str:
    """What is wrong comes first, then what is not as the file says."""
    found = []
    if wrong := list(troubles(desired, observed)):
        more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
        found.append(paint("error", f"not serving: {wrong[0]}{more}"))
    if not plan.is_empty:
        found.append(paint("warning", f"{len(plan.changes)} to change"))
    elif by_hand:
        found.append(paint("warning", f"{count(by_hand, 'server')} changed by hand"))
    return ", ".join(found) or paint("good", "converged")


def _host(port: PublishedPort) -> str:
    """The host's address in a URL; for all addresses, the one that works from here."""
    if port.address in {None, "0.0.0.0", "::"}:
        return "127.0.0.1"
    return f"[{port.address}]" if ":" in str(port.address) else str(port.address)


def _workers(proxy: ObservedProxy) -> str:
    old = f" and {proxy.old_workers} old" if proxy.old_workers else ""
    return f"1 worker{old}"
