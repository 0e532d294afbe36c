"""HAProxy's statistics page and metrics."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.base import Model, accepts, listed
from reconciler.topology.model.frontend import check_address
from reconciler.topology.types import Duration, Port, Text, UrlPath, check_text, error, scalar_text


def _parse_auth(value: Any) -> dict[str, str]:
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
        raise error("bad-value", "`auth` needs at least one user and password",
                    hint='write "user:password"')  # fmt: skip
    for user, password in items.items():
        if re.fullmatch(r"[A-Za-z0-9_.@+-]{1,64}", user) is None:
            raise error("bad-value", "a user's name takes letters, digits and `_.@+-`")
        check_text(password)
        if not password:
            raise error("bad-value", "the password is empty", at=(user,))
    return items


class Stats(Model):
    """HAProxy's statistics page, with metrics for Prometheus at `/metrics` beside it."""

    port: Port = 8404
    """The port."""
    bind: Text | None = None
    """The host's address; 127.0.0.1 unless there is `auth`."""
    uri: UrlPath = "/"
    """The path of the page."""
    refresh: Duration | None = Field(None, ge=1)
    """Let the browser load the page again after this time."""
    auth: Annotated[dict[str, str], BeforeValidator(_parse_auth)] = Field(
        default_factory=dict,
        json_schema_extra=accepts({"type": "string"},
                                   {"type": "array", "items": {"type": "string"}}),
    )  # fmt: skip
    """Users and passwords, for the page and the metrics; a password may be a crypt(3) hash."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is True:
            return {}
        if isinstance(value, int):
            return {"port": value}
        return value

    @model_validator(mode="after")
    def _rules(self) -> Stats:
        if self.bind is not None:
            check_address(self.bind, at="bind")
        if self.uri == "/metrics":
            raise error("bad-value", "`/metrics` is where Prometheus asks", at=("uri",),
                        hint="give the page another path")  # fmt: skip
        return self

    @property
    def address(self) -> str | None:
        """The host address to publish on; None for all."""
        return self.bind if self.bind is not None or self.auth else "127.0.0.1"
