"""`${VAR}` in values, with the forms Compose has, and the lines of an env file.

The environment is a parameter: nothing here reads the real one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9])?")
_FORM = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?P<op>:?[-?+])?")


class Interpolated(Struct, frozen=True):
    """`text` with every variable replaced; `used` holds what came from outside the file."""

    text: str
    used: tuple[str, ...]


class VariableError(Exception):
    """A variable that cannot be replaced; `start` and `length` are offsets in the value."""

    def __init__(self, code: str, message: str, hint: str, start: int, length: int) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint
        self.start, self.length = start, length


MAX_NESTING = 8
MAX_EXPANDED = 8 << 20
"""Characters that come of the variables of a file: a long one may be used in many places."""


def interpolate(text: str, variables: Mapping[str, str], depth: int = 0) -> Interpolated:
    """Replace `${VAR}`, `$VAR`, `${VAR:-default}`, `${VAR-default}`, `${VAR:?message}`, `$$`.

    With `:` an empty value counts as missing. Defaults may hold variables themselves. Forms as in
    the Compose specification, "Interpolation". Raises VariableError. `depth` is for defaults of
    defaults.
    """
    out: list[str] = []
    used: list[str] = []
    position = size = 0
    while (dollar := text.find("$", position)) >= 0:
        out.append(text[position:dollar])
        after = text[dollar + 1 : dollar + 2]
        if after == "$":
            out.append("$")
            position = dollar + 2
        elif after == "{":
            end = _closing_brace(text, dollar)
            result = _expand(text[dollar + 2 : end], variables, dollar, end + 1 - dollar, depth)
            out.append(result.text)
            used += result.used
            size += len(result.text)
            position = end + 1
        elif match := VARIABLE.match(text, dollar + 1):
            length = match.end() - dollar
            result = _expand(match[0], variables, dollar, length, depth)
            out.append(result.text)
            used += result.used
            size += len(result.text)
            position = match.end()
        else:
            raise VariableError(
                "bad-variable",
                "`$` starts a variable, and this is none",
                "write `$$` for a dollar sign",
                dollar,
                1,
            )
        if size > MAX_EXPANDED:
            raise VariableError(
                "too-large",
                f"the variables expand to more than {MAX_EXPANDED:,} characters",
                "mount what is large as a file, from `configs`",
                dollar,
                1,
            )
    out.append(text[position:])
    return Interpolated("".join(out), tuple(used))


def _closing_brace(text: str, dollar: int) -> int:
    depth = 0
    for index in range(dollar, len(text)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if depth == 0:
                return index
    raise VariableError(
        "bad-variable", "`${` is not closed", "write `${NAME}`", dollar, len(text) - dollar
    )


def _expand(
    body: str, variables: Mapping[str, str], start: int, length: int, depth: int
) -> Interpolated:
    if depth > MAX_NESTING:
        raise VariableError(
            "bad-variable",
            f"defaults are nested more than {MAX_NESTING} deep",
            "give the inner one a variable of its own",
            start,
            length,
        )
    match = _FORM.match(body)
    operator = match["op"] if match else None
    if match is None or (operator is None and match.end() != len(body)):
        raise VariableError(
            "bad-variable",
            f"`${{{body}}}` is not a variable",
            "write `${NAME}` or `${NAME:-default}`",
            start,
            length,
        )
    name = body[: match.end() - len(operator or "")]
    rest = body[match.end() :]
    value = variables.get(name)
    is_set = bool(value) if operator and operator[0] == ":" else value is not None
    kind = operator[-1] if operator else ""
    if kind == "+":
        return _inner(rest, variables, start, length, depth) if is_set else Interpolated("", ())
    if is_set:
        assert value is not None
        return Interpolated(value, (value,))
    if kind == "-":
        return _inner(rest, variables, start, length, depth)
    if kind == "?":
        message = f"variable `{name}` has no value" + (f": {rest}" if rest else "")
    else:
        message = f"variable `{name}` is not set"
    raise VariableError(
        "missing-variable",
        message,
        f"set {name} in the environment or an --env-file, or give a default: `${{{name}:-value}}`",
        start,
        length,
    )


def _inner(
    text: str, variables: Mapping[str, str], start: int, length: int, depth: int
) -> Interpolated:
    """A default, in which a mistake is told at the place of the whole variable."""
    try:
        return interpolate(text, variables, depth + 1)
    except VariableError as error:
        raise VariableError(error.code, error.message, error.hint, start, length) from None


class EnvFileError(Struct, frozen=True):
    line: int
    message: str


_QUOTED = re.compile(
    r"""(?:'(?P<plain>[^']*)'|'(?P<single>(?:[^'\\]|\\.)*)'|"(?P<double>(?:[^"\\]|\\.)*)")"""
    r"""\s*(?:\#.*)?\Z"""
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\", "$": "$"}


def parse_env_file(
    text: str, names: re.Pattern[str] = VARIABLE
) -> tuple[dict[str, str], list[EnvFileError]]:
    """`NAME=value` lines; `#` comments, `export`, and single or double quotes, as in Compose."""
    values: dict[str, str] = {}
    errors: list[EnvFileError] = []
    for number, raw in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        line = raw.strip().removeprefix("export ").strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name = name.strip()
        if not equals or not names.fullmatch(name):
            errors.append(EnvFileError(number, "a line must be NAME=value"))
            continue
        values[name] = _unquote(value.strip())
    return values, errors


def _unquote(value: str) -> str:
    """Double quotes know escapes, single ones that of a single quote; without quotes ` #` starts a
    comment."""
    match = _QUOTED.match(value)
    if match is None:
        return re.split(r"\s+#", value, maxsplit=1)[0].rstrip()
    if match["double"] is None:
        return match["plain"] or (match["single"] or "").replace("\\'", "'")
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[0]), match["double"])
