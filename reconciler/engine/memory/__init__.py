"""An engine without Docker: for tests of topologies, of pipelines, and of this package itself.

    world = World()
    engine = MemoryEngine("shop", world)

The engine does what a plan says; the world is what `docker` would be at a terminal: stop, remove,
rename and edit things in it by hand, and see what the next plan makes of that. It never sleeps:
each wait holds at once or fails at once.
"""

from reconciler.engine.memory.engine import MemoryEngine, MemoryEngines
from reconciler.engine.memory.parts import Container, Image
from reconciler.engine.memory.world import World

__all__ = ["Container", "Image", "MemoryEngine", "MemoryEngines", "World"]
