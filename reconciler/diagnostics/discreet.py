"""Values that hold what nobody is shown: secrets, and what would fill a screen. Their `repr` leaves
it out, so that no log, traceback or failed test has it."""

from __future__ import annotations

from typing import ClassVar


class Discreet:
    """Stands before `Struct` among the bases of a value, whose `unshown` are what is left out."""

    __slots__ = ()

    unshown: ClassVar[tuple[str, ...]]
    __struct_fields__: ClassVar[tuple[str, ...]]

    def __repr__(self) -> str:
        shown = (name for name in self.__struct_fields__ if name not in self.unshown)
        fields = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{type(self).__name__}({fields})"
