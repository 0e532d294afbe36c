"""What a backend says for itself to HAProxy's own model."""

from __future__ import annotations

from reconciler.haproxy.settings import DEFAULT_SETTINGS, Agent, Settings
from reconciler.topology.model import Backend


def compile_settings(backend: Backend) -> Settings:
    timeouts = backend.timeouts.model_dump(exclude_none=True)
    agent = backend.check.agent
    return Settings(
        timeouts=tuple((key.replace("_", "-"), seconds) for key, seconds in timeouts.items()),
        retries=backend.retries,
        retry_on=backend.retry_on or DEFAULT_SETTINGS.retry_on,
        fullconn=backend.fullconn,
        minconn=backend.minconn,
        maxqueue=backend.maxqueue,
        slow_start_s=backend.slow_start,
        agent=Agent(agent.port, agent.interval) if agent else None,
    )
