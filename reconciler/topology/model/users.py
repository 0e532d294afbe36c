"""Users and passwords for basic authentication."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from reconciler.topology.model.base import accepts
from reconciler.topology.model.types.scalar import check_text, error, listed, scalar_text

_HASH = re.compile(r"\$([0-9a-z]+)\$")
_KINDS = {"1", "2a", "2b", "2y", "5", "6", "y"}
"""Of crypt(3); that of htpasswd, `apr1`, is Apache's alone."""


def _parse_users(value: Any) -> dict[str, str]:
    """`user:password`, a list of those, or a mapping of users to passwords."""
    items: dict[str, str] = {}
    if isinstance(value, dict):
        items = {user: scalar_text(password, at=(user,)) for user, password in value.items()}
    elif isinstance(value, str | list):
        for item in listed(value):
            user, colon, password = item.partition(":") if isinstance(item, str) else ("", "", "")
            if not colon or not user or not password:
                raise error(
                    "bad-value",
                    "`auth` needs a user and a password",
                    hint='write "user:password", best as `"admin:${STATS_PASSWORD}"`',
                )
            items[user] = password
    if not items:
        raise error(
            "bad-value", "`auth` needs at least one user and password", hint='write "user:password"'
        )
    for user, password in items.items():
        if re.fullmatch(r"[A-Za-z0-9_.@+-]{1,64}", user) is None:
            raise error("bad-value", "a user's name takes letters, digits and `_.@+-`")
        check_text(password)
        if (kind := _HASH.match(password)) and kind[1] not in _KINDS:
            raise error(
                "bad-value",
                f"HAProxy cannot check a hash of the kind `{kind[1]}`",
                hint="make one with `openssl passwd -6`, and write `$$` for each `$`",
                at=(user,) if isinstance(value, dict) else (),
            )
        if not password:
            raise error("bad-value", "the password is empty", at=(user,))
    return items


Users = Annotated[dict[str, str], BeforeValidator(_parse_users)]
USERS_SHORT = accepts({"type": "string"}, {"type": "array", "items": {"type": "string"}})
