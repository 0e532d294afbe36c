"""What each keeper is told when files change, break, move and go."""

from __future__ import annotations

from reconciler.desired.compile import compile_topology
from reconciler.events.news import FileBroken, News, Noticed
from reconciler.run.compiled import CompiledTopology
from reconciler.topology.load import load_topology
from reconciler.topology.reading.layers import Document, Layers
from reconciler.watch.follower import Broken, Follower, Reading
from reconciler.watch.mailbox import Goal, Mail, Mailbox
from tests.unit.watch.watching import Ear


def compiled(
    name: str = "shop", file: str = "shop.yaml", replicas: int = 2, more: str = "", over: str = ""
) -> CompiledTopology:
    text = f"""
name: {name}
backends: {{web: {{image: a, port: 80, replicas: {replicas}}}}}
frontends: {{www: {{bind: 80, default_backend: web}}}}
{more}
"""
    overlays = (Document("prod.yaml", "/", over.encode()),) if over else ()
    loaded = load_topology(text.encode(), file, {}, Layers(overlays=overlays))
    assert loaded.topology is not None, loaded.diagnostics
    return CompiledTopology(loaded, compile_topology(loaded.topology, "/srv"))


class Keepers:
    def __init__(self) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self.news: list[tuple[str, News]] = []

    def write(self, topology: str, cause: str, goal: Goal) -> None:
        self.mailboxes.setdefault(topology, Mailbox()).put(cause, goal=goal)

    def follower(self, *, prune: bool = False, dry_run: bool = False) -> Follower:
        ear = Ear(lambda name, news: self.news.append((name, news)))
        return Follower(self, ear, prune=prune, dry_run=dry_run)

    @property
    def notices(self) -> list[str]:
        return [news.what for _, news in self.news if isinstance(news, Noticed)]

    def mail(self, topology: str = "shop") -> Mail:
        return self.mailboxes[topology].take()


def reading(*topologies: CompiledTopology, gone: tuple[str, ...] = (), **broken: str) -> Reading:
    return Reading(
        {t.desired.topology: t for t in topologies},
        {f"{name}.yaml": Broken((), text) for name, text in broken.items()},
        frozenset(gone),
    )


def test_what_is_new_and_what_changed() -> None:
    keepers = Keepers()
    follower = keepers.follower()
    follower.follow(reading(compiled()))
    assert keepers.mail().causes == ["start"]
    follower.follow(reading(compiled(), compiled("blog", "blog.yaml")))
    assert keepers.mail("blog").causes == ["blog.yaml is new"]
    assert keepers.mail() == Mail(), "nothing is new to it"
    follower.follow(reading(compiled(replicas=3), compiled("blog", "blog.yaml")))
    mail = keepers.mail()
    assert mail.causes == ["file changed: web.replicas 2 → 3"]
    assert mail.is_urgent
    assert mail.goal is not None
    assert mail.goal.desired == compiled(replicas=3).desired


def test_an_overlay_changed() -> None:
    keepers = Keepers()
    follower = keepers.follower()
    follower.follow(reading(compiled(over="backends: {web: {weight: 3}}")))
    keepers.mail()
    follower.follow(reading(compiled(over="backends: {web: {weight: 9}}")))
    assert keepers.mail().causes == ["a file that it refers to changed: web.weight 3 → 9"]


def test_a_renamed_file_keeps_its_topology() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True)
    follower.follow(reading(compiled()))
    keepers.mail()
    follower.follow(reading(compiled(file="store.yaml")))
    assert keepers.mail() == Mail()
    assert keepers.news == []


def test_a_broken_file_is_told_once_and_again_when_it_changes() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True)
    follower.follow(reading(compiled()))
    keepers.mail()
    assert follower.is_worse(reading(shop="x"))
    for text in ("x", "x", "y", "y"):
        follower.follow(reading(shop=text))
    assert [n.text for _, n in keepers.news if isinstance(n, FileBroken)] == ["x", "y"]
    assert all(n.is_in_force for _, n in keepers.news if isinstance(n, FileBroken))
    assert keepers.mail() == Mail(), "the last good one stays in force"
    follower.follow(reading(compiled()))
    follower.follow(reading(shop="y"))
    assert [type(n).__name__ for _, n in keepers.news[2:]] == ["FileMended", "FileBroken"]


def test_a_file_that_never_was_good() -> None:
    keepers = Keepers()
    keepers.follower().follow(reading(shop="x"))
    (name, news) = keepers.news[0]
    assert name == ""
    assert isinstance(news, FileBroken)
    assert not news.is_in_force


def test_a_file_that_is_gone() -> None:
    keepers = Keepers()
    follower = keepers.follower()
    follower.follow(reading(compiled()))
    keepers.mail()
    for _ in range(3):
        follower.follow(reading(gone=("shop.yaml",)))
    assert keepers.notices == [
        "shop.yaml is gone; topology `shop` goes on as it runs, and is no longer watched"
    ]
    mail = keepers.mail()
    assert mail.goal is not None
    assert mail.goal.desired is None
    follower.follow(reading(compiled()))
    mail = keepers.mail()
    assert mail.goal is not None
    assert mail.goal.desired is not None


def test_a_file_that_is_gone_with_prune() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True)
    follower.follow(reading(compiled(), compiled("blog", "blog.yaml")))
    keepers.mail()
    follower.follow(reading(compiled("blog", "blog.yaml"), gone=("shop.yaml",)))
    mail = keepers.mail()
    assert mail.goal is not None
    assert mail.goal.forget
    assert mail.goal.desired == compiled().desired.emptied()
    assert keepers.notices == ["shop.yaml is gone; topology `shop` is removed, its volumes stay"]


def test_a_file_that_is_only_out_of_sight_removes_nothing() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True)
    follower.follow(reading(compiled()))
    keepers.mail()
    assert not follower.is_worse(reading())
    follower.follow(reading())
    assert keepers.mail() == Mail()
    assert keepers.news == []


def test_another_name_in_a_file_with_prune() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True, dry_run=True)
    follower.follow(reading(compiled()))
    keepers.mail()
    follower.follow(reading(compiled("store")))
    assert keepers.mail().causes == ["shop.yaml has another name in it"]
    assert keepers.notices == [
        "shop.yaml has another name in it; topology `shop` would be removed, its volumes stay"
    ]


def test_a_suspended_topology_is_not_removed_with_its_file() -> None:
    keepers = Keepers()
    follower = keepers.follower(prune=True)
    follower.follow(reading(compiled(more="suspend: true")))
    keepers.mail()
    follower.follow(reading(gone=("shop.yaml",)))
    goal = keepers.mail().goal
    assert goal is not None
    assert (goal.desired, goal.forget) == (None, False)


def test_suspend() -> None:
    keepers = Keepers()
    follower = keepers.follower()
    follower.follow(reading(compiled(more="suspend: true")))
    mail = keepers.mail()
    assert mail.goal is not None
    assert mail.goal.suspended
    follower.follow(reading(compiled()))
    mail = keepers.mail()
    assert mail.goal is not None
    assert not mail.goal.suspended
    assert mail.causes == ["file changed: suspend true → false"]
