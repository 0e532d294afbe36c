"""HAProxy's statistics page and metrics."""

from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, model_validator

from reconciler.topology.model.base import Model, accepts_one
from reconciler.topology.model.bind import Bind, check_address
from reconciler.topology.model.types.scalar import Duration, Port, Text, UrlPath, error, listed
from reconciler.topology.model.users import USERS_SHORT, Users


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
    auth: Users = Field(default_factory=dict, json_schema_extra=USERS_SHORT)
    """Users and passwords, for the page and the metrics; a password may be a crypt(3) hash."""
    admin: Annotated[tuple[Text, ...], BeforeValidator(listed)] = Field(
        (), json_schema_extra=accepts_one
    )
    """Those of the users who may also drain and stop servers on the page. The next apply, and a
    daemon at once, undoes what they have done by hand."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is True:
            return {}
        if isinstance(value, int):
            return {"port": value}
        return value

    @model_validator(mode="after")
    def _rules(self) -> Self:
        if self.bind is not None:
            check_address(self.bind, at="bind")
        if self.uri == "/metrics":
            raise error(
                "bad-value",
                "`/metrics` is where Prometheus asks",
                at=("uri",),
                hint="give the page another path",
            )
        for index, user in enumerate(self.admin):
            if user not in self.auth:
                raise error(
                    "bad-value",
                    "nobody in `auth` has this name",
                    at=("admin", index),
                    hint="add the user and a password there",
                )
        return self

    @property
    def listener(self) -> Bind:
        return Bind.model_validate({"port": self.port, "address": self.address})

    @property
    def address(self) -> str | None:
        """The host address to publish on; None for all."""
        return self.bind if self.bind is not None or self.auth else "127.0.0.1"
