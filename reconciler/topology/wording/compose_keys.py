"""Keys that people bring along from Compose, and what says the same here."""

from __future__ import annotations

from pydantic import BaseModel

from reconciler.topology.model import Backend, Topology
from reconciler.topology.model.anatomy import key, marks_of, step
from reconciler.topology.model.marks import InPlaceOf

_NOTHING_SAYS_IT: dict[type[BaseModel], dict[str, str]] = {
    Topology: {"version": "leave it out: there is one version"},
    Backend: {
        "attach": "leave it out: an apply shows no logs",
        "container_name": "leave it out: containers are named after the topology and the backend",
        "cpu_count": "leave it out: it is for Windows; write `resources: {cpus: 2}`",
        "cpu_percent": "leave it out: it is for Windows; write `resources: {cpus: 0.5}`",
        "cpu_rt_period": "nothing says it here: limits are in `resources`",
        "cpu_rt_runtime": "nothing says it here: limits are in `resources`",
        "cpu_period": "write `resources: {cpus: 0.5}`: the part of a processor's time",
        "cpu_quota": "write `resources: {cpus: 0.5}`: the part of a processor's time",
        "credential_spec": "leave it out: it is for Windows",
        "develop": "leave it out: images are built elsewhere; `reconciler watch` follows files",
        "external_links": "leave it out: join the `networks` of the containers to be reached",
        "isolation": "leave it out: it is for Windows",
        "mem_swappiness": "nothing says it here: `memswap_limit` bounds the swap",
        "models": "nothing says it here: run the model as a backend, and give its address in `env`",
        "oom_kill_disable": "leave it out: `oom_score_adj` says who is killed later than others",
        "provider": "nothing says it here: a backend has an `image`, or `servers` elsewhere",
        "pull_refresh_after": "write `pull: always`: each apply asks the registry",
        "use_api_socket": "mount it: `volumes: [/var/run/docker.sock:/var/run/docker.sock]`",
        "volumes_from": "name the same `volumes` in both backends",
        "extends": "write `<<: *name` for what `&name` stands at, or `include:` another file",
        "links": "leave it out: containers on one network know each other by their backends' names",
        "post_start": "leave it out: what runs before containers start is `before`",
        "pre_stop": "leave it out: HAProxy drains servers first, for as long as "
        "`rollout: {drain_timeout: 30s}` says",
        "deploy": "what it holds is in `replicas`, `resources` and `rollout` here",
    },
}
"""Compose's keys that no single one of ours stands for, by what they stand in."""


def hint_for(name: str, model: type[BaseModel]) -> str:
    """What to write in place of a key of Compose's; "" for any other."""
    for own in (key(at, field) for at, field in model.model_fields.items()):
        for mark in marks_of(step(model, own)):
            if isinstance(mark, InPlaceOf) and mark.key == name:
                return mark.hint or f"it is `{own}` here"
    return _NOTHING_SAYS_IT.get(model, {}).get(name, "")
