"""`${VAR}` in all its forms, and env files."""

from __future__ import annotations

import pytest

from reconciler.topology.reading.variables import (
    EnvFileError,
    Interpolated,
    VariableError,
    interpolate,
    parse_env_file,
)

SET = {"A": "1", "B": "two", "EMPTY": ""}

FORMS = {
    "$A": "1",
    "${A}": "1",
    "${A}${B}": "1two",
    "x${A}y": "1".join("xy"),
    "$A-$B": "1-two",
    "$A_": None,
    "$$A": "$A",
    "$$$A": "$1",
    "$$$$": "$$",
    "${EMPTY}": "",
    "${A:-d}": "1",
    "${NONE:-d}": "d",
    "${NONE-d}": "d",
    "${NONE:-}": "",
    "${EMPTY:-d}": "d",
    "${EMPTY-d}": "",
    "${NONE:-a b: c}": "a b: c",
    "${NONE:-${A}}": "1",
    "${NONE:-x${NONE:-${B}}y}": "xtwoy",
    "${NONE:-$B}": "two",
    "${NONE:-$$}": "$",
    "${A:+yes}": "yes",
    "${A+yes}": "yes",
    "${NONE:+yes}": "",
    "${EMPTY:+yes}": "",
    "${EMPTY+yes}": "yes",
    "${A:+${B}}": "two",
    "${A:?needed}": "1",
    "${EMPTY?needed}": "",
}


@pytest.mark.parametrize(("text", "expected"), FORMS.items())
def test_forms(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(VariableError):
            interpolate(text, SET)
    else:
        assert interpolate(text, SET).text == expected


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("plain", ()),
        ("${A} and $B", ("1", "two")),
        ("${NONE:-d}", ()),
        ("${NONE:-${A}}", ("1",)),
        ("${A:+text}", ()),
        ("${EMPTY}", ("",)),
    ],
)
def test_only_what_comes_from_outside_is_used(text: str, used: tuple[str, ...]) -> None:
    assert interpolate(text, SET).used == used


def test_a_value_is_not_read_again() -> None:
    assert interpolate("${X}", {"X": "${A}", "A": "1"}) == Interpolated("${A}", ("${A}",))


ERRORS = {
    "$": ("bad-variable", 0, 1, "`$` starts a variable, and this is none"),
    "a $ b": ("bad-variable", 2, 1, "`$` starts a variable, and this is none"),
    "$1": ("bad-variable", 0, 1, "`$` starts a variable, and this is none"),
    "ab ${A": ("bad-variable", 3, 3, "`${` is not closed"),
    "${A:-${B}": ("bad-variable", 0, 9, "`${` is not closed"),
    "${}": ("bad-variable", 0, 3, "`${}` is not a variable"),
    "${1A}": ("bad-variable", 0, 5, "`${1A}` is not a variable"),
    "${A B}": ("bad-variable", 0, 6, "`${A B}` is not a variable"),
    "${A:}": ("bad-variable", 0, 5, "`${A:}` is not a variable"),
    "${A/x/y}": ("bad-variable", 0, 8, "`${A/x/y}` is not a variable"),
    "${NONE}": ("missing-variable", 0, 7, "variable `NONE` is not set"),
    "x $NONE y": ("missing-variable", 2, 5, "variable `NONE` is not set"),
    "${NONE:?}": ("missing-variable", 0, 9, "variable `NONE` has no value"),
    "${NONE?ask Ann}": ("missing-variable", 0, 15, "variable `NONE` has no value: ask Ann"),
    "${EMPTY:?set it}": ("missing-variable", 0, 16, "variable `EMPTY` has no value: set it"),
    "ab ${NONE:-${OTHER}}": ("missing-variable", 3, 17, "variable `OTHER` is not set"),
    "${N:-" * 12 + "}" * 12: ("bad-variable", 0, 72, "defaults are nested more than 8 deep"),
    "${N:-" * 9999 + "}" * 9999: ("bad-variable", 0, 59994, "defaults are nested more than 8 deep"),
}


@pytest.mark.parametrize(("text", "expected"), ERRORS.items(), ids=[t[:20] for t in ERRORS])
def test_errors(text: str, expected: tuple[str, int, int, str]) -> None:
    with pytest.raises(VariableError) as raised:
        interpolate(text, SET)
    error = raised.value
    assert (error.code, error.start, error.length, error.message) == expected


def test_a_missing_variable_says_what_to_do() -> None:
    with pytest.raises(VariableError) as raised:
        interpolate("${NONE}", {})
    assert raised.value.hint == (
        "set NONE in the environment or an --env-file, or give a default: `${NONE:-value}`"
    )


LINES = {
    "A=1": {"A": "1"},
    " A = 1 ": {"A": "1"},
    "export A=1": {"A": "1"},
    "A=": {"A": ""},
    "A=b=c": {"A": "b=c"},
    "A=b # why": {"A": "b"},
    "A=b#c": {"A": "b#c"},
    "A='b # c'": {"A": "b # c"},
    'A="b # c"': {"A": "b # c"},
    "A='b' # why": {"A": "b"},
    'A="b" # why': {"A": "b"},
    r"A='b\n'": {"A": r"b\n"},
    r'A="b\nc"': {"A": "b\nc"},
    r'A="b\\nc"': {"A": r"b\nc"},
    r'A="say \"hi\""': {"A": 'say "hi"'},
    "A='it''s": {"A": "'it''s"},
    r"A='it\'s'": {"A": "it's"},
    r"A='it\'s a \n' # why": {"A": r"it's a \n"},
    "A='C:\\'": {"A": "C:\\"},
    "A=$B": {"A": "$B"},
    "# A=1": {},
    "": {},
    "A=1\r\nB=2\r\n": {"A": "1", "B": "2"},
    "A=1\nA=2": {"A": "2"},
    "\ufeffA=1": {"A": "1"},
    "A=x\u2028y": {"A": "x\u2028y"},
}


@pytest.mark.parametrize(("text", "expected"), LINES.items())
def test_env_files(text: str, expected: dict[str, str]) -> None:
    assert parse_env_file(text) == (expected, [])


@pytest.mark.parametrize("line", ["A", "=1", "1A=2", "A B=1", "A-B=1", "export"])
def test_lines_of_env_files_that_are_none(line: str) -> None:
    values, errors = parse_env_file(f"X=1\n{line}\nY=2\n")
    assert values == {"X": "1", "Y": "2"}
    assert errors == [EnvFileError(2, "a line must be NAME=value")]
