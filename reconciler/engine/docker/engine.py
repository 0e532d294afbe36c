"""The Docker engine: a client, a small pool of threads, and the modules beside this one."""

from __future__ import annotations

import contextlib
import json
import tarfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import docker.errors
import requests.exceptions
import urllib3.exceptions

from reconciler.desired.desired import Scope
from reconciler.engine.docker import lock, observe, perform
from reconciler.engine.docker.answers import AnswerError
from reconciler.engine.docker.connect import cause_of, connect
from reconciler.engine.docker.inspections import Inspections
from reconciler.engine.docker.refusals import refusal
from reconciler.engine.errors import EngineError
from reconciler.engine.protocol import Patience, Report
from reconciler.engine.trace import Trace
from reconciler.plan.action_labels import label_of
from reconciler.plan.actions import Action
from reconciler.plan.observed import Observed

PARALLEL = 8
_BROKEN = (
    docker.errors.DockerException,
    requests.exceptions.RequestException,
    OSError,
    urllib3.exceptions.HTTPError,  # streams, as that of a pull, are read without requests
    # Half an answer, where its end was not to be seen otherwise:
    docker.errors.StreamParseError,
    json.JSONDecodeError,
    tarfile.TarError,
)


class DockerEngine:
    """Engine on a Docker API of 1.41 or newer. Close it, or use it as a context manager."""

    def __init__(
        self, topology: str, inspections: Inspections | None = None, trace: Trace | None = None
    ) -> None:
        """`topology` is what its actions are for. Raises EngineError when no engine answers."""
        self._topology = topology
        self._inspections = inspections or Inspections()
        self._client, self._where = connect(PARALLEL, trace)
        self._pool = ThreadPoolExecutor(PARALLEL, thread_name_prefix="observe")

    @property
    def description(self) -> str:
        return self._where

    def observe(self, scope: Scope) -> Observed:
        with _in_words("looking at what is there"):
            return observe.observe(self._client, self._pool, scope, self._inspections)

    def topologies(self) -> list[str]:
        with _in_words("looking for topologies"):
            return observe.list_topologies(self._client, self._pool)

    def perform(self, action: Action, patience: Patience, report: Report) -> None:
        with _in_words(label_of(action)):
            try:
                perform.perform(self._client, self._topology, action, patience, report)
            finally:
                self._inspections.forget_all()

    @contextlib.contextmanager
    def lock(
        self, topology: str, holder: str, images: Sequence[str], timeout_s: float
    ) -> Iterator[lock.HeldLock]:
        with contextlib.ExitStack() as stack:
            with _in_words("taking the lock"):
                taken = stack.enter_context(
                    lock.held_lock(self._client, topology, holder, images, timeout_s)
                )
            yield taken

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def __enter__(self) -> DockerEngine:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextlib.contextmanager
def _in_words(doing: str) -> Iterator[None]:
    """The SDK's errors as ours, with what Docker said."""
    try:
        yield
    except EngineError:
        raise
    except docker.errors.APIError as error:
        said = str(error.explanation or error).strip()
        if (known := refusal(said)) is not None:
            raise known from error
        raise EngineError("engine-refused", f"{doing}: Docker says: {said}") from error
    except AnswerError as error:
        raise EngineError(
            "engine-garbled",
            f"{doing}: {error}",
            "what is between here and the engine changes its answers, or the engine is ill; apply "
            "again when `docker version` and `docker ps` answer as usual",
        ) from error
    except _BROKEN as error:
        raise EngineError(
            "engine-lost",
            f"{doing}: the connection to the Docker engine broke: {cause_of(error)}",
            "apply again when it answers",
        ) from error
