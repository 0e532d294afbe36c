"""What a variable holds is used, and appears nowhere: not in plans, logs, labels or errors."""

from __future__ import annotations

import json
from pathlib import Path

from reconciler.topology.labels import LABEL_PREFIX
from tests.integration.support import web
from tests.integration.support.ports import random_name
from tests.integration.support.stack import Stack


class Secrets:
    """Two values of variables, and everything that was said while they were in use."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.values: list[str] = []
        self.said: list[str] = []
        self.change()

    def change(self) -> None:
        """Other values for the same variables."""
        self.token, self.password = random_name("token-"), random_name("pass-")
        self.values += [self.token, self.password]
        self.stack.env = {"TOKEN": self.token, "STATS_PASSWORD": self.password}

    def run(self, *arguments: str, expect: int = 0) -> str:
        ended = self.stack.run(*arguments, expect=expect)
        self.said.append(ended.text)
        return ended.text

    def look_at_labels(self) -> None:
        """Ours: a label of the user's own holds what the user has put there."""
        for container in self.stack.containers():
            labels = container["Config"]["Labels"].items()
            self.said.append(json.dumps([i for i in labels if i[0].startswith(LABEL_PREFIX)]))

    def look_at_cache(self) -> None:
        for file in Path(self.stack.directory, "cache").rglob("*"):
            if file.is_file():
                self.said.append(file.read_text(encoding="utf-8"))

    def assert_kept(self) -> None:
        assert len(self.said) > 5
        for text in self.said:
            for value in self.values:
                assert value not in text


def files_in(stack: Stack) -> str:
    container = stack.by_slot()["web-1"]["Id"]
    return stack.world.run_in(container, "cat", "/run/secrets/token", "/etc/x")


def test_values_are_used_and_never_shown(stack: Stack) -> None:
    stack.backend.update(env={"TOKEN": "${TOKEN}"}, labels={"owner": "x-${TOKEN}"})
    stack.backend["secrets"] = ["token", {"source": "inline", "target": "/etc/x", "mode": "0400"}]
    stack.spec["secrets"] = {"token": {"environment": "TOKEN"}, "inline": {"content": "a ${TOKEN}"}}
    stats = stack.with_stats(auth=["admin:${STATS_PASSWORD}", "viewer:any"], admin=["admin"])
    secrets = Secrets(stack)
    assert "${TOKEN}" not in secrets.run("plan").replace("env.TOKEN  + ${TOKEN}", "")
    secrets.run("plan", "--output", "json")
    secrets.run("apply", "--yes")
    assert stack.get("/env/TOKEN").body == secrets.token
    assert files_in(stack) == f"{secrets.token}a {secrets.token}"
    assert web.get(stats).status == 401
    assert web.get(stats, headers=web.basic_auth("admin", secrets.password)).status == 200
    assert web.get(stats, "/metrics").status == 401
    admins = [
        "Choose the action to perform" in web.get(stats, headers=web.basic_auth(*who)).body
        for who in (("admin", secrets.password), ("viewer", "any"))
    ]
    assert admins == [True, False]
    secrets.run("apply", "--yes")
    secrets.look_at_labels()

    secrets.change()
    assert "env.TOKEN" in secrets.run("plan")
    plan = json.loads(secrets.run("plan", "--output", "json"))["plans"][0]
    assert any(line.startswith(("+", "-")) for line in plan["config_diff"])
    secrets.run("status")
    secrets.run("status", "--output", "json")
    secrets.run("apply", "--yes", "--output", "json")
    assert stack.get("/env/TOKEN").body == secrets.token
    assert files_in(stack) == f"{secrets.token}a {secrets.token}"
    assert web.get(stats, headers=web.basic_auth("admin", secrets.password)).status == 200
    secrets.run("render", "--topology")
    secrets.run("validate", "--haproxy")
    secrets.look_at_labels()
    secrets.look_at_cache()
    secrets.run("destroy", "--yes")
    secrets.assert_kept()


def test_errors_do_not_tell(stack: Stack) -> None:
    """A container's log may hold anything; HAProxy quotes the line that it refuses."""
    secrets = Secrets(stack)
    good = dict(stack.backend)
    script = "echo the token is $TOKEN; exit 3"
    stack.backend.update(env={"TOKEN": "${TOKEN}"}, command=["sh", "-c", script], restart="no")
    said = secrets.run("apply", "--yes", expect=1)
    assert "the token is [hidden]" in said
    secrets.run("apply", "--yes", "--output", "json", expect=1)

    stack.spec["backends"]["web"] = good
    stack.spec["haproxy"]["raw"] = {"defaults": ["nonsense ${TOKEN}"]}
    said = secrets.run("apply", "--yes", expect=1)
    assert "config-rejected" in said
    secrets.run("apply", "--yes", "--output", "json", expect=1)
    secrets.run("validate", "--haproxy", expect=1)
    secrets.run("validate", "--haproxy", "--output", "json", expect=1)
    secrets.look_at_labels()
    secrets.assert_kept()


def test_an_env_file(stack: Stack) -> None:
    stack.backend["env"] = {"TOKEN": "${TOKEN}"}
    value = random_name("token-")
    file = stack.directory / "values.env"
    file.write_text(f"# ours\nTOKEN='{value}'\n", encoding="utf-8")
    ended = stack.apply("--env-file", str(file))
    assert value not in ended.text
    assert stack.get("/env/TOKEN").body == value
    again = stack.apply("--env-file", str(file))
    assert "up to date" in again.out
    assert "missing-variable" in stack.apply(expect=1).err
