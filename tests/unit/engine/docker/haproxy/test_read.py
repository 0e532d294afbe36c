"""What is told of a HAProxy that cannot be read holds nothing of its configuration."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.engine.docker.exec import Output
from reconciler.engine.docker.haproxy import proxy, runtime
from reconciler.engine.errors import EngineError


def test_a_look_that_was_killed_shows_no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "/usr/bin/perl\n\x1econfig\nuser admin insecure-password s3cret\nKilled"
    monkeypatch.setattr(proxy, "run_in_container", lambda *_: Output(137, text))
    monkeypatch.setattr(runtime, "locate", lambda *_: None)
    client: Any = None
    with pytest.raises(EngineError) as raised:
        proxy.read_proxy(client, "1")
    assert "s3cret" not in str(raised.value.diagnostic)
    assert "exit code 137" in raised.value.diagnostic.message
