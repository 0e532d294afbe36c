"""A user error as a value, and the register of every code there is.

Codes are stable: pipelines and editors may match on them. Each has a paragraph in
`docs/diagnostics.md`; a test keeps the two together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Path = tuple[str | int, ...]
"""Where in the file: keys and list positions from the top, `("backends", "web", "replicas")`."""


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one source line; `line` and `column` count from 1, `end_column` is exclusive."""

    line: int
    column: int
    end_column: int
    file: str = ""
    """The file it is in, when that need not be the one that was named."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One thing wrong with what the user gave, in the words of their file."""

    code: str
    message: str
    file: str = ""
    span: Span | None = None
    hint: str = ""
    severity: Severity = Severity.ERROR
    path: Path = ()

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise ValueError(f"unregistered diagnostic code {self.code!r}")

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        line, column = (self.span.line, self.span.column) if self.span else (0, 0)
        return (self.file, line, column, self.code)


def has_errors(diagnostics: tuple[Diagnostic, ...]) -> bool:
    return any(d.severity is Severity.ERROR for d in diagnostics)


CODES: dict[str, str] = {
    # reading
    "file-not-found": "the file or directory named on the command line cannot be read",
    "not-utf8": "the file is not UTF-8 text",
    "too-large": "the file, or what its aliases expand to, is larger than a topology can be",
    "yaml-syntax": "the text is not YAML",
    "several-documents": "the file holds more than one YAML document",
    "empty-file": "the file holds no topology",
    "duplicate-key": "a key is written twice in one mapping",
    "unknown-tag": "a YAML tag that topology files do not have",
    # variables
    "bad-variable": "a `$` that is not a variable and not `$$`",
    "missing-variable": "a variable that has no value",
    "bad-label-file": "a line of a `label_file` that is not NAME=value, or has a name of ours",
    "bad-env-file": "a line of an --env-file, or of an `env_file`, that is not NAME=value",
    # shape
    "unknown-key": "a key that does not exist here",
    "missing-key": "a required key is not there",
    "wrong-type": "a value of another kind than the key takes",
    "out-of-range": "a number outside what is possible",
    "unknown-value": "a word that is not among those the key takes",
    "bad-name": "a name that Docker or HAProxy would refuse",
    "bad-value": "a value that is not written as its key needs it",
    "bad-duration": "a length of time without a unit, or not a length of time",
    "bad-size": "a size in bytes that cannot be read",
    # rules between fields
    "unknown-backend": "a frontend sends traffic to a backend that does not exist",
    "unreachable-rule": "a rule that no request can reach",
    "never-meant": "a value that is allowed, and never means what was written",
    "unknown-network": "a network that is not defined in the file",
    "unknown-secret": "a secret that is not defined in the file",
    "unknown-config": "a config that is not defined in the file",
    "missing-port": "a backend that gets traffic says no port",
    "published-port": "a port of the host that a backend's containers cannot have as it says",
    "fixed-address": "an address that a backend's container cannot have, or may not get",
    "bind-conflict": "two listeners on one address and port",
    "no-address": "a key that asks for the address of clients, where none has one",
    "redirect-without-tls": "clients are sent to TLS, and no frontend speaks it",
    "mode-mismatch": "HTTP and TCP mixed where they cannot be",
    "unreachable-backend": "HAProxy shares no network with a backend it sends traffic to",
    "host-network": "a setting of HAProxy that has no meaning on the host's network",
    "no-subnet": "HAProxy is on the host's network, and a backend has no fixed addresses there",
    "subnet-too-small": "a subnet has too few addresses for old and new containers together",
    "subnet-overlap": "two networks want the same addresses",
    "name-too-long": "a container name made of the parts would not fit in a DNS label",
    "same-target": "two mounts on one path of a container",
    "no-place-for-file": "a secret or a config where a container cannot have it",
    "same-job": "two jobs of a backend with one name",
    "same-server": "two servers of a backend with one name",
    "circular-dependency": "backends that wait for one another",
    "no-containers": "a key for containers in a backend that has none",
    "unused-network": "a network that nothing joins",
    "unused-volume": "a volume that nothing mounts",
    "public-stats": "the stats page is open to the network without a password",
    "overlay-of-several": "an overlay, and more than one file that it could go over",
    "duplicate-topology": "two files carry the same topology name",
    # files that the topology refers to
    "unreadable-file": "a file that the topology refers to cannot be read",
    "bad-certificate": "a certificate, or its key, that HAProxy could not use",
    "expired-certificate": "a certificate that is not valid any more",
    "bad-ocsp": "a file that holds no OCSP response",
    "unusable-ocsp": "a certificate that is shown without an OCSP response",
    "bad-key": "a file that holds no public key for the signatures it is to check",
    "bad-addresses": "a line of a file of addresses that is neither an address nor a network",
    # the real HAProxy
    "config-rejected": "HAProxy itself refuses the rendered configuration",
}
