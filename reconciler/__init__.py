"""One YAML file for containers and the HAProxy in front of them.

What stands in `__all__` is public, and docs/api.md tells what is promised of it; all else is
private. It is imported when it is first asked for, so that the command does not pay for it.

The road through the package, each step a function of the one before:

    load_topology -> compile_topology -> plan_topology -> apply_topology
"""

TYPE_CHECKING = False  # as in `typing`, which takes its time; type checkers know the name
if TYPE_CHECKING:
    from reconciler import events as events
    from reconciler.api import TopologyError as TopologyError
    from reconciler.api import apply_topology as apply_topology
    from reconciler.api import compile_topology as compile_topology
    from reconciler.api import load_topology as load_topology
    from reconciler.api import plan_topology as plan_topology
    from reconciler.api import watch_topologies as watch_topologies
    from reconciler.desired.impact import Impact as Impact
    from reconciler.diagnostics.diagnostic import Diagnostic as Diagnostic
    from reconciler.engine.docker.wakeups import DockerEngines as DockerEngines
    from reconciler.engine.errors import EngineError as EngineError
    from reconciler.engine.memory import Image as Image
    from reconciler.engine.memory import MemoryEngines as MemoryEngines
    from reconciler.engine.memory import World as World

__version__ = "0.1.0"
_HOMES = {
    "Diagnostic": "diagnostics.diagnostic",
    "DockerEngines": "engine.docker.wakeups",
    "EngineError": "engine.errors",
    "Image": "engine.memory",
    "Impact": "desired.impact",
    "MemoryEngines": "engine.memory",
    "TopologyError": "api",
    "World": "engine.memory",
    "apply_topology": "api",
    "compile_topology": "api",
    "load_topology": "api",
    "plan_topology": "api",
    "watch_topologies": "api",
}
__all__ = [*_HOMES, "events"]  # noqa: PLE0604  # names, whatever the linter makes of them


if not TYPE_CHECKING:  # or a type checker would take every name for one that is there

    def __getattr__(name):
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module  # noqa: PLC0415  # nobody else needs it

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __dir__():
        return sorted({*globals(), *__all__})
