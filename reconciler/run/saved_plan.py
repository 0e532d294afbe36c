"""A plan in a file: reviewed in one place, and carried out in another, or not at all.

The file holds what was shown, and digests of all that the plan was made from. Topology, variables
and files are read again where it runs, so that it holds no secret.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from reconciler import __version__
from reconciler.diagnostics.diagnostic import Diagnostic
from reconciler.diagnostics.place import Place
from reconciler.files.inputs import Inputs
from reconciler.files.references import References
from reconciler.files.variant import Variant
from reconciler.plan.observed import Observed
from reconciler.plan.plan import Plan
from reconciler.plan.review import Review, digest, moved, review_of

VERSION = 1


class Named(Struct, frozen=True):
    """What the command line named."""

    files: tuple[str, ...]
    env_files: tuple[str, ...]
    variant: Variant


class SavedPlan(Struct, frozen=True):
    file: str
    named: Named
    salt: str
    topologies: Mapping[str, Mapping[str, Any]]
    """Each has `course`, `inputs` and `facts`, all digests; by name."""

    def stale(self, inputs: Inputs) -> Iterator[Diagnostic]:
        """What was read for the plan, and is another thing now."""
        now = _by_name(inputs)
        for name in sorted({*now, *self.topologies}):
            saved = self.topologies[name]["inputs"] if name in self.topologies else {}
            digests = _inputs(now[name], self.salt) if name in now else {}
            if details := tuple(moved(saved, digests)):
                yield Diagnostic(
                    "stale-plan",
                    f"topology `{name}` is not what it was when the plan was made",
                    "nothing was touched; plan and review it anew",
                    Place(file=self.file),
                    details=details,
                )

    def reviews(self, inputs: Inputs) -> dict[str, Review]:
        """What was reviewed, by topology. For inputs of which nothing is stale."""
        return {
            name: Review(self.salt, saved["course"], saved["facts"], _surroundings(referred))
            for name, referred in _by_name(inputs).items()
            if (saved := self.topologies.get(name)) is not None
        }


def save_plan(
    named: Named, inputs: Inputs, made: Sequence[tuple[Plan, Observed]], shown: Mapping[str, Any]
) -> bytes:
    """The content of the file. `shown` is what people and machines may read of it: a plan as in
    `plan --output json`."""
    salt = secrets.token_hex(16)
    topologies = {}
    referred_by = _by_name(inputs)
    for plan, observed in made:
        referred = referred_by[plan.topology]
        review = review_of(plan, observed, salt, _surroundings(referred))
        topologies[plan.topology] = {
            "course": review.course,
            "inputs": _inputs(referred, salt),
            "facts": review.facts,
        }
    document = {
        "saved_plan": VERSION,
        "tool": __version__,
        "files": named.files,
        "env_files": named.env_files,
        "overlays": named.variant.overlays,
        "profiles": named.variant.profiles,
        "salt": salt,
        "topologies": topologies,
        **shown,
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def read_saved_plan(file: str, data: bytes) -> SavedPlan | Diagnostic:
    """The saved plan in a file, or what is wrong with it."""
    try:
        document = json.loads(data)
        if document["saved_plan"] != VERSION:
            return _bad(file, "was made by another version of this tool")
        files, env_files, overlays, profiles = (
            tuple(map(str, document[key])) for key in ("files", "env_files", "overlays", "profiles")
        )
        topologies = {
            str(name): {
                "course": str(saved["course"]),
                "inputs": {str(k): str(v) for k, v in saved["inputs"].items()},
                "facts": {str(k): str(v) for k, v in saved["facts"].items()},
            }
            for name, saved in document["topologies"].items()
        }
        named = Named(files, env_files, Variant(overlays, profiles))
        return SavedPlan(file, named, str(document["salt"]), topologies)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return _bad(file, "is not whole, or was edited")


def _bad(file: str, why: str) -> Diagnostic:
    return Diagnostic(
        "bad-saved-plan",
        f"this saved plan {why}",
        "make it anew with `reconciler plan --out`",
        Place(file=file),
    )


def _by_name(inputs: Inputs) -> dict[str, References]:
    return {r.loaded.topology.name: r for r in inputs.references if r.loaded.topology is not None}


def _surroundings(referred: References) -> dict[str, str]:
    """Relative paths of volumes begin in a directory, and another version may go another way."""
    return {
        "the directory of the topology": referred.directory,
        "the version of this tool": __version__,
    }


def _inputs(referred: References, salt: str) -> dict[str, str]:
    """Digests of all that was read, by what it is in words."""
    source, contents = referred.loaded.source, referred.contents
    texts = source.texts or {source.file: source.text}
    read: dict[str, bytes] = {f"file {name}": text.encode() for name, text in texts.items()}
    read |= {f"file {name}": content for name, content in contents.files.items()}
    read |= {f"variable {name}": content for name, content in contents.variables.items()}
    for path, written in source.variables.items():
        where = ".".join(map(str, path))
        read[f"{written} at {where}"] = "\0".join(source.resolved.get(path, ())).encode()
    for name, found in contents.directories.items():
        read[f"directory {name}"] = repr(found).encode()
    return {about: digest(content, salt) for about, content in sorted(read.items())}
