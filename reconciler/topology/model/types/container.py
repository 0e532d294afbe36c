"""The constrained types of container options: Compose's short forms, made one form each.

Rules of `types.py` hold here too: a refusal is an error with a code, a hint and a place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from reconciler.topology.model.marks import NamesFile
from reconciler.topology.model.types.scalar import (
    Pairs,
    Text,
    check_text,
    error,
    listed,
    matching,
    parse_size,
    scalar_text,
    written,
)

_SIGNALS = frozenset({
    "ABRT", "ALRM", "BUS", "CHLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "KILL", "PIPE", "PROF",
    "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG",
    "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
})  # fmt: skip
_REAL_TIME = r"RTMIN(\+([1-9]|1[0-5]))?|RTMAX(-([1-9]|1[0-4]))?"
_IPC_SYSCTLS = frozenset(
    {
        "kernel.msgmax",
        "kernel.msgmnb",
        "kernel.msgmni",
        "kernel.sem",
        "kernel.shmall",
        "kernel.shmmax",
        "kernel.shmmni",
        "kernel.shm_rmid_forced",
    }
)
ULIMITS = (
    "as", "core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice", "nofile",
    "nproc", "rss", "rtprio", "rttime", "sigpending", "stack",
)  # fmt: skip


def _each(check: Callable[[str], str]) -> BeforeValidator:
    """One text or a list of them, each checked and told of at its place."""

    def parse(value: Any) -> tuple[str, ...]:
        single = not isinstance(value, list)
        found = []
        for index, item in enumerate(listed(value)):
            at = () if single else (index,)
            text = scalar_text(item, at=at)
            try:
                found.append(check(check_text(text)))
            except _RefusedError as refused:
                raise error(
                    refused.code, refused.message, value=text, at=at, hint=refused.hint
                ) from None
        return tuple(found)

    return BeforeValidator(parse)


class _RefusedError(Exception):
    def __init__(self, message: str, hint: str, code: str = "bad-value") -> None:
        self.message, self.hint, self.code = message, hint, code


def _check_signal(value: str) -> str:
    name = value.upper().removeprefix("SIG")
    is_number = re.fullmatch(r"[1-9][0-9]?", value) is not None and int(value) <= 64
    if is_number or name in _SIGNALS or re.fullmatch(_REAL_TIME, name):
        return value if is_number else f"SIG{name}"
    raise error(
        "bad-value",
        "`{value}` is not a signal",
        value=value,
        hint="write it like `SIGTERM` or `SIGUSR1`",
    )


def _check_address(value: str) -> str:
    try:
        return str(ip_address(value.removeprefix("[").removesuffix("]")))
    except ValueError:
        raise _RefusedError("`{value}` is not an IP address", "write it like `192.0.2.1`") from None


def _parse_memswap(value: Any) -> int:
    """A size in bytes, or -1 for no limit."""
    return -1 if written(value) == "-1" else parse_size(value)


def _check_domain(value: str) -> str:
    if value == "." or re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?", value):
        return value
    raise _RefusedError("`{value}` is not a domain", "write it like `example.com`, or `.` for none")


def _check_dns_name(value: str) -> str:
    if re.fullmatch(r"(?=.{1,63}$)[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", value):
        return value
    raise _RefusedError("`{value}` is not a name in DNS", "use letters, digits, `-`, `_` and `.`")


def _check_dns_option(value: str) -> str:
    if re.fullmatch(r"[a-z0-9-]+(:[0-9]+)?", value):
        return value
    raise _RefusedError("`{value}` is not a resolver option", "write it like `ndots:2`")


def _check_capability(value: str) -> str:
    name = value.upper().removeprefix("CAP_")
    if re.fullmatch(r"[A-Z][A-Z_]*", name):
        return name
    raise _RefusedError("`{value}` is not a capability", "write it like `NET_BIND_SERVICE`")


SECCOMP = "seccomp="
UNCONFINED = f"{SECCOMP}unconfined"


def _check_security(value: str) -> str:
    """Docker's own forms, and a seccomp profile by its file."""
    if match := re.fullmatch(r"no-new-privileges(?:[:=](true|false))?", value):
        return f"no-new-privileges:{match[1] or 'true'}"
    if match := re.fullmatch(r"seccomp[:=](.+)", value):
        return f"{SECCOMP}{match[1]}"
    if match := re.fullmatch(r"(apparmor|label)[:=](.+)", value):
        return f"{match[1]}={match[2]}"
    raise _RefusedError(
        "`{value}` is not a security option",
        "write no-new-privileges:true, apparmor=PROFILE, label=… or seccomp=FILE",
        "unknown-value",
    )


def _check_tmpfs(value: str) -> str:
    path, _, options = value.partition(":")
    if not path.startswith("/") or not path.strip("/"):
        raise _RefusedError("`{value}` is not an absolute path", "write it like `/run`")
    if options and re.fullmatch(r"[A-Za-z0-9_=,.%-]+", options) is None:
        raise _RefusedError(
            "`{value}` has no options that a tmpfs takes",
            "write them like `/run:size=64m,mode=755`",
        )
    return value


def _check_group(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", value):
        return value
    raise _RefusedError("`{value}` is not a group", "write its name or number")


def _check_cgroup_rule(value: str) -> str:
    if re.fullmatch(r"[abc] ([0-9]+|\*):([0-9]+|\*) [rwm]{1,3}", value):
        return value
    raise _RefusedError("`{value}` is not a rule for devices", "write it like `c 189:* rw`")


def _check_expose(value: str) -> str:
    match = re.fullmatch(r"([0-9]{1,5})(?:-([0-9]{1,5}))?(?:/(tcp|udp|sctp))?", value)
    if match is not None:
        first, last = int(match[1]), int(match[2] or match[1])
        if 1 <= first <= last <= 65535:
            ports = str(first) if first == last else f"{first}-{last}"
            return f"{ports}/{match[3] or 'tcp'}"
    raise _RefusedError("`{value}` is not a port", "write it like `3000`, `8000-8010` or `53/udp`")


def parse_hosts(value: Any) -> tuple[str, ...]:
    """`["name:address"]`, `["name=address"]`, `{name: address}` or `{name: [address]}`."""
    pairs: list[tuple[str, Any, tuple[str | int, ...]]] = []
    if isinstance(value, Mapping):
        for name, addresses in value.items():
            many = isinstance(addresses, list)
            pairs += [
                (name, item, (name, index) if many else (name,))
                for index, item in enumerate(listed(addresses))
            ]
    else:
        for index, item in enumerate(listed(value)):
            text = scalar_text(item, at=(index,))
            match = re.fullmatch(r"([^:=]+)[:=](.+)", text)
            if match is None:
                raise error(
                    "bad-value",
                    "`{value}` has no address",
                    value=text,
                    at=(index,),
                    hint="write it like `db:192.0.2.7`",
                )
            pairs.append((match[1], match[2], (index,)))
    return tuple(f"{_host(name, at)}:{_host_address(item, at)}" for name, item, at in pairs)


def _host(name: Any, at: tuple[str | int, ...]) -> str:
    text = scalar_text(name, at=at)
    if re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?", text) is None:
        raise error("bad-value", "`{value}` is not a host name", value=text, at=at)
    return text


def _host_address(value: Any, at: tuple[str | int, ...]) -> str:
    text = scalar_text(value, at=at)
    if text == "host-gateway":
        return text
    try:
        return _check_address(text)
    except _RefusedError:
        raise error(
            "bad-value",
            "`{value}` is not an IP address",
            value=text,
            at=at,
            hint="write an address, or `host-gateway` for the host",
        ) from None


def _check_sysctls(value: dict[str, str]) -> dict[str, str]:
    """What Docker lets a container set, of its own network and IPC namespaces."""
    for name in value:
        if not (
            name in _IPC_SYSCTLS or re.fullmatch(r"(net|fs\.mqueue)(\.[A-Za-z0-9_/-]+)+", name)
        ):
            raise error(
                "unknown-value",
                "`{value}` is no setting of a container's own",
                value=name,
                at=(name,),
                hint="`net.…`, `fs.mqueue.…` and those of IPC can be set",
            )
    return value


def check_ulimit(value: str) -> str:
    if value not in ULIMITS:
        raise error(
            "unknown-value",
            "`{value}` is not a limit that Linux has",
            value=value,
            hint=f"write one of {', '.join(ULIMITS)}",
        )
    return value


_ITEM: dict[str, Any] = {"type": ["string", "number"]}
_TEXTS = WithJsonSchema({"anyOf": [_ITEM, {"type": "array", "items": _ITEM}]})

Addresses = Annotated[tuple[str, ...], _each(_check_address), _TEXTS]
Domains = Annotated[tuple[str, ...], _each(_check_domain), _TEXTS]
DnsNames = Annotated[tuple[str, ...], _each(_check_dns_name), _TEXTS]
DnsOptions = Annotated[tuple[str, ...], _each(_check_dns_option), _TEXTS]
Capabilities = Annotated[tuple[str, ...], _each(_check_capability), _TEXTS]
_Security = Annotated[str, NamesFile(after=(SECCOMP, "seccomp:"), but=("unconfined",))]
Memswap = Annotated[
    int,
    BeforeValidator(_parse_memswap),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["512m", -1]}),
]
SecurityOptions = Annotated[tuple[_Security, ...], _each(_check_security), _TEXTS]
TmpfsMounts = Annotated[tuple[str, ...], _each(_check_tmpfs), _TEXTS]
Groups = Annotated[tuple[str, ...], _each(_check_group), _TEXTS]
DeviceRules = Annotated[tuple[str, ...], _each(_check_cgroup_rule), _TEXTS]
ExposedPorts = Annotated[tuple[str, ...], _each(_check_expose), _TEXTS]
ExtraHosts = Annotated[
    tuple[str, ...],
    BeforeValidator(parse_hosts),
    WithJsonSchema({"anyOf": [
        {"type": "array", "items": {"type": "string"}},
        {"type": "object", "additionalProperties": {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}},
    ]}),
]  # fmt: skip
Sysctls = Annotated[Pairs, AfterValidator(_check_sysctls)]
Signal = Annotated[Text, AfterValidator(_check_signal)]
User = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?",
        "`{value}` is not a user",
        "write it like `app`, `1000` or `1000:1000`",
    ),
]
HostName = Annotated[
    Text,
    matching(
        r"(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?",
        "`{value}` is not a host name",
        "use letters, digits, `-` and `.`, up to 63",
    ),
]
CgroupPath = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9_.:@/-]+", "`{value}` is not a cgroup", "write it like `/shop` or `shop.slice`"
    ),
]
CpuSet = Annotated[
    Text,
    matching(
        r"[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*",
        "`{value}` is not a set of CPUs",
        "write it like `0-3` or `1,3`",
    ),
]
AbsolutePath = Annotated[
    Text,
    matching(r"/.*", "`{value}` is not an absolute path", "start it with a slash, like `/srv/app`"),
]
Platform = Annotated[
    Text,
    matching(
        r"[a-z0-9_.-]+(/[a-z0-9_.-]+){0,2}",
        "`{value}` is not a platform",
        "write it like `linux/arm64`",
    ),
]
Runtime = Annotated[
    Text,
    matching(
        r"[A-Za-z0-9][A-Za-z0-9_.-]*",
        "`{value}` is not a runtime",
        "write the name that Docker knows it by",
    ),
]
