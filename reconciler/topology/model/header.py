"""Headers that the file gives requests and answers: names that can be set, and values."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.topology.model.base import Model, accepts_one
from reconciler.topology.model.match import HeaderName, Pattern
from reconciler.topology.model.placeholder import check_of_answer, check_of_request
from reconciler.topology.model.types.scalar import Text, error, listed

_OF_HAPROXY = frozenset({"content-length", "transfer-encoding"})
"""They say where a message ends. Another word of it, and the next message begins elsewhere."""
_OF_PAGES = _OF_HAPROXY | {"connection"}
_TAKEN = _OF_PAGES | {
    "host", "te", "trailer", "upgrade", "keep-alive", "expect", "via", "forwarded",
    "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port", "x-real-ip",
    "authorization", "proxy-authorization", "proxy-connection", "cookie", "origin", "referer",
    "user-agent", "accept", "accept-charset", "accept-encoding", "accept-language",
    "cache-control", "pragma", "date", "range", "if-match", "if-none-match", "if-modified-since",
    "if-unmodified-since", "if-range", "max-forwards", "from", "content-type", "content-encoding",
}  # fmt: skip
"""Names that say something else of a request."""


def _check_value(value: str) -> str:
    if not value:
        raise error(
            "bad-value",
            "a header has a value",
            hint="to take it out, name it in `del_headers` or `del_response_headers`",
        )
    return value


def _check_settable(name: str) -> str:
    if name.lower() in _OF_HAPROXY:
        raise error(
            "bad-name",
            "`{value}` says where a message ends, which HAProxy sees to",
            value=name,
            hint="leave it out",
        )
    return name


def _check_of_page(name: str) -> str:
    if name.lower() == "content-type":
        raise error(
            "bad-name",
            "a page's `{value}` has a key of its own",
            value=name,
            hint="write `content_type:` beside `headers`",
        )
    if name.lower() in _OF_PAGES:
        raise error(
            "bad-name",
            "HAProxy says `{value}` of its answers itself",
            value=name,
            hint="leave it out",
        )
    return name


def _check_of_id(name: str) -> str:
    if name.lower() in _TAKEN:
        raise error(
            "bad-name",
            "`{value}` says something else of a request than its id",
            value=name,
            hint="write a name like `X-Request-ID`, or `true` for that one",
        )
    return name


HeaderValue = Annotated[Text, AfterValidator(_check_value)]
SettableHeader = Annotated[HeaderName, AfterValidator(_check_settable)]
PageHeader = Annotated[HeaderName, AfterValidator(_check_of_page)]
IdHeader = Annotated[HeaderName, AfterValidator(_check_of_id)]
RequestValue = Annotated[HeaderValue, AfterValidator(check_of_request)]
AnswerValue = Annotated[HeaderValue, AfterValidator(check_of_answer)]
SetHeaders = dict[SettableHeader, RequestValue]
SetResponseHeaders = dict[SettableHeader, AnswerValue]
AddHeaders = dict[
    SettableHeader,
    Annotated[
        tuple[RequestValue, ...],
        BeforeValidator(listed),
        Field(min_length=1, json_schema_extra=accepts_one),
    ],
]
AddResponseHeaders = dict[
    SettableHeader,
    Annotated[
        tuple[AnswerValue, ...],
        BeforeValidator(listed),
        Field(min_length=1, json_schema_extra=accepts_one),
    ],
]


class ReplaceHeader(Model):
    """Another value for a header whose value looks like this."""

    regex: Pattern
    """The pattern to look for. A value in which it is found is replaced as a whole:
    `^http:(.*)`."""
    to: HeaderValue
    """The new value, with `\\1` for what the first group of the pattern found."""


ReplaceHeaders = dict[SettableHeader, ReplaceHeader]
