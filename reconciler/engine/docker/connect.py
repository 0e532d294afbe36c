"""Which engine to talk to, found as the Docker CLI finds it, and errors in one line."""

from __future__ import annotations

import http.client
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import requests
import requests.exceptions
from docker.context import ContextAPI
from docker.utils import kwargs_from_env

from reconciler.engine.docker.answers import AnswerError, Client
from reconciler.engine.errors import EngineError
from reconciler.engine.trace import Trace, request_name

OLDEST_API = (1, 41)
"""Docker 20.10: the first whose containers may bind low ports without root."""
TIMEOUT_S = 120
_NOBODY_ANSWERS = "start Docker, or set DOCKER_HOST or `docker context use`"
_HINTS = (
    (
        "certificate",
        "the engine's certificate must be signed by the ca.pem in DOCKER_CERT_PATH, "
        "and be for this name; REQUESTS_CA_BUNDLE, where it is set, comes before that file",
    ),
    ("paramiko", "`pip install 'haproxy-reconciler[ssh]'`, for engines by ssh"),
)
"""Words of a cause, and what to do about each."""


class _Client(Client):
    """A client that keeps what the engine answered to the only question asked at the start."""

    said: Mapping[str, Any]
    trace: Trace | None = None

    def version(self, api_version: bool = True) -> Mapping[str, Any]:
        self.said = super().version(api_version)
        return self.said

    def send(self, request: requests.PreparedRequest, **given: Any) -> Any:
        if self.trace is None:
            return super().send(request, **given)
        path = urlsplit(request.url or "").path
        with self.trace.span(request_name(request.method or "", path), "request"):
            return super().send(request, **given)


def connect(parallel: int, trace: Trace | None = None) -> tuple[docker.APIClient, str]:
    """A client for DOCKER_HOST, else the current context, else the default socket; and its address.

    Order as in the Docker CLI ("docker context"). Raises EngineError.
    """
    options = _endpoint()
    where = options.get("base_url") or "unix:///var/run/docker.sock"
    try:
        client = _Client(
            version="auto",
            timeout=TIMEOUT_S,
            num_pools=4,
            max_pool_size=parallel + 2,
            use_ssh_client=True,
            **options,
        )
    except (docker.errors.DockerException, requests.exceptions.RequestException, OSError) as error:
        cause = cause_of(error)
        raise EngineError(
            "engine-unreachable",
            f"no Docker engine answers at {where}: {cause}",
            next((hint for word, hint in _HINTS if word in cause), _NOBODY_ANSWERS),
        ) from error
    client.trace = trace
    if unfit := _why_unfit(client, where):
        client.close()
        raise unfit
    return client, where


def _why_unfit(client: _Client, where: str) -> EngineError | None:
    """Why nothing can be done with this engine; None for one that will do."""
    for component in client.said.get("Components") or ():
        if str(component.get("Name", "")).startswith("Podman"):
            return EngineError(
                "engine-unsupported",
                f"what answers at {where} is Podman {component.get('Version', '')}, whose Docker "
                "API differs from Docker's where containers are replaced without a gap",
                "set DOCKER_HOST, or `docker context use`, to a Docker engine",
            )
    if api_of(client) < OLDEST_API:
        return EngineError(
            "engine-too-old",
            f"the Docker engine at {where} speaks API {client.api_version}; "
            "1.41 (Docker 20.10) or newer is needed",
            "upgrade Docker",
        )
    return None


def api_of(client: docker.APIClient) -> tuple[int, int]:
    """The version that client and engine speak."""
    major, _, minor = client.api_version.partition(".")
    return int(major), int(minor)


def _endpoint() -> dict[str, Any]:
    if os.environ.get("DOCKER_HOST"):
        return dict(kwargs_from_env(environment=_environment()))
    name = os.environ.get("DOCKER_CONTEXT") or None
    try:
        context = ContextAPI.get_context(name)
    except (docker.errors.DockerException, OSError, ValueError) as error:
        raise EngineError(
            "engine-unreachable", f"the Docker context cannot be read: {error}"
        ) from error
    if context is None:
        raise EngineError(
            "engine-unreachable",
            f"there is no Docker context `{name}`" if name else "the current context is missing",
            "`docker context ls` shows those there are",
        )
    options: dict[str, Any] = {"base_url": context.Host}
    if context.TLSConfig:
        options["tls"] = context.TLSConfig
    return options


def _environment() -> dict[str, str]:
    """As the Docker CLI reads it: without DOCKER_TLS_VERIFY or DOCKER_TLS there is no TLS, whatever
    DOCKER_CERT_PATH says. Raises EngineError for a file that is missing."""
    given = dict(os.environ)
    verifies = bool(given.get("DOCKER_TLS_VERIFY"))
    if not verifies and not given.get("DOCKER_TLS"):
        given.pop("DOCKER_CERT_PATH", None)
        return given
    directory = Path(given.get("DOCKER_CERT_PATH") or Path.home() / ".docker")
    for name in (*(["ca.pem"] if verifies else []), "cert.pem", "key.pem"):
        if not (directory / name).is_file():
            raise EngineError(
                "engine-unreachable",
                f"there is no {directory / name}, which TLS with the Docker engine needs",
                "DOCKER_CERT_PATH names the directory of ca.pem, cert.pem and key.pem; for an "
                "engine without TLS unset DOCKER_TLS_VERIFY",
            )
    return given


def cause_of(error: BaseException) -> str:
    """The innermost reason, short: `connection refused`, `no such file or directory`."""
    text = str(error)
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, AnswerError):
            return str(seen)
        for told in (seen, *seen.args):
            if isinstance(told, OSError) and told.strerror:
                return told.strerror.lower()
            if isinstance(told, http.client.HTTPException):  # of no connection, but of an answer
                return str(told)
        seen = seen.__cause__ or seen.__context__
    for known in ("No such file or directory", "Connection refused", "Permission denied"):
        if known in text:
            return known.lower()
    return text.splitlines()[0] if text else type(error).__name__
