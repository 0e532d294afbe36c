"""What Docker answers, told from what is no answer of Docker's.

A proxy in between, an engine that is ill, or a connection that ends too early can give anything for
an answer: `null`, half a document, a page of HTML. What is read as something empty would be a look
at a world without containers. So each answer is looked at here, once, before anybody reads it: it
has to be JSON, and have the form that all of this package relies on.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Iterable
from typing import Any

import docker
import docker.errors

from reconciler.engine.bounds import MOST_BYTES

_SHOWN = 200
"""Characters that are shown of what came in place of an answer."""


class AnswerError(docker.errors.DockerException):  # type: ignore[misc]  # the SDK has no types
    """Something else came where an answer of Docker's was awaited."""


class Client(docker.APIClient):  # type: ignore[misc]  # the same
    """The SDK's client, which takes for an answer what is one. Raises AnswerError for others."""

    def _raise_for_status(self, response: Any) -> None:
        """A 404 or 409 tells that something is not there, or is: these have to be Docker's own."""
        if response.status_code >= 400:
            said = _parsed(response)
            if not isinstance(said, dict) or not isinstance(said.get("message"), str):
                raise AnswerError(
                    f"{_asked(response)} was answered with {response.status_code} by something "
                    f"that is not Docker: {response.text.strip()[:_SHOWN] or 'nothing'}"
                )
        super()._raise_for_status(response)

    def _result(self, response: Any, json: bool = False, binary: bool = False) -> Any:
        if not json:
            return super()._result(response, json=False, binary=binary)
        self._raise_for_status(response)
        said = _parsed(response)
        if problem := wrong_in(said, _shape_of(_asked(response))):
            raise AnswerError(f"the answer to {_asked(response)} cannot be read: {problem}")
        return said

    def _get_raw_response_socket(self, response: Any) -> Any:
        try:
            return super()._get_raw_response_socket(response)
        except AttributeError:
            raise AnswerError(f"{_asked(response)} was answered with no stream") from None


class _NoJSON:
    """Stands for what cannot be parsed."""


def _parsed(response: Any) -> Any:
    try:
        return response.json()
    except (ValueError, RecursionError):
        return _NoJSON()


def _asked(response: Any) -> str:
    """`GET /containers/json`, without version and query."""
    request = response.request
    return f"{request.method} {re.sub(r'^/v[0-9.]+(?=/)', '', request.path_url.partition('?')[0])}"


class _OrNone:
    """A form that may be null, and missing unless that is told apart."""

    def __init__(self, shape: Any, *, is_there: bool = False) -> None:
        self.shape, self.is_there = shape, is_there


_LABELS = _OrNone(dict)
_LINKS = {"Networks": _OrNone(dict)}
_LISTED = {
    "Id": str,
    "ImageID": str,
    "State": str,
    "Names": _OrNone([str]),
    "Labels": _LABELS,
    "Ports": _OrNone([dict]),
    "NetworkSettings": _OrNone(_LINKS),
}
_VOLUME = {"Name": str, "Driver": str, "Labels": _LABELS}
_CONTAINER = {
    "Id": str,
    "Name": str,
    "Image": str,
    "Created": str,
    "State": {"Status": str, "Running": bool, "Paused": bool, "Pid": int, "Health": _OrNone(dict)},
    "Config": {"Labels": _LABELS, "Env": _OrNone([str])},
    "HostConfig": {"PortBindings": _OrNone(dict), "RestartPolicy": _OrNone(dict)},
    "NetworkSettings": _LINKS,
}
_SHAPES: tuple[tuple[re.Pattern[str], Any], ...] = tuple(
    (re.compile(pattern), shape)
    for pattern, shape in (
        (r"GET /version", {"ApiVersion": str}),
        (r"GET /info", {"SystemTime": str}),
        (r"GET /containers/json", [_LISTED]),
        (r"GET /containers/.+/json", _CONTAINER),
        (r"GET /images/.+/json", {"Id": str, "Config": _OrNone({"Labels": _LABELS})}),
        (r"GET /networks", [{"Id": str, "Name": str, "Labels": _LABELS}]),
        (r"GET /networks/.+", {"Id": str, "Containers": _OrNone(dict)}),
        (r"GET /volumes", {"Volumes": _OrNone([_VOLUME], is_there=True)}),
        (r"POST /volumes/create", {"Name": str, "Labels": _LABELS}),
        (r"POST /(containers|networks)/create", {"Id": str}),
        (r"POST /containers/.+/exec", {"Id": str}),
    )
)
"""What is read of each answer, wherever that is: the names that have to be there, and their types.
A list stands for one of any length."""
_ANY = object
_NAMES = {dict: "an object", list: "a list", str: "a text", int: "a number", bool: "true or false"}


def _shape_of(asked: str) -> Any:
    return next((shape for pattern, shape in _SHAPES if pattern.fullmatch(asked)), _ANY)


def wrong_in(said: Any, shape: Any, where: str = "it") -> str:
    """What keeps a parsed answer from having a form, in words; "" when it has it."""
    if isinstance(said, _NoJSON):
        return "it is no JSON document"
    if isinstance(shape, _OrNone):
        return "" if said is None else wrong_in(said, shape.shape, where)
    kind: Any = shape if isinstance(shape, type) else type(shape)
    if not isinstance(said, kind) or (kind is int and isinstance(said, bool)):
        found = "null" if said is None else _NAMES.get(type(said), type(said).__name__)
        return f"{where} is {found}, and not {_NAMES.get(kind, kind.__name__)}"
    if isinstance(shape, dict):
        return _wrong_in_object(said, shape)
    if isinstance(shape, list):
        return next(filter(None, (wrong_in(item, shape[0], "an item of it") for item in said)), "")
    return ""


def _wrong_in_object(said: dict[str, Any], shape: dict[str, Any]) -> str:
    for name, inner in shape.items():
        if name not in said and (not isinstance(inner, _OrNone) or inner.is_there):
            return f"it has no `{name}`"
        if problem := wrong_in(said.get(name), inner, f"`{name}`"):
            return problem
    return ""


def open_archive(chunks: Iterable[bytes]) -> tarfile.TarFile:
    """An archive of a container's files, of a bounded size. Raises AnswerError."""
    try:
        return tarfile.open(fileobj=io.BytesIO(read_chunks(chunks)))
    except (tarfile.TarError, EOFError):
        raise AnswerError("an archive of a container's files cannot be read") from None


def read_chunks(chunks: Iterable[bytes]) -> bytes:
    """All of them. Raises AnswerError when they do not end in time."""
    received = bytearray()
    for chunk in chunks:
        received += chunk
        if len(received) > MOST_BYTES:
            raise AnswerError(f"a container gives more than {MOST_BYTES >> 20} MB")
    return bytes(received)
