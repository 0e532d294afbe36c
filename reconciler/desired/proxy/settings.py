"""What frontends and backends say for themselves to HAProxy's own model."""

from __future__ import annotations

from reconciler.haproxy.model.settings import DEFAULT_SETTINGS, Agent, Settings, Timeouts
from reconciler.topology.model import Backend, Frontend


def compile_timeouts(owner: Frontend | Backend) -> Timeouts:
    timeouts = owner.timeouts.model_dump(exclude_none=True)
    if isinstance(owner, Backend) and owner.mode == "tcp" and "server" in timeouts:
        # All of such a connection is a tunnel, to which HAProxy applies no other timeout.
        timeouts.setdefault("tunnel", timeouts["server"])
    return tuple((key.replace("_", "-"), seconds) for key, seconds in timeouts.items())


def compile_settings(backend: Backend) -> Settings:
    agent = backend.check.agent
    return Settings(
        timeouts=compile_timeouts(backend),
        retries=backend.retries,
        retry_on=backend.retry_on or DEFAULT_SETTINGS.retry_on,
        fullconn=backend.fullconn,
        minconn=backend.minconn,
        maxqueue=backend.maxqueue,
        slow_start_s=backend.slow_start,
        http_reuse=backend.http_reuse,
        all_backups=backend.all_backups,
        on_marked_down=backend.on_marked_down,
        on_marked_up=backend.on_marked_up,
        agent=Agent(agent.port, agent.interval) if agent else None,
    )
