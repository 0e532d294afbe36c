"""What is told while things happen, as values, pure: for progress, logs, metrics and status.

The names in `__all__` are public, as `reconciler.events.StepDone`; docs/api.md tells of them.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.events.events import Event as Event
    from reconciler.events.events import PlanStarted as PlanStarted
    from reconciler.events.events import StepDone as StepDone
    from reconciler.events.events import StepFailed as StepFailed
    from reconciler.events.events import StepProgressed as StepProgressed
    from reconciler.events.events import StepSkipped as StepSkipped
    from reconciler.events.events import StepStarted as StepStarted
    from reconciler.events.events import Waiting as Waiting
    from reconciler.events.news import FileBroken as FileBroken
    from reconciler.events.news import FileMended as FileMended
    from reconciler.events.news import News as News
    from reconciler.events.news import Noticed as Noticed
    from reconciler.events.news import Outcome as Outcome
    from reconciler.events.news import PassBegun as PassBegun
    from reconciler.events.news import PassEnded as PassEnded

__all__ = [
    "Event",
    "FileBroken",
    "FileMended",
    "News",
    "Noticed",
    "Outcome",
    "PassBegun",
    "PassEnded",
    "PlanStarted",
    "StepDone",
    "StepFailed",
    "StepProgressed",
    "StepSkipped",
    "StepStarted",
    "Waiting",
]

if not TYPE_CHECKING:  # or a type checker would take every name for one that is there

    def __getattr__(name):
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # Late: who imports one of the modules in here pays for no other.
        from reconciler.events import events, news  # noqa: PLC0415

        return getattr(news if hasattr(news, name) else events, name)
