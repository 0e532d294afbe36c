"""What somebody did to a server in the running HAProxy, past the file.

Only for a HAProxy that runs the wanted configuration: else the difference is the file's.
"""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.haproxy.model import Backend
from reconciler.haproxy.runtime import ServerState

FORCED_MAINT, FORCED_DRAIN = 0x01, 0x08
"""Bits of srv_admin_state that only a command sets (management guide, "show servers state").

Maintenance has other causes too: a name that does not resolve, a server that is followed.
"""


def server_drift(
    want: Backend, state: ServerState, *, admin: int | None = None, maxconn: int | None = None
) -> str:
    """`drained by hand; weight 3 by hand, 1 in the file`; "" when all is as the file says.

    `admin` is srv_admin_state, `maxconn` the limit in force with 0 for none; None when not known.
    """
    return "; ".join(_parts(want, state, admin, maxconn))


def _parts(
    want: Backend, state: ServerState, admin: int | None, maxconn: int | None
) -> Iterator[str]:
    if admin is not None and admin & FORCED_MAINT:
        yield "in maintenance by hand"
    elif state.status == "DRAIN" or (admin is not None and admin & FORCED_DRAIN):
        yield "drained by hand"
    elif want.check is not None and state.status == "no check":
        yield "checks switched off by hand"
    if state.weight != want.weight:
        yield f"weight {state.weight} by hand, {want.weight} in the file"
    if maxconn is not None and maxconn != (want.maxconn or 0):
        yield f"maxconn {maxconn or 'unlimited'} by hand, {want.maxconn or 'none'} in the file"
