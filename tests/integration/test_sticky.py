"""Clients that come back to the server they had, while servers come and go."""

from __future__ import annotations

from tests.integration.support.stack import Stack
from tests.integration.support.traffic import Traffic


def test_sessions_outlive_all_but_their_server(stack: Stack) -> None:
    stack.backend.update(replicas=3, sticky="cookie", rollout={"drain_timeout": "1s"})
    stack.apply()
    with Traffic(stack.port, one_shot=3, keep_alive=3) as traffic:
        stack.backend["replicas"] = 4  # with no reload
        stack.spec["haproxy"]["timeouts"] = {"client": "11s"}  # with one
        stack.apply()
        traffic.go_on()
        assert [len(visits) for visits in traffic.visits] == [1] * 6
        assert len(traffic.served) == 3

        homes = [visits[0] for visits in traffic.visits]
        stack.backend["replicas"] = 2
        stack.apply()
        traffic.go_on()
    traffic.assert_lossless()
    stay = {stack.ids()[f"web-{number}"][:12] for number in (1, 2)}
    for home, visits in zip(homes, traffic.visits, strict=True):
        assert visits[0] == home
        assert len(visits) == (1 if home in stay else 2)
        assert visits[-1] in stay
    stack.assert_converged()
