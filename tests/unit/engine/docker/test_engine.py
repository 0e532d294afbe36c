"""What breaks between the engine and us is told as that, whichever library finds it."""

from __future__ import annotations

import json
import tarfile

import docker.errors
import pytest
import requests.exceptions
import urllib3.exceptions

from reconciler.engine.docker.engine import _in_words
from reconciler.engine.errors import EngineError

BROKEN = (
    OSError("broken pipe"),
    requests.exceptions.ChunkedEncodingError("cut"),
    # As of a pull whose engine is restarted: the SDK reads its stream without requests.
    urllib3.exceptions.ProtocolError("Connection broken: IncompleteRead(0 bytes read)"),
    docker.errors.StreamParseError("half a line"),
    json.JSONDecodeError("half a document", "", 0),
    tarfile.ReadError("unexpected end of data"),
)


@pytest.mark.parametrize("error", BROKEN, ids=lambda error: type(error).__name__)
def test_a_connection_that_broke(error: Exception) -> None:
    with pytest.raises(EngineError, match="connection to the Docker engine broke") as raised:  # noqa: SIM117  # what is raised inside
        with _in_words("pull image x"):
            raise error
    assert raised.value.diagnostic.code == "engine-lost"
