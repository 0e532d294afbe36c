"""The files that a topology refers to: read, and certificates among them tried with OpenSSL.

What is wrong is told at the place in the topology that names the file. Content is never told.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from msgspec import Struct, field
from msgspec.structs import replace

from reconciler.diagnostics.diagnostic import Diagnostic, Severity
from reconciler.diagnostics.discreet import Discreet
from reconciler.diagnostics.place import Place, Span
from reconciler.files.certificate import find_end, find_refusal, keys_beside
from reconciler.files.included import is_below
from reconciler.files.listing import is_meant
from reconciler.files.ocsp import NO_ISSUER, find_flaw, has_issuer, is_response, names_responder
from reconciler.files.private_key import opened
from reconciler.files.public_key import find_trouble
from reconciler.files.reading import read_file
from reconciler.files.self_signed import kept_certificate, place_of
from reconciler.files.stamp import stamp
from reconciler.topology.labels import LABEL_PREFIX
from reconciler.topology.load import Loaded
from reconciler.topology.model.types.address import parse_addresses
from reconciler.topology.reading.variables import LABEL, VARIABLE, parse_env_file
from reconciler.topology.references import Contents, Reference, references, response_source

MOST_IN_A_DIRECTORY = 1000
LONGEST_PAGE = 15_000
MOST_LINES = 10
_LIKE_ADDRESS = re.compile(r"(?=.*[.:])[0-9A-Fa-f.:/-]{1,50}")
"""With its headers it must fit into one of HAProxy's buffers, which has 16 KiB."""


class References(Discreet, Struct):
    """What came of the files of one topology."""

    unshown = ("environment", "_files", "_variables")
    loaded: Loaded
    directory: str
    """Absolute: where relative names start."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables, by their names."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    stamps: dict[str, list[int]] = field(default_factory=dict)
    """What was looked at, by its absolute path: files, directories, and what is not there."""
    _files: dict[str, bytes] = field(default_factory=dict)
    _directories: dict[str, tuple[tuple[str, str | None], ...]] = field(default_factory=dict)
    _variables: dict[str, bytes] = field(default_factory=dict)

    @property
    def contents(self) -> Contents:
        return Contents(self._files, self._directories, self._variables)

    def read(self) -> References:
        if self.loaded.topology is not None:
            for reference in references(self.loaded.topology):
                self._read(reference)
        return self

    def _read(self, reference: Reference) -> None:
        match reference.kind:
            case "certificate":
                for cert, key in self._expanded(reference):
                    self._read_certificate(reference, cert, key)
            case "self-signed":
                self._make_certificate(reference)
            case "authority":
                text = self._text(reference, reference.source)
                if text is not None and not _are_authorities(text):
                    self._tell("bad-certificate", reference, "holds no certificates in PEM form")
            case "public-key":
                text = self._text(reference, reference.source)
                what, hint = ("", "") if text is None else find_trouble(text, reference.algorithm)
                if what:
                    self._tell("bad-key", reference, what, hint=hint)
            case "env-file":
                self._read_pairs(reference, "bad-env-file")
            case "label-file":
                for name in self._read_pairs(reference, "bad-label-file", LABEL):
                    if name.startswith(LABEL_PREFIX):
                        self._tell(
                            "bad-label-file",
                            reference,
                            f"says `{name}`, a label of this tool's own",
                            hint="give the label another name",
                        )
            case "page":
                if len(self._text(reference, reference.source) or b"") > LONGEST_PAGE:
                    self._tell(
                        "unreadable-file",
                        reference,
                        "is larger than 15 kB",
                        hint="HAProxy has no more room for a page of its own",
                    )
            case "profile":
                text = self._text(reference, reference.source)
                if text is not None and not _is_profile(text):
                    self._tell(
                        "unreadable-file",
                        reference,
                        "is no profile of seccomp in JSON",
                        hint="take Docker's default one for a start",
                    )
            case "addresses":
                self._read_addresses(reference)
            case "variable":
                self._read_variable(reference)
            case _:
                self._text(reference, reference.source)

    def _expanded(self, reference: Reference) -> Iterator[tuple[str, str | None]]:
        """One certificate, or those of a directory: `x.pem`, or `x.crt` with `x.key`."""
        place = self._place(reference.source)
        if reference.key is not None or not os.path.isdir(place):
            yield reference.source, reference.key
            return
        self._stamp(place)
        try:
            names = sorted(os.listdir(place))
        except OSError as error:
            self._tell("unreadable-file", reference, f"cannot be read: {_reason(error)}")
            return
        found = tuple(_certificates_among(names, reference.source))
        if not found or len(found) > MOST_IN_A_DIRECTORY:
            what = "holds no certificate" if not found else "holds more files than can be meant"
            hint = "put `shop.pem` there, or `shop.crt` with `shop.key`"
            self._tell("unreadable-file", reference, what, hint=hint)
            return
        self._directories[reference.source] = found
        yield from found

    def _read_certificate(self, reference: Reference, cert: str, key: str | None) -> None:
        texts = [self._text(reference, name) for name in (cert, key) if name is not None]
        if any(text is None for text in texts):
            return
        password = self._password(reference)
        if reference.password is not None and (
            password is None or not self._open(reference, (cert, key), password)
        ):
            return
        ends = find_end(texts[0] or b"")
        if problem := find_refusal(self._place(cert), self._place(key) if key else None, password):
            beside = (
                () if key else filter(lambda k: os.path.isfile(self._place(k)), keys_beside(cert))
            )
            hint = next((f"write `{{cert: {cert}, key: {found}}}`" for found in beside), "")
            hint = _HOW_TO_OPEN if "with a password" in problem else hint
            self._tell("bad-certificate", reference, problem, cert, hint=hint)
        elif ends is not None and ends <= f"{datetime.now(UTC):%Y%m%d%H%M%S}":
            day = f"{ends[:4]}-{ends[4:6]}-{ends[6:8]}"
            self._tell(
                "expired-certificate",
                reference,
                f"was valid until {day}",
                cert,
                hint="renew it; nothing was changed",
            )
        elif reference.ocsp:
            self._read_ocsp(reference, cert, texts[0] or b"")

    def _read_ocsp(self, reference: Reference, cert: str, pem: bytes) -> None:
        """A response that HAProxy would not staple is left out, so that it waits for another."""
        if not has_issuer(pem):
            self._tell_unusable(
                reference, NO_ISSUER, cert, hint="append the rest of its chain to it"
            )
        elif reference.ocsp == "update":
            if not names_responder(pem):
                what = "names nobody to ask for its OCSP response"
                self._tell_unusable(
                    reference, what, cert, hint="its authority has none for it: take `ocsp` out"
                )
        else:
            self._read_response(reference, cert, pem)

    def _read_response(self, reference: Reference, cert: str, pem: bytes) -> None:
        """In a directory, not every certificate needs to have one."""
        source = response_source(cert)
        wanted = reference.source not in self._directories
        text = self._text(replace(reference, required=wanted), source)
        if text is None:
            return
        if not is_response(text):
            self._tell(
                "bad-ocsp",
                reference,
                "is no OCSP response in DER form",
                source,
                hint="`openssl ocsp` writes one with `-respout`",
            )
        elif flaw := find_flaw(text, pem, datetime.now(UTC)):
            self._tell_unusable(
                reference, f"{flaw}, and is not stapled", source, hint="write another one"
            )
            del self._files[source]

    def _password(self, reference: Reference) -> bytes | None:
        """What opens the private key, which was read before; None when there is nothing."""
        source = reference.password
        if source is None:
            return None
        if source.content is not None:
            return source.content.encode()
        if source.environment is not None:
            return self._variables.get(source.environment)
        text = self._files.get(source.file or "")
        return text and text.removesuffix(b"\n").removesuffix(b"\r")

    def _open(self, reference: Reference, names: tuple[str | None, ...], password: bytes) -> bool:
        """Keep the private keys without a password; false after telling why they are not."""
        for name in filter(None, names):
            text = opened(self._files[name], password)
            if text is None:
                at = replace(reference, path=(*reference.path, "password"))
                what = "has a private key that this password does not open"
                self._tell("bad-certificate", at, what, name)
                return False
            self._files[name] = text
        return True

    def _make_certificate(self, reference: Reference) -> None:
        assert self.loaded.topology is not None
        place = place_of(self.loaded.topology.name, reference.names)
        self._stamp(place)
        try:
            self._files[reference.source] = kept_certificate(place, reference.names)
        except OSError as error:
            self._tell(
                "unreadable-file",
                reference,
                f"cannot be kept there: {_reason(error)}",
                place,
                hint="set XDG_DATA_HOME to a directory that can be written to",
            )

    def _read_pairs(
        self, reference: Reference, code: str, names: re.Pattern[str] = VARIABLE
    ) -> dict[str, str]:
        """A line that is wrong is told by its number: it may hold a secret."""
        text = self._text(reference, reference.source)
        try:
            found, errors = parse_env_file((text or b"").decode("utf-8"), names)
        except UnicodeDecodeError:
            self._tell("unreadable-file", reference, "cannot be read: it is not UTF-8")
            return {}
        if b"\0" in (text or b""):
            self._tell("unreadable-file", reference, "cannot be read: there is a NUL in it")
        for problem in errors:
            what = f"is wrong in line {problem.line}: {problem.message}"
            self._tell(code, reference, what)
        return found

    def _read_addresses(self, reference: Reference) -> None:
        """A line that is wrong is told at its own place, the first ones of many; what is in it only
        when it is like an address, since another file that was named may hold a secret."""
        text = (self._text(reference, reference.source) or b"").decode("utf-8", "replace")
        own = self.loaded.source
        file = os.path.normpath(os.path.join(os.path.dirname(own.file), reference.source))
        is_shown = own.written(own.path_in_file(reference.path)) is None and is_below(
            self._place(reference.source), self.directory
        )
        wrong = parse_addresses(text)[1]
        for line in wrong[:MOST_LINES]:
            subject = (
                f"`{line.text}`" if is_shown and _LIKE_ADDRESS.fullmatch(line.text) else "this"
            )
            what = f"{subject} is neither an address nor a network"
            if is_shown:
                span = Span(line.number, 1, len(line.text) + 1)
                self.diagnostics.append(
                    Diagnostic(
                        "bad-addresses",
                        what,
                        "write one in each line, like `10.0.0.0/8`",
                        Place(reference.path, file=file, span=span),
                    )
                )
            else:
                self._tell("bad-addresses", reference, f"is wrong in line {line.number}: {what}")
        if (more := len(wrong) - MOST_LINES) > 0:
            self._tell("bad-addresses", reference, f"is wrong in {more:,} more of its lines")

    def _read_variable(self, reference: Reference) -> None:
        value = self.environment.get(reference.source)
        if value is None:
            self._tell(
                "missing-variable",
                reference,
                "is not set",
                hint="set it in the environment or an --env-file",
            )
        else:
            self._variables[reference.source] = value.encode("utf-8", "surrogateescape")

    def _text(self, reference: Reference, source: str) -> bytes | None:
        """The content of a file; None after telling why there is none."""
        place = self._place(source)
        self._stamp(place)
        if not reference.required and not os.path.lexists(place):
            return None
        try:
            text = read_file(place)
        except OSError as error:
            self._tell("unreadable-file", reference, f"cannot be read: {_reason(error)}", source)
            return None
        self._files[source] = text
        return text

    def _stamp(self, place: str) -> None:
        """Taken before it is read: what changes later differs from it."""
        self.stamps.setdefault(place, stamp(place))

    def _place(self, source: str) -> str:
        return os.path.normpath(os.path.join(self.directory, source))

    def _tell_unusable(self, reference: Reference, what: str, source: str, *, hint: str) -> None:
        self._tell("unusable-ocsp", reference, what, source, hint=hint, severity=Severity.WARNING)

    def _tell(
        self,
        code: str,
        reference: Reference,
        what: str,
        source: str = "",
        *,
        hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:
        """A name that came from a variable is told as it was written."""
        own = self.loaded.source
        at = own.path_in_file(reference.path)
        below = (
            text
            for path, text in own.variables.items()
            if path[: len(at)] == at and "password" not in path
        )
        name = own.written(at) or next(below, None) or source or reference.source
        place = own.place_of(reference.path)
        self.diagnostics.append(Diagnostic(code, f"`{name}` {what}", hint, place, severity))


def _certificates_among(names: list[str], directory: str) -> Iterator[tuple[str, str | None]]:
    inside = set(names)
    for name in names:
        stem, ending = os.path.splitext(name)
        if not is_meant(name):
            continue
        if ending == ".pem":
            yield os.path.join(directory, name), None
        elif ending == ".crt" and f"{stem}.key" in inside:
            yield os.path.join(directory, name), os.path.join(directory, f"{stem}.key")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


_HOW_TO_OPEN = "say it as `password: {file: ./key.pass}`, or take it off the key"


def _are_authorities(text: bytes) -> bool:
    import ssl  # noqa: PLC0415  # a slow import, for who uses TLS only

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text.decode("ascii", "replace"))
    except (ssl.SSLError, ValueError):
        return False
    return True


def _is_profile(text: bytes) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return isinstance(found, dict) and "defaultAction" in found
