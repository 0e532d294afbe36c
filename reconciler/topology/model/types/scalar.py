"""The constrained types of topology files: each reads what people write and refuses the rest.

Every refusal is a `PydanticCustomError` whose type is a diagnostic code and whose context may hold
`value` (quoted in the message; replaced by `${NAME}` when it came from a variable), `hint`, and
`at`: the keys from the field down to the part that is wrong.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError, PydanticKnownError

from reconciler.topology.duration import read_duration
from reconciler.topology.model.marks import AsPairs, NamesFile

_SIZE = re.compile(
    r"([0-9]+(?:\.[0-9]+)?) ?(b|k|kb|kib|m|mb|mib|g|gb|gib|t|tb|tib)?", re.IGNORECASE
)
_SIZE_UNIT = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}
_LONGEST_S = 2**31 / 1000  # HAProxy keeps timers as milliseconds in 31 bits (manual, 2.5)
_LONGEST_PERIOD_S = 2**31  # whole seconds: no timer of HAProxy's runs for them


def error(code: str, message: str, *, hint: str = "", **context: Any) -> PydanticCustomError:
    """A refusal. `message` may hold `{value}` and other context names."""
    return PydanticCustomError(code, message, {"hint": hint, **context})


def parse_duration(value: Any) -> float:
    """`500ms`, `10s`, `1m30s` to seconds, as long as a timer of HAProxy's can run."""
    seconds = parse_period(value)
    if seconds >= _LONGEST_S:
        raise error(
            "bad-duration",
            "`{value}` is longer than the 24 days HAProxy can count",
            value=written(value),
        )
    return seconds


def parse_period(value: Any) -> float:
    """The same for what others count, or is told to them: browsers, caches, Docker."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise error("bad-duration", "a length of time is needed here", hint="write it like `10s`")
    text = written(value)
    if re.fullmatch(r"[0-9.]+", text) and text != "0":
        raise error(
            "bad-duration",
            "`{value}` has no unit",
            value=text,
            hint=f"write `{text}s` for seconds, or use ms, m or h",
        )
    seconds = read_duration(text)
    if seconds is None:
        raise error(
            "bad-duration",
            "`{value}` is not a length of time",
            value=text,
            hint="write it like `500ms`, `10s` or `5m`",
        )
    if seconds >= _LONGEST_PERIOD_S:
        raise error("bad-duration", "`{value}` is longer than 68 years", value=text)
    return seconds


def parse_size(value: Any) -> int:
    """`128m`, `1.5g` or a number of bytes to bytes; units are powers of 1024, as in Docker."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise error("bad-size", "a size is needed here", hint="write it like `128m`")
    text = written(value)
    match = _SIZE.fullmatch(text)
    if match is None:
        raise error(
            "bad-size", "`{value}` is not a size", value=text, hint="write it like `128m` or `1g`"
        )
    size = float(match[1]) * _SIZE_UNIT[(match[2] or "").lower()[:1]]
    if size >= 2**63:
        raise error("bad-size", "`{value}` is more than a computer can have", value=text)
    return int(size)


def written(value: Any) -> str:
    """The text of a scalar as it stands in the file: `007`, not 7."""
    text = getattr(value, "text", value)
    return str(text)


def check_text(value: str) -> str:
    """Text that may reach Docker or one line of haproxy.cfg: no control characters."""
    for character in value:
        if ord(character) < 32 or ord(character) == 127:
            name = {"\n": "a line break", "\t": "a tab", "\0": "a NUL"}.get(
                character, "a control character"
            )
            raise error("bad-value", f"{name} cannot stand in this value")
    return value


def matching(pattern: str, message: str, hint: str, code: str = "bad-value") -> AfterValidator:
    """Refuse a text that is not wholly as the pattern; `{value}` in the message stands for it."""

    def check(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise error(code, message, value=value, hint=hint)
        return value

    return AfterValidator(check)


def refuse_boolean(value: Any) -> Any:
    """`true` is no number, though Python takes it for 1."""
    if isinstance(value, bool):
        raise PydanticKnownError("float_type")
    return value


def listed(value: Any) -> Any:
    """One item stands for a list of it."""
    return value if isinstance(value, list) else [value]


def scalar_text(value: Any, *, at: tuple[str | int, ...] = ()) -> str:
    """A string, or a number as it was written. `at` is where below the field it stands."""
    if isinstance(value, bool):
        word = "true" if value else "false"
        raise error(
            "wrong-type",
            f"`{word}` without quotes is a boolean, and this takes text",
            hint=f'write "{word}"',
            at=at,
        )
    if not isinstance(value, str | int | float):
        raise error("wrong-type", "this takes text", at=at)
    return written(value)


def _check_name(value: str) -> str:
    if len(value) > 48:
        raise error("bad-name", "`{value}` is longer than 48 characters", value=value)
    if re.fullmatch(r"[a-z0-9]([a-z0-9_-]*[a-z0-9])?", value) is None:
        raise error(
            "bad-name",
            "`{value}` cannot be a name here",
            value=value,
            hint="use a-z, 0-9, `-` and `_`, with a letter or digit at both ends" + _instead(value),
        )
    return value


def _instead(value: str) -> str:
    better = re.sub(r"[^a-z0-9_-]+", "-", value.lower()).strip("-_")
    return f": `{better}`" if better and better != value else ""


def _check_proxy_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,47}", value) is None:
        raise error(
            "bad-name",
            "HAProxy cannot have a section named `{value}`",
            value=value,
            hint="use letters, digits, `-`, `_` and `.`, starting with a letter or digit",
        )
    return value


def _check_image(value: str) -> str:
    """A reference as Docker reads it: [registry/]path[:tag][@digest]."""
    component = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    host = r"(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
    pattern = (
        rf"(?:{host}/)?{component}(?:/{component})*"
        r"(?::[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,})?"
    )
    if len(value) > 512 or re.fullmatch(pattern, value) is None:
        raise error(
            "bad-value",
            "`{value}` is not an image reference",
            value=value,
            hint="write it like `nginx:1.27` or `registry.example.com/team/app:1.4`",
        )
    return value


def _check_path(value: str) -> str:
    if not value.startswith("/"):
        raise error(
            "bad-value",
            "`{value}` is not a path of a URL",
            value=value,
            hint=f"start it with a slash: `/{value}`",
        )
    if " " in value:
        raise error("bad-value", "a path of a URL holds no space", hint="write `%20` for a space")
    if "#" in value:
        raise error(
            "bad-value",
            "what comes after `#` in a URL is never sent",
            hint="leave it out, or write `%23` for the character",
        )
    if not value.isascii():
        raise error(
            "bad-value",
            "a path of a URL holds only ASCII",
            hint="write other characters as `%` and hex digits",
        )
    return value


def _check_file(value: str) -> str:
    if value.startswith("~"):
        raise error(
            "bad-value", "`~` is not expanded here", hint="write `${HOME}` or an absolute path"
        )
    if not value.strip("/"):
        raise error("bad-value", "the name of a file is needed here")
    return value


def parse_words(value: Any) -> list[str]:
    """A command: a list as it is, a string split as a shell would."""
    if isinstance(value, str):
        try:
            words = shlex.split(value)
        except ValueError as problem:
            raise error(
                "bad-value",
                f"the command cannot be split: {str(problem).lower()}",
                hint="write it as a list",
            ) from None
        return [_check_word(word) for word in words]
    if isinstance(value, list):
        return [
            _check_word(scalar_text(item, at=(index,)), at=(index,))
            for index, item in enumerate(value)
        ]
    raise error("wrong-type", "a command is a string or a list of strings")


def _check_word(word: str, *, at: tuple[str | int, ...] = ()) -> str:
    if "\0" in word:
        raise error("bad-value", "a NUL cannot stand in this value", at=at)
    return word


def parse_pairs(value: Any) -> dict[str, str]:
    """`{KEY: value}` or `["KEY=value"]`, as in Compose."""
    if value is None:
        return {}
    if isinstance(value, Mapping):
        pairs = list(value.items())
    elif isinstance(value, list):
        pairs = [_split_pair(item, at=(index,)) for index, item in enumerate(value)]
    else:
        raise error("wrong-type", "this takes a mapping or a list of `KEY=value`")
    result: dict[str, str] = {}
    for position, (name, item) in enumerate(pairs):
        at = (name,) if isinstance(value, Mapping) else (position,)
        if item is None:
            raise error(
                "bad-value",
                "`{value}` has no value",
                value=name,
                at=at,
                hint=_with_a_value(str(name), is_item=isinstance(value, list)),
            )
        if isinstance(item, Mapping | list):
            raise error(
                "wrong-type", "the value of `{value}` must be text or a number", value=name, at=at
            )
        text = scalar_text(item, at=at)
        if "\0" in text or not name or "=" in name or "\0" in name:
            raise error("bad-value", "`{value}` cannot be passed to a container", value=name, at=at)
        result[name] = text
    return result


def _with_a_value(name: str, *, is_item: bool) -> str:
    empty, taken = (
        (f"{name}=", f"{name}=${{{name}}}") if is_item else (f'{name}: ""', f"{name}: ${{{name}}}")
    )
    return f"write `{empty}` for empty, or `{taken}` to take it from the environment"


def _split_pair(item: Any, *, at: tuple[str | int, ...]) -> tuple[str, str | None]:
    if not isinstance(item, str):
        raise error("wrong-type", "each item of the list must be `KEY=value`", at=at)
    name, equals, text = item.partition("=")
    return name, text if equals else None


_DURATION_SCHEMA = WithJsonSchema(
    {
        "type": ["string", "integer"],
        "minimum": 0,
        "maximum": 0,
        "pattern": r"^(0|([0-9]+(\.[0-9]+)?(us|ms|s|m|h|d))+)$",
        "examples": ["500ms", "10s", "5m"],
    }
)
Duration = Annotated[float, BeforeValidator(parse_duration), _DURATION_SCHEMA]
"""Seconds."""
Period = Annotated[float, BeforeValidator(parse_period), _DURATION_SCHEMA]
"""Seconds."""

Size = Annotated[
    int,
    BeforeValidator(parse_size),
    WithJsonSchema({"type": ["string", "integer"], "examples": ["128m", "1g"]}),
]
"""Bytes."""

_TEXT_SCHEMA = {"type": ["string", "number"]}
Text = Annotated[
    str, BeforeValidator(scalar_text), AfterValidator(check_text), WithJsonSchema(_TEXT_SCHEMA)
]
Name = Annotated[
    str,
    BeforeValidator(scalar_text),
    AfterValidator(_check_name),
    WithJsonSchema({"type": "string", "pattern": "^[a-z0-9]([a-z0-9_-]*[a-z0-9])?$"}),
]
DOCKER_NAME = "[A-Za-z0-9][A-Za-z0-9_.-]{0,254}"
DockerName = Annotated[
    Text,
    matching(
        DOCKER_NAME,
        "Docker cannot have a network or a volume named `{value}`",
        "use letters, digits, `_`, `.` and `-`, with a letter or digit in front",
        "bad-name",
    ),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}),
]
"""Of a network or a volume: what others have made is called as they like."""
ProxyName = Annotated[
    str,
    BeforeValidator(scalar_text),
    AfterValidator(_check_proxy_name),
    WithJsonSchema({"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_.-]*$"}),
]
Image = Annotated[Text, AfterValidator(_check_image), WithJsonSchema({"type": "string"})]

FilePath = Annotated[
    Text, AfterValidator(_check_file), NamesFile(), WithJsonSchema({"type": "string"})
]
"""A file of the machine that the tool runs on: absolute, or relative to the topology file."""
UrlPath = Annotated[Text, AfterValidator(_check_path), WithJsonSchema({"type": "string"})]
Whole = Annotated[int, BeforeValidator(refuse_boolean)]
Port = Annotated[Whole, Field(ge=1, le=65535)]
Words = Annotated[
    tuple[str, ...],
    BeforeValidator(parse_words),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": _TEXT_SCHEMA}],
            "examples": [["nginx", "-g", "daemon off;"]],
        }
    ),
]
Pairs = Annotated[
    dict[str, str],
    BeforeValidator(parse_pairs),
    AsPairs(),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": _TEXT_SCHEMA},
                {"type": "array", "items": {"type": "string", "pattern": "="}},
            ]
        }
    ),
]
Pull = Literal["missing", "always", "never"]
Mode = Literal["http", "tcp"]
