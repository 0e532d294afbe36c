"""What HAProxy's checks found, in words (management guide, 9.1: `check_status`)."""

from __future__ import annotations

import re

_MEANINGS = {
    "L4TOUT": "no connection in time",
    "L4CON": "nothing listens there, or on 127.0.0.1 of the container alone",
    "L6TOUT": "no TLS in time",
    "L6RSP": "TLS is not spoken there, or its certificate is not trusted",
    "L7TOUT": "no answer in time",
    "L7RSP": "not the answer that the check expects",
    "SOCKERR": "the connection broke, as where TLS or `proto: h2` is not spoken",
    "PROCERR": "the program that checks failed",
}


def explain_check(check: str) -> str:
    """The last check of a server, `L7STS/503 in 2 ms`, with what that means; as it is when it tells
    nothing bad."""
    found = re.match(r"(?:\* )?([A-Z0-9]+)(?:/(\d+))?", check)
    if found is None:
        return check
    status, code = found.groups()
    meaning = f"answered {code}" if status == "L7STS" and code else _MEANINGS.get(status, "")
    return f"{meaning} ({check})" if meaning else check
