"""`set`: one value changed, all else kept byte for byte."""

from __future__ import annotations

import pytest

from reconciler.topology.writing.edits import EditError, put_value

FILE = """\
name: shop   # ours
x-app: &app {image: "shop/web:1.4"}
backends:
  web:
    <<: *app
    replicas: 3     # three
    env: {A: 'b', com.example: c}
    ports: ["8080:80", 9090]
    check: &check
      path: /health
    command: >-
      run
        it
  api: {}
  job:
  copy: *app
# the end
"""
SET = {
    ("name", "other"): ("name: shop ", "name: other "),
    ("x-app.image", "shop/web:1.5"): ('"shop/web:1.4"', '"shop/web:1.5"'),
    ("backends.web.replicas", "5"): ("replicas: 3 ", "replicas: 5 "),
    ("backends.web.env.A", "it's"): ("'b'", "'it''s'"),
    ("backends.web.env.com.example", "d"): ("com.example: c", "com.example: d"),
    ("backends.web.env.NEW", "a: b # c"): ("c}", 'c, NEW: "a: b # c"}'),
    ("backends.web.env", "{A: c}"): ("{A: 'b', com.example: c}", "{A: c}"),
    ("backends.web.ports.1", "9191"): ("9090", "9191"),
    ("backends.web.check.path", "/up"): ("path: /health", "path: /up"),
    ("backends.web.check.interval", "1s"): ("/health\n", "/health\n      interval: 1s\n"),
    ("backends.web.weight", "2"): ("        it\n", "        it\n    weight: 2\n"),
    ("backends.web.rollout.max_surge", "2"): (
        "        it\n",
        "        it\n    rollout: {max_surge: 2}\n",
    ),
    ("backends.api.image", "a"): ("api: {}", "api: {image: a}"),
    ("backends.job.image", "a"): ("job:\n", "job: {image: a}\n"),
    ("backends.job", "{image: a}"): ("job:\n", "job: {image: a}\n"),
    ("haproxy.maxconn", "5"): ("copy: *app\n", "copy: *app\nhaproxy: {maxconn: 5}\n"),
}
REFUSED = {
    ("", "1"): "is no path",
    ("backends..web", "1"): "is no path",
    ("backends.web", "1"): "has lines of its own",
    ("backends.web.command", "x"): "has lines of its own",
    ("backends.copy", "x"): "stands for what is written elsewhere",
    ("backends.web.ports.2", "x"): "is a list of 2",
    ("backends.web.replicas.most", "x"): "is `3` here, and has no `most`",
}


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("given", "change"), SET.items(), ids=lambda part: part[0])
def test_set(given: tuple[str, str], change: tuple[str, str], newline: str) -> None:
    before, after = (part.replace("\n", newline) for part in change)
    text = FILE.replace("\n", newline)
    assert text.count(before) == 1
    assert put_value(text, *given) == text.replace(before, after)


@pytest.mark.parametrize(("given", "why"), REFUSED.items(), ids=lambda part: part[0])
def test_what_is_refused(given: tuple[str, str], why: str) -> None:
    with pytest.raises(EditError, match=why):
        put_value(FILE, *given)
