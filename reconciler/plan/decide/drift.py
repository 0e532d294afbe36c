"""What somebody did to a server in the running HAProxy, past the file.

Only for a HAProxy that runs the wanted configuration: else the difference is the file's.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.control.replies import ServerState
from reconciler.haproxy.model import Backend


def server_drift(want: Backend, state: ServerState) -> str:
    """`drained by hand; weight 3 by hand, 1 in the file`; "" when all is as the file says."""
    return "; ".join(_parts(want, state))


def _parts(want: Backend, state: ServerState) -> Iterator[str]:
    by_hand = not state.is_kept_by_agent
    if state.is_disabled and by_hand:
        yield "in maintenance by hand"
    elif state.is_drained and by_hand:
        yield "drained by hand"
    elif want.check is not None and state.status == "no check":
        yield "checks switched off by hand"
    weight, maxconn = want.amounts_of(state.name)
    if state.weight != weight and want.settings.agent is None:
        yield f"weight {state.weight} by hand, {weight} in the file"
    if state.maxconn != maxconn:
        had = state.maxconn or "unlimited"
        yield f"maxconn {had} by hand, {maxconn or 'none'} in the file"
