"""TLS: where clients speak it with HAProxy."""

import ipaddress
import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from reconciler.topology.model.base import Model, accepts, accepts_one
from reconciler.topology.model.files import FileSource
from reconciler.topology.model.http3 import HTTP3_SHORT, MaybeHttp3
from reconciler.topology.model.marks import HttpOnly
from reconciler.topology.model.types.scalar import FilePath, Port, Text, error, listed, scalar_text

RedirectCode = Literal[301, 302, 303, 307, 308]
MinVersion = Annotated[Literal["1.0", "1.1", "1.2", "1.3"], BeforeValidator(scalar_text)]
_CIPHERS = re.compile(r"[A-Za-z0-9_:+!@=.-]+")


def _check_ciphers(value: Any) -> str:
    text = scalar_text(value)
    if _CIPHERS.fullmatch(text) is None:
        raise error(
            "bad-value",
            "`{value}` is not a list of ciphers",
            value=text,
            hint="write OpenSSL's names with `:` between them",
        )
    return text


def _check_old_ciphers(value: str) -> str:
    if any(name.startswith("TLS_") for name in value.split(":")):
        raise error(
            "bad-value",
            "names that start with `TLS_` are of TLS 1.3",
            hint="write them under `ciphersuites`",
        )
    return value


def _check_suites(value: str) -> str:
    for name in value.split(":"):
        if re.fullmatch(r"TLS_[A-Z0-9_]+", name) is None:
            raise error(
                "bad-value",
                "`{value}` is no cipher suite of TLS 1.3",
                value=name,
                hint="write names like `TLS_AES_128_GCM_SHA256` with `:` between them",
            )
    return value


Ciphers = Annotated[Text, BeforeValidator(_check_ciphers), AfterValidator(_check_old_ciphers)]
Suites = Annotated[Text, BeforeValidator(_check_ciphers), AfterValidator(_check_suites)]


Ocsp = bool | Literal["update"]
"""The response in the file beside a certificate, or none; one that HAProxy asks for itself."""


def _parse_ocsp(value: Any) -> Any:
    if isinstance(value, bool) or value == "update":
        return value
    raise error(
        "bad-value",
        "`ocsp` is `true` or `update`",
        hint="write `true` for the response in `CERT.ocsp` beside each certificate, "
        "`update` when HAProxy shall ask for it",
    )


MaybeOcsp = Annotated[
    Ocsp, BeforeValidator(_parse_ocsp), WithJsonSchema({"enum": [True, False, "update"]})
]


class Certificate(Model):
    """A certificate with its chain, and its private key."""

    cert: FilePath
    """PEM file with the certificate and its chain, or a directory of such files."""
    key: FilePath | None = None
    """PEM file with the private key, when it is not in `cert` as well."""
    password: FileSource | None = None
    """What opens the private key, as a secret says what it holds: `{file: ./shop.pass}`,
    `{environment: KEY_PASSWORD}`. HAProxy gets the key without one."""
    ocsp: MaybeOcsp | None = None
    """Whether it has an OCSP response stapled to it, in place of what `tls` says: `true`, `update`,
    or `false`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"cert": value} if isinstance(value, str) else value


LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9-]+)*")


def _parse_names(value: Any) -> Any:
    """`true` for this machine's own names; else names and addresses."""
    if value is False:
        return None
    if value is True:
        return LOCAL_NAMES
    if not isinstance(value, str | list):
        raise error("wrong-type", "`self_signed` is `true`, or a list of host names")
    return tuple(_check_host(item, index) for index, item in enumerate(listed(value)))


def _check_host(value: Any, index: int) -> str:
    text = scalar_text(value, at=(index,))
    if _HOST.fullmatch(text) is None or len(text) > 253:
        try:
            ipaddress.ip_address(text)
        except ValueError:
            raise error(
                "bad-value",
                "`{value}` is neither a host name nor an address",
                value=text,
                at=(index,),
                hint="write `shop.localhost`",
            ) from None
    return text


class Tls(Model):
    """TLS with clients."""

    certificates: Annotated[
        tuple[Annotated[Certificate, Field(json_schema_extra=accepts({"type": "string"}))], ...],
        BeforeValidator(listed),
    ] = Field((), min_length=1, json_schema_extra=accepts_one)
    """PEM files with certificate and key, `{cert, key}`, or directories, relative to this file. The
    client's SNI chooses; the first is for everybody else. One that is renewed, comes or goes needs
    no reload."""
    self_signed: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(_parse_names),
        WithJsonSchema(
            {
                "anyOf": [
                    {"enum": [True, False]},
                    {"type": "string"},
                    {"type": "array", "items": {"type": "string"}},
                ]
            }
        ),
    ] = None
    """For development: a certificate that is made once, and kept on the machine that the tool runs
    on. `true` is for `localhost`; else host names and addresses."""
    ocsp: MaybeOcsp = False
    """OCSP responses that are stapled to its certificates: `true` for those in files beside them,
    `shop.pem.ocsp` for `shop.pem`, in DER form; `update` when HAProxy shall ask for them."""
    strict_sni: bool = False
    """Turn away who asks for no name, or for one that no certificate is for; else the first is
    shown."""
    min_version: MinVersion | None = None
    """The oldest version of TLS that is spoken; 1.2 when not given."""
    ciphers: Ciphers | None = None
    """For TLS up to 1.2, as OpenSSL writes them; Mozilla's intermediate ones when not given."""
    ciphersuites: Suites | None = None
    """For TLS 1.3, as OpenSSL writes them; all three usual ones when not given."""
    alpn: Annotated[tuple[Literal["h2", "http/1.1"], ...] | None, BeforeValidator(listed)] = Field(
        None, min_length=1, json_schema_extra=accepts_one
    )
    """Protocols to offer; `[h2, http/1.1]` when not given."""
    http3: Annotated[MaybeHttp3, HttpOnly(on_key=False)] = Field(
        None, json_schema_extra=accepts(HTTP3_SHORT)
    )
    """HTTP/3 as well, on the same port of UDP: `true`, or a mapping."""
    client_ca: FilePath | None = None
    """PEM file with the authorities whose client certificates are taken."""
    verify: Literal["required", "optional"] = "required"
    """Whether a client without a certificate is turned away, where there is a `client_ca`."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"certificates": value} if isinstance(value, str | list) else value

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if not self.certificates and self.self_signed is None:
            raise error(
                "missing-key",
                "TLS needs `certificates`",
                hint="name a PEM file, or write `self_signed: true` for development",
            )
        if "ocsp" in self.model_fields_set and not self.certificates:
            raise error(
                "missing-key",
                "`ocsp` needs `certificates`",
                at=("ocsp",),
                hint="nobody can be asked about a self-signed one",
            )
        if "verify" in self.model_fields_set and self.client_ca is None:
            raise error(
                "missing-key",
                "`verify` needs a `client_ca` to check certificates with",
                at=("verify",),
                hint="add `client_ca: ./ca.pem`",
            )
        return self

    def ocsp_of(self, certificate: Certificate) -> Ocsp:
        return self.ocsp if certificate.ocsp is None else certificate.ocsp


class ToTls(Model):
    """Where requests that come without TLS are sent: `https`, or a mapping."""

    scheme: Literal["https"] = "https"
    """The scheme that the redirect leads to."""
    port: Port | None = None
    """The port that clients find TLS on; when not given, that of this frontend, or else of another.
    Say it where that is another one than HAProxy's own, before which a router or proxy stands."""
    code: RedirectCode = 308
    """The status."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"scheme": value} if isinstance(value, str) else value


_LONGEST_DAYS = 3650
_DAYS = {"d": 1, "w": 7, "y": 365}


def _parse_age(value: Any) -> int:
    text = scalar_text(value)
    match = re.fullmatch(r"([0-9]{1,6})(d|w|y)?", text)
    if match is None or (match[2] is None and text != "0"):
        raise error(
            "bad-duration",
            "`{value}` is not a number of days",
            value=text,
            hint="write it like `180d` or `1y`",
        )
    days = int(match[1]) * _DAYS[match[2] or "d"]
    if days > _LONGEST_DAYS:
        raise error("out-of-range", "`{value}` is more than ten years", value=text)
    return days * 86400


class Hsts(Model):
    """HTTP Strict Transport Security (RFC 6797): browsers come back with TLS only."""

    max_age: Annotated[
        int,
        BeforeValidator(_parse_age),
        WithJsonSchema({"type": ["string", "integer"], "pattern": "^(0|[0-9]+[dwy])$"}),
    ] = 180 * 86400
    """For how long: `180d`, `2w`, `1y`. `0` ends it."""
    include_subdomains: bool = False
    """Also for all hosts below."""
    preload: bool = False
    """Browsers may know it before the first visit. This cannot be taken back quickly."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if value is True:
            return {}
        return {"max_age": value} if isinstance(value, str | int) else value

    @property
    def header(self) -> str:
        words = [f"max-age={self.max_age}"]
        words += ["includeSubDomains"] * self.include_subdomains + ["preload"] * self.preload
        return "; ".join(words)


TLS_SHORT = accepts({"type": "string"}, {"type": "array", "items": {"type": "string"}})
TO_TLS_SHORT = accepts({"enum": ["https"]})
