"""What frontends and backends say for themselves: timeouts, and which failures are tried again."""

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model
from reconciler.topology.model.marks import HttpOnly
from reconciler.topology.model.types.scalar import Duration, Port, error, scalar_text

Failure = Literal[
    "none", "conn-failure", "empty-response", "junk-response", "response-timeout", "0rtt-rejected",
    "all-retryable-errors", "401", "403", "404", "408", "425", "500", "501", "502", "503", "504",
]  # fmt: skip
RetryOn = Annotated[
    Failure,
    BeforeValidator(scalar_text),
    WithJsonSchema(
        {"enum": [*get_args(Failure), *(int(f) for f in get_args(Failure) if f.isdigit())]}
    ),
]


HttpReuse = Literal["never", "safe", "aggressive", "always"]


class FrontendTimeouts(Model):
    """Timeouts of one frontend, in place of those of `haproxy`."""

    client: Duration | None = Field(None, ge=0.001)
    """Without a byte from the client."""
    client_fin: Duration | None = Field(None, ge=0.001)
    """Without a byte from a client to which all has been sent."""
    http_request: Annotated[Duration | None, HttpOnly()] = Field(None, ge=0.001)
    """For a whole request header; then the answer is 408."""
    http_keep_alive: Annotated[Duration | None, HttpOnly()] = Field(None, ge=0.001)
    """For the next request on a connection that is kept open."""
    tarpit: Annotated[Duration | None, HttpOnly()] = Field(None, ge=0.001)
    """For which a rule with `tarpit` lets a client wait."""


class BackendTimeouts(Model):
    """Timeouts of one backend, in place of those of `haproxy`."""

    connect: Duration | None = Field(None, ge=0.001)
    """To open a connection to a server."""
    server: Duration | None = Field(None, ge=0.001)
    """Without a byte from the server."""
    server_fin: Duration | None = Field(None, ge=0.001)
    """Without a byte from a server to which all has been sent."""
    queue: Duration | None = Field(None, ge=0.001)
    """In the queue for a server; then the answer is 503."""
    tunnel: Duration | None = Field(None, ge=0.001)
    """Without a byte on a WebSocket or another upgraded connection, or in `mode: tcp`."""

    @model_validator(mode="before")
    @classmethod
    def _of_clients(cls, value: Any) -> Any:
        """HAProxy takes them in a backend, and never looks at them there."""
        for key in FrontendTimeouts.model_fields if isinstance(value, dict) else ():
            if key in value:
                raise error(
                    "bad-value",
                    f"`{key}` is a timeout of clients, which a backend does not have",
                    at=(key,),
                    hint="write it in `timeouts` of the frontend",
                )
        return value


class Agent(Model):
    """A program beside each server that tells HAProxy how it is (HAProxy's agent-check)."""

    port: Port
    """The port that it listens on, at the server's address."""
    interval: Duration = Field(2.0, ge=0.01)
    """Time between two questions."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        is_port = isinstance(value, int) and not isinstance(value, bool)
        return {"port": value} if is_port else value
