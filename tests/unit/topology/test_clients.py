"""What a frontend says of its clients: what is refused."""

from __future__ import annotations

import pytest

from tests.unit.topology.reading import messages_of, read, topology_with

REFUSED = {
    "trusted_proxies: [10.0.0.0/8, proxy]": "bad-value `proxy` is neither an address nor a "
    "network; write it like `10.0.0.0/8` or `192.0.2.7`",
    "trusted_proxies: []": "bad-value `trusted_proxies` needs at least one item",
    "forwarded_for: X-Client": "wrong-type `forwarded_for` must be true or false, not `X-Client`",
    "mode: tcp\nforwarded_for: true": "mode-mismatch frontend `www` speaks tcp, and "
    "`forwarded_for` is for HTTP; leave it out, or use `mode: http`",
}


@pytest.mark.parametrize(("yaml", "expected"), REFUSED.items(), ids=REFUSED.keys())
def test_what_is_refused(yaml: str, expected: str) -> None:
    backend = "mode: tcp" if "tcp" in yaml else ""
    assert messages_of(read(topology_with(backend, frontend=yaml))) == [expected]
