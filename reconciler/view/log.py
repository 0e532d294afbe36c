"""A daemon's log: a line for people, or a JSON document, for each thing there is to tell.

Quiet when nothing happens: a pass that found nothing to do is told when the one before was not so.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from reconciler.desired.impact import Impact
from reconciler.events.news import (
    FileBroken,
    FileMended,
    News,
    Noticed,
    Outcome,
    PassBegun,
    PassEnded,
)
from reconciler.plan.plan import Plan
from reconciler.view.documents import news_document
from reconciler.view.numbers import count, seconds
from reconciler.view.paint import Paint
from reconciler.view.printable import json_text
from reconciler.view.secrets import strike_secrets

Write = Callable[[str], None]
Now = Callable[[], datetime]
_DETAIL = " " * 4


class TextLog:
    """`12:04:12 shop  converged in 0.9 s: 1 created, runtime change, no reload`."""

    def __init__(self, write: Write, paint: Paint, now: Now) -> None:
        self._write, self._paint, self._now = write, paint, now
        self._secrets: tuple[str, ...] = ()

    def hide(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple({*self._secrets, *secrets})

    def __call__(self, topology: str, news: News) -> None:
        for line in _lines(news, self._paint):
            head = f"{self._paint('dim', f'{self._now():%H:%M:%S}')} {topology or 'watch'}  "
            self._write(head + strike_secrets(line, self._secrets))


def _lines(news: News, paint: Paint) -> Iterator[str]:
    match news:
        case PassBegun():
            if news.is_news:
                yield news.cause
        case PassEnded():
            yield from _ended(news, paint)
        case Noticed(what):
            yield what
        case FileBroken(file, diagnostics, _, is_in_force):
            after = "; the last good file stays in force" if is_in_force else ""
            for diagnostic in diagnostics:
                place = paint("error", str(diagnostic.place) or file)
                more = "; ".join(filter(None, (diagnostic.hint, *map(str, diagnostic.related))))
                yield f"{place} {diagnostic.message}{more and f' ({more})'}{after}"
        case FileMended(file):
            yield f"{file} can be used again"
        case _:
            return


def _ended(ended: PassEnded, paint: Paint) -> Iterator[str]:
    took = seconds(ended.elapsed_s)
    match ended.outcome:
        case Outcome.CONVERGED if ended.is_edit:
            yield f"{paint('good', 'converged')} in {took}: {_did(ended)}"
        case Outcome.CONVERGED | Outcome.KEPT if ended.has_healed:
            yield f"{paint('good', 'healed')} in {took}"
        case Outcome.KEPT if ended.is_news:
            again = f"the new one is tried in {seconds(ended.retry_s or 0.0)}"
            yield f"keeps what the file said before{_servers(ended)}; {again}"
        case Outcome.UNCHANGED if ended.is_news:
            yield f"up to date{_servers(ended)}"
        case Outcome.DRIFT if ended.is_news:
            yield f"differs from its file ({ended.cause}); this is a dry run, nothing is changed"
            for change in ended.plan.changes:
                yield f"{_DETAIL}{change.subject}: {change.verb}, {change.reason} [{change.impact}]"
        case Outcome.DEFERRED if ended.is_news:
            names = ", ".join(dict.fromkeys(change.name for change in ended.plan.changes))
            yield f"{names}: breaks again and again; next repair in {seconds(ended.retry_s or 0.0)}"
        case Outcome.STANDBY if ended.is_news:
            yield f"stands by: {ended.failures[0].message}"
        case Outcome.SUPERSEDED:
            yield "the file says something else now; going on with that"
        case Outcome.STOPPED:
            yield "stopped as asked; the next start goes on from here"
        case Outcome.FAILED if ended.is_news:
            yield from _failed(ended, paint)
        case _:
            return


def _failed(ended: PassEnded, paint: Paint) -> Iterator[str]:
    for failure in ended.failures:
        yield f"{paint('error', f'error[{failure.code}]')}: {failure.message}"
        yield from (f"{_DETAIL}{line}" for line in (*failure.details, *failure.related))
        if failure.hint:
            yield f"{_DETAIL}{failure.hint}"
    again = "" if ended.retry_s is None else f"; tried again in {seconds(ended.retry_s)}"
    yield f"not converged{_servers(ended)}{again}"


def _did(ended: PassEnded) -> str:
    plan = ended.plan
    words = (
        ("create", "created"),
        ("replace", "replaced"),
        ("update", "changed"),
        ("remove", "removed"),
    )
    done = [f"{number} {word}" for verb, word in words if (number := _number(plan, verb))]
    if plan.impact is Impact.RUNTIME:
        done.append("runtime change")
    done.append(count(ended.reloads, "reload") if ended.reloads else "no reload")
    return ", ".join(done)


def _number(plan: Plan, verb: str) -> int:
    """How many containers change so; that HAProxy is told of them is no change of its own."""
    return sum(c.verb == verb and c.kind == "container" for c in plan.changes)


def _servers(ended: PassEnded) -> str:
    return f" ({ended.servers_up} of {count(ended.servers, 'server')} up)" if ended.servers else ""


class JsonLog:
    """One document a line, as in schemas/event.v1.json."""

    def __init__(self, write: Write, now: Now) -> None:
        self._write, self._now = write, now
        self._secrets: tuple[str, ...] = ()
        self._writing = threading.Lock()

    def hide(self, secrets: Sequence[str]) -> None:
        self._secrets = tuple({*self._secrets, *secrets})

    def __call__(self, topology: str, news: News) -> None:
        document = news_document(news, topology, self._secrets)
        document["time"] = self._now().isoformat(timespec="milliseconds")
        with self._writing:
            self._write(json_text(document))
