"""Every file in topologies/ does what it says. A new file is tested without new code."""

from __future__ import annotations

import contextlib

import pytest

from tests.integration.support import example, tls, web
from tests.integration.support.outside import outside_server
from tests.integration.support.ports import random_name
from tests.integration.support.stack import Stack
from tests.integration.support.waiting import await_true


@pytest.mark.parametrize("file", example.FILES)
def test_an_example_runs(stack: Stack, file: str, haproxy_image: str) -> None:
    spec = example.borrow(stack, file, haproxy_image)
    with contextlib.ExitStack() as outside:
        for name in example.external_networks(spec):
            outside.enter_context(stack.world.foreign_network(own := random_name("net")))
            example.rename_network(spec, name, own)
        for server in example.outside_servers(spec):
            there = outside.enter_context(outside_server(stack.world))
            server["address"], server["port"] = there
        stack.run("validate")
        stack.apply()

        for frontend in spec.get("frontends", {}).values():
            mode = frontend.get("mode")
            if mode is None and "default_backend" in frontend:
                mode = spec["backends"][frontend["default_backend"]].get("mode")
            for port, has_tls in example.ports_of(frontend):
                if has_tls:
                    with tls.connect(port, "localhost") as connection:
                        assert tls.request(connection)[0] == 200
                elif "redirect" in frontend:
                    assert web.get(port).status == 308
                elif mode == "tcp":
                    assert web.exchange(port, b"GET / HTTP/1.0\r\n\r\n")
                else:
                    assert web.get(port).status == 200
        if "stats" in spec:
            assert web.is_open(spec["stats"]["port"])

        assert stack.plan_document()["empty"]
        assert "up to date" in stack.apply().out
        stack.destroy("--volumes")
        await_true(lambda: not stack.world.leftovers(stack.name), "all is removed")
