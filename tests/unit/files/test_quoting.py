"""What is quoted: files below the directories of those that were named, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.files.inputs import load_inputs
from reconciler.view.documents import diagnostics_document
from tests.unit.cli.conftest import Run, run  # noqa: F401  # a fixture

BACKENDS = "backends: {web: {image: a}}\n"
SECRETS = {
    "lines as of /etc/shadow": "root:$6$hunter2:19000:0:99999:7:::\nbin:*:19000::::::\n",
    "one line": "hunter2\n",
    "an unknown key": "hunter2: 1\n",
    "an unknown value": "backends: {web: {pull: hunter2}}\n",
    "a wrong type": "backends: [hunter2]\n",
    "no YAML": "a: [hunter2\nb: }\n",
    "a variable": "name: ${hunter2}\n",
    "a name": "networks: {hunter2: {}}\nname: hunter2 x\n",
    "two of a name": "hunter2: 1\nhunter2: 2\n",
    "a tag": "name: !hunter2 x\n",
    "a reference": "frontends: {hunter2: {bind: 80, default_backend: hunter2x}}\n",
    "a certificate": "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\n",
    "not UTF-8": "hunter2: \udcff\n",
}
UNDER_OTHERS = {SECRETS[key] for key in ("one line", "a wrong type", "a name", "a certificate")}
"""What the file that includes them says instead, so that nothing is wrong with it."""


def shown(file: Path) -> str:
    """All that any command can print of what is wrong."""
    inputs = load_inputs([str(file)], [])
    return f"{diagnostics_document(inputs.diagnostics)} {inputs.sources}"


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("way", ["by its path", "by a link", "from below", "as a link"])
def test_nothing_is_told_of_a_file_from_elsewhere(secret: str, way: str, tmp_path: Path) -> None:
    outside, inside = tmp_path / "etc" / "secret", tmp_path / "work" / "topologies"
    outside.parent.mkdir()
    inside.mkdir(parents=True)
    outside.write_bytes(secret.encode(errors="surrogateescape"))
    (inside / "link.yaml").symlink_to(outside)
    (inside / "part").mkdir()
    (inside / "part" / "part.yaml").write_text(f"include: {outside}\n")
    includes = {
        "by its path": str(outside),
        "by a link": "link.yaml",
        "from below": "part/part.yaml",
    }
    file = inside / "shop.yaml"
    if way == "as a link":
        file.symlink_to(outside)
    else:
        file.write_text(f"name: shop\ninclude: {includes[way]}\n{BACKENDS}")
    text = shown(file)
    assert "hunter2" not in text
    if secret not in UNDER_OTHERS:
        assert "what it says is not shown" in text


def test_it_is_told_where(run: Run) -> None:  # noqa: F811  # the fixture
    Path("secret").write_text("\n\nhunter2: 1\n")
    Path("a").mkdir()
    Path("a/shop.yaml").write_text(f"name: shop\ninclude: ../secret\n{BACKENDS}")
    done = run("validate", "a/shop.yaml")
    assert done.err == (
        "error[unknown-key]: a key that does not exist here\n"
        "  --> secret:3:1\n"
        "   what it says is not shown: it is outside of the topology's directory\n\n"
        "secret: 1 error\n"
    )


def test_files_below_are_quoted(tmp_path: Path) -> None:
    (tmp_path / "parts" / "deep").mkdir(parents=True)
    (tmp_path / "parts" / "deep" / "web.yaml").write_text("nonsense: 1\n")
    file = tmp_path / "shop.yaml"
    file.write_text(f"name: shop\ninclude: parts/deep/web.yaml\n{BACKENDS}")
    assert "nonsense" in shown(file)


def test_a_link_that_stays_below_is_followed(tmp_path: Path) -> None:
    """As Kubernetes mounts a ConfigMap."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data" / "shop.yaml").write_text("nonsense: 1\n")
    (tmp_path / "shop.yaml").symlink_to("..data/shop.yaml")
    assert "nonsense" in shown(tmp_path / "shop.yaml")


def test_lines_of_a_list_from_elsewhere_are_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("10.0.0.0/8\n1234:5678:90\n")
    (tmp_path / "a").mkdir()
    for source, is_quoted in (("../list", False), ("list", True)):
        (tmp_path / "a" / "list").write_text("1234:5678:90\n")
        file = tmp_path / "a" / "shop.yaml"
        file.write_text(
            f"name: shop\n{BACKENDS[:-3]}, port: 80}}}}\n"
            f"frontends: {{www: {{bind: 80, default_backend: web, deny: [./{source}]}}}}\n"
        )
        assert ("1234:5678" in shown(file)) is is_quoted
