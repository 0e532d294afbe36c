"""The Docker engine that the tests and the benchmarks run on: that of DOCKER_HOST."""

from __future__ import annotations

import os
from typing import Any

import docker
import docker.constants


def api_client(**options: Any) -> Any:
    """The SDK's low-level client. `docker.APIClient()` alone has no regard for DOCKER_HOST."""
    return docker.APIClient(version="auto", **{**docker.utils.kwargs_from_env(), **options})


def socket_path() -> str:
    url = os.environ.get("DOCKER_HOST") or docker.constants.DEFAULT_UNIX_SOCKET
    scheme, _, path = url.partition("://")
    assert scheme.endswith("unix"), f"{url} is no Unix socket"
    return path
