"""Pull an image, with progress."""

from __future__ import annotations

import docker
import docker.errors
from docker.utils import parse_repository_tag

from reconciler.engine.docker.answers import AnswerError
from reconciler.engine.errors import CancelledError, pull_failed
from reconciler.engine.protocol import Patience, Progress, Report


def pull(
    client: docker.APIClient, reference: str, patience: Patience, report: Report, platform: str = ""
) -> None:
    """Registry credentials are those of `docker login`: the SDK reads them. Raises EngineError."""
    repository, tag = parse_repository_tag(reference)
    sizes: dict[str, tuple[int, int]] = {}
    try:
        for item in client.pull(
            repository, tag=tag or "latest", stream=True, decode=True, platform=platform or None
        ):
            if patience.is_cancelled():
                raise CancelledError(f"stopped while pulling {reference}")
            if not isinstance(item, dict):
                raise AnswerError(f"what is told of the pull of {reference} cannot be read")
            if "error" in item:
                raise pull_failed(reference, str(item["error"]))
            detail = item.get("progressDetail") or {}
            if item.get("status") == "Downloading" and "total" in detail:
                sizes[item["id"]] = (detail["current"], detail["total"])
                done, total = (sum(column) for column in zip(*sizes.values(), strict=True))
                report(Progress(done, total))
    except docker.errors.APIError as error:
        raise pull_failed(reference, error.explanation or str(error)) from error
