"""What somebody did to the running HAProxy or to a server in it, past the file.

Only for a HAProxy that runs the wanted configuration: else the difference is the file's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.desired.desired import Desired
from reconciler.haproxy.config import Config, sections_of
from reconciler.haproxy.control.replies import RATE_LIMIT_KEYWORDS, ServerState
from reconciler.haproxy.control.rewrite import number_after
from reconciler.haproxy.control.servers import read_servers
from reconciler.haproxy.model import Backend
from reconciler.haproxy.slots import PROBE_SUFFIX, is_slot
from reconciler.plan.decide.health import judge_health
from reconciler.plan.observed import Observed, ObservedProxy
from reconciler.plan.plan import Plan


def worker_drift(config: Config, seen: ObservedProxy) -> str:
    """`frontend www was disabled by hand; …`: what a reload undoes; "" when there is nothing.
    `config` is what the worker has loaded."""
    sections = {
        heading: [line.strip() for line in lines]
        for heading, lines in sections_of(line.text for line in config.lines)
    }
    return "; ".join(
        (*_of_frontends(sections, seen), *_of_limits(sections, seen), *_of_servers(config, seen))
    )


_Sections = Mapping[str, Sequence[str]]


def _of_frontends(sections: _Sections, seen: ObservedProxy) -> Iterator[str]:
    for frontend in seen.frontends:
        lines = sections.get(f"frontend {frontend.name}")
        if lines is None or seen.running is None:
            continue
        if frontend.status != "OPEN" and "disabled" not in lines:
            did = {"PAUSED": "disabled", "STOP": "shut down"}.get(frontend.status, frontend.status)
            yield f"frontend `{frontend.name}` was {did} by hand"
        limit = number_after("maxconn", lines) or seen.running.loaded_maxconn
        if frontend.maxconn != limit:
            yield f"frontend `{frontend.name}` has maxconn {frontend.maxconn} by hand"


def _of_limits(sections: _Sections, seen: ObservedProxy) -> Iterator[str]:
    running = seen.running
    if running is None:
        return
    if running.maxconn != running.loaded_maxconn:
        yield f"maxconn is {running.maxconn} by hand"
    lines = sections.get("global", ())
    limits = dict(running.rate_limits)
    for name, keyword in RATE_LIMIT_KEYWORDS.items():
        if limits.get(name, 0) != (number_after(keyword, lines) or 0):
            yield f"the rate limit of {name} is {limits.get(name) or 'none'} by hand"


def _of_servers(config: Config, seen: ObservedProxy) -> Iterator[str]:
    """Servers that somebody has added, removed, or taken the checks from. Those that stand for
    containers come and go by the runtime API anyway."""
    written = {(server.backend, server.name): server for server in read_servers(config.text)}
    there = {(s.backend, s.name): s for s in seen.servers if not s.is_idle}
    for backend, name in sorted(written.keys() ^ there.keys()):
        if not is_slot(backend, name) and not backend.endswith(PROBE_SUFFIX):
            did = "removed" if (backend, name) in written else "added"
            yield f"server `{backend}/{name}` was {did} by hand"
    for place, server in there.items():
        if place in written and written[place].is_checked and server.status == "no check":
            yield f"checks of `{'/'.join(place)}` were switched off by hand"


def server_drift(want: Backend, state: ServerState) -> str:
    """`drained by hand; weight 3 by hand, 1 in the file`; "" when all is as the file says."""
    return "; ".join(_parts(want, state))


def _parts(want: Backend, state: ServerState) -> Iterator[str]:
    by_hand = not state.is_kept_by_agent
    if state.is_disabled and by_hand:
        yield "in maintenance by hand"
    elif state.is_drained and by_hand:
        yield "drained by hand"
    elif want.check is not None and state.status == "no check":
        yield "checks switched off by hand"
    weight, maxconn = want.amounts_of(state.name)
    if state.weight != weight and want.settings.agent is None:
        yield f"weight {state.weight} by hand, {weight} in the file"
    if state.maxconn != maxconn:
        had = state.maxconn or "unlimited"
        yield f"maxconn {had} by hand, {maxconn or 'none'} in the file"


def by_hand(desired: Desired, observed: Observed, plan: Plan, server: ServerState | None) -> str:
    """What was done to a server in HAProxy. Told only where the wanted configuration is written:
    else the difference is the file's."""
    written = {p.written_digest for p in observed.proxies.values()}
    if server is None or desired.proxy is None or plan.config is None:
        return ""
    if server.host in judge_health(desired, observed).hosts_out:
        return ""  # it is not by hand that it gets no traffic
    want = next((b for b in desired.proxy.backends if b.name == server.backend), None)
    return server_drift(want, server) if want and written == {plan.config.digest} else ""
