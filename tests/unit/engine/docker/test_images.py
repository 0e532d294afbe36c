"""A pull whose registry falls silent, or whose engine goes away, in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests.exceptions
from urllib3.exceptions import ReadTimeoutError

from reconciler.engine.docker.images import pull
from reconciler.engine.errors import CancelledError, EngineError
from reconciler.engine.protocol import Patience

SILENT: Any = ReadTimeoutError(None, "", "Read timed out.")  # type: ignore[arg-type]  # no pool


class Client:
    """Tells of one layer, and then this."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def pull(self, *_: str, **__: object) -> Iterator[dict[str, Any]]:
        yield {"status": "Downloading", "id": "a", "progressDetail": {"current": 1, "total": 2}}
        raise self.error


def _pull(error: Exception, *, is_cancelled: bool = False) -> None:
    client: Any = Client(error)
    patience = Patience(5, is_cancelled=lambda: is_cancelled)
    pull(client, "shop/web:1", patience, lambda _: None)


@pytest.mark.parametrize(
    "error", [requests.exceptions.ConnectionError(SILENT), requests.exceptions.ReadTimeout(SILENT)]
)
def test_silence_is_the_registrys(error: Exception) -> None:
    with pytest.raises(EngineError, match="said nothing for") as caught:
        _pull(error)
    assert caught.value.diagnostic.code == "pull-failed"


def test_a_broken_connection_is_the_engines() -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        _pull(requests.exceptions.ConnectionError("Connection aborted."))


def test_who_is_asked_to_stop_does() -> None:
    with pytest.raises(CancelledError, match="shop/web:1"):
        _pull(ValueError("not reached"), is_cancelled=True)
