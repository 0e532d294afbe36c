"""What an engine could not do. Sentences that several engines say stand here, once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reconciler.diagnostics.diagnostic import Diagnostic, Related
from reconciler.diagnostics.place import Place, Span

CONFIG_FILE = "haproxy.cfg"
"""As the place of HAProxy's alerts names it."""


class EngineError(Exception):
    """Something the engine could not do; what is wrong is told by its diagnostic."""

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        details: Iterable[str] = (),
        related: Iterable[Related] = (),
    ) -> None:
        super().__init__(message)
        self.diagnostic = Diagnostic(
            code, message, hint, details=tuple(details), related=tuple(related)
        )


def not_ours(kind: str, name: str) -> EngineError:
    """For a network or volume that has a name we need."""
    return EngineError(
        "name-taken",
        f"{kind} `{name}` exists and was not made for this topology",
        f"remove it, or give the {kind} another name",
    )


def miscounted(said: str) -> EngineError:
    """For a network that nobody is on, and that Docker does not remove: 20.10 loses count now and
    then, where hundreds of containers come and leave at once."""
    return EngineError(
        "engine-refused",
        "Docker counts containers on the network that are gone",
        "restart the engine when that suits: it counts anew; until then the network stays, unused",
        [said],
    )


def no_spare_server(backend: str) -> EngineError:
    """For a server that joins a backend in which HAProxy has none to spare."""
    return EngineError(
        "no-spare-server",
        f"HAProxy has no free server slot in backend `{backend}`",
        "something else uses them; apply again, which loads more",
    )


def refused_by_haproxy(said: str) -> EngineError:
    """For a command of the runtime API that was not obeyed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return EngineError(
        "haproxy-refused",
        f"HAProxy says: {lines[-1] if lines else 'nothing'}",
        "apply again to go on from here",
    )


def silent() -> EngineError:
    """For a HAProxy that runs, and says nothing or half of it when it is asked."""
    return EngineError(
        "proxy-unreadable", "HAProxy does not answer to the end", "apply again when it does"
    )


def edited_meanwhile() -> EngineError:
    """For a haproxy.cfg that is not ours any more when a part of it is to be written."""
    return EngineError(
        "haproxy-edited",
        "haproxy.cfg was edited in the container meanwhile",
        "apply again, which writes it anew",
    )


def removed_meanwhile(container: str) -> EngineError:
    """For a container that somebody else has removed while it was waited for."""
    return EngineError(
        "not-ready", f"{container} was removed meanwhile", "apply again, which makes it anew"
    )


def job_failed(container: str, what: str, log: Sequence[str] = ()) -> EngineError:
    """For a job that has not succeeded."""
    return EngineError(
        "job-failed",
        f"{container} {what}",
        f"what runs goes on as it was; `docker logs {container}` has all that the job said",
        log,
    )


def pull_failed(image: str, reason: str) -> EngineError:
    """For an image that cannot be had."""
    return EngineError(
        "pull-failed",
        f"image `{image}` cannot be pulled: {reason}",
        "check its name and tag, and `docker login` for a private registry",
    )


def no_lock_image(images: Sequence[str]) -> EngineError:
    """For a lock that no container can be made to hold."""
    return EngineError(
        "no-lock-image",
        f"none of the images {', '.join(images)} is here, with a `cat`, to hold the lock with",
        "pull one of them, or load it with `docker load`: HAProxy's do",
    )


def taken_meanwhile(name: str) -> EngineError:
    """For a container whose name another one has got since the plan was made."""
    return EngineError(
        "name-taken",
        f"the name `{name}` was taken by another container in the meantime",
        "remove or rename it, and apply again",
    )


def port_taken(details: Iterable[str]) -> EngineError:
    """For a port of the host that cannot be published, as somebody has it."""
    return EngineError(
        "port-taken",
        "a port of the host is already in use by another program",
        "stop it, or bind to another port or address",
        details,
    )


def address_taken(details: Iterable[str]) -> EngineError:
    """For a container that cannot start with the address that it shall have."""
    return EngineError(
        "address-taken",
        "an address that a container shall have is another's",
        "remove who has it, or choose one in the upper half of the subnet, which Docker gives to "
        "nobody by itself",
        details,
    )


def limit_discarded(said: Iterable[str]) -> EngineError:
    """For a limit that the engine has no means for, and would run a container without."""
    return EngineError(
        "limit-discarded",
        "the engine cannot limit what a container's `resources` limit",
        "enable the control group on its machine, or take the limit out of the file",
        said,
    )


def not_ready(container: str, what: str, log: Iterable[str] = ()) -> EngineError:
    """For a container that is not up, or does not stay so."""
    return EngineError("not-ready", f"{container} {what}", details=log)


def restarted(container: str, log: Iterable[str] = ()) -> EngineError:
    """For a container that ends by itself. The same words whenever it is seen, so that who looks
    often tells it once."""
    return EngineError(
        "not-ready",
        f"{container} ended and was restarted by Docker",
        "its log says why; it counts as well again when it goes on running",
        log,
    )


def unhealthy(container: str, *, gets_traffic: bool) -> EngineError:
    """For a container that serves, and whose health check fails."""
    so = "serves on, since no other is well" if gets_traffic else "gets no traffic"
    return EngineError(
        "unhealthy",
        f"Docker's health check says that {container} is unhealthy; it {so}",
        "its log and `docker inspect` say why; with `on_unhealthy: replace` it is made anew",
    )


def exited(code: int | None) -> str:
    """What is told of a container that has ended."""
    return f"exited with code {code}"


def stopped_after(timeout_s: float) -> str:
    """What is told of a job that took too long."""
    return f"did not end within {timeout_s:g} s, and was stopped"


def servers_down(what: str, details: Iterable[str]) -> EngineError:
    """For servers that HAProxy's checks say are not up."""
    return EngineError(
        "servers-down",
        what,
        "look at the containers' logs, their port, and the backend's `check`",
        details,
    )


def guard_tripped(what: str) -> EngineError:
    """For new servers that answered too many requests with errors."""
    return EngineError(
        "guard-tripped",
        what,
        "look at the new containers' logs; `rollout.guard` sets what is tolerated",
    )


def reload_failed(log: Iterable[str]) -> EngineError:
    """For a configuration that was fine in the check, and HAProxy did not take."""
    return EngineError(
        "reload-failed",
        "HAProxy did not take the new configuration; the old one is in force and written",
        details=log,
    )


def proxy_not_running(hint: str = "", log: Iterable[str] = ()) -> EngineError:
    """For an HAProxy that was started and runs something else, or not at all."""
    return EngineError("proxy-not-running", "HAProxy does not run its configuration", hint, log)


def replacement_failed(what: str, hint: str, log: Iterable[str]) -> EngineError:
    """For a new HAProxy that got the ports of the old one and did not serve."""
    told = f"the new HAProxy {what}; the old one serves again"
    return EngineError("proxy-not-running", told, hint, log)


def nobody_serves(old: str, error: Exception) -> EngineError:
    """For a new HAProxy that did not serve, and an old one that does not any more."""
    told = error.diagnostic.details if isinstance(error, EngineError) else (str(error),)
    return EngineError(
        "proxy-not-running",
        f"the new HAProxy does not serve, and the old one, {old}, does not start again",
        f"nobody answers: `docker start {old}`, or apply again",
        told,
    )


def handover_failed(hint: str = "", log: Iterable[str] = ()) -> EngineError:
    """For a new HAProxy that did not get the listening sockets of the old one."""
    return EngineError(
        "handover-failed",
        "the new HAProxy did not take over; the old one goes on",
        hint or "look at the lines of its log",
        log,
    )


def not_drained(at_most_s: float) -> EngineError:
    """For an old worker that has not ended in time."""
    return EngineError("not-drained", f"an old HAProxy worker is still there after {at_most_s:g} s")


def at_lines(said: Iterable[tuple[int | None, str]]) -> tuple[Related, ...]:
    """What HAProxy says, at the lines of haproxy.cfg."""
    return tuple(
        Related(message, Place(file=CONFIG_FILE, span=None if line is None else Span(line, 1, 2)))
        for line, message in said
    )


class ConfigRejectedError(EngineError):
    """HAProxy refuses a configuration; `alerts` are (line of haproxy.cfg or None, message)."""

    def __init__(self, alerts: Sequence[tuple[int | None, str]]) -> None:
        first = alerts[0][1] if alerts else "no reason given"
        super().__init__(
            "config-rejected",
            f"HAProxy refuses the configuration: {first}",
            related=at_lines(alerts),
        )


class CancelledError(EngineError):
    """A wait that was given up because the user asked to stop."""

    def __init__(self, what: str = "stopped while waiting") -> None:
        super().__init__("cancelled", what)


WATCHING = " (watch)"
"""At the end of a holder's name when it is a daemon, which does not let go by itself."""


class LockedError(EngineError):
    """Another run holds the topology."""

    def __init__(self, topology: str, holder: str) -> None:
        self.holder = holder
        self.is_watch = holder.endswith(WATCHING)
        does = "is kept as its file says by" if self.is_watch else "is being changed by"
        super().__init__(
            "locked",
            f"topology `{topology}` {does} {holder}",
            "edit the watched file, or write `suspend: true` into it, or stop the daemon"
            if self.is_watch
            else "wait for it, or give more time with --lock-timeout",
        )
