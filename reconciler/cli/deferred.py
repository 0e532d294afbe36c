"""Modules that pydantic imports and no command needs on its way. They are loaded when somebody
first uses what is in them, and are as ever then."""

from __future__ import annotations

import importlib
import sys
import threading
from types import ModuleType
from typing import Any

_DEFERRED = {"importlib.metadata": ("entry_points",), "secrets": ()}
"""With the functions that are taken out of them while modules load. The first looks for plug-ins,
which are switched off, and brings e-mail and archives along; the second is for a type that no model
has, and brings OpenSSL."""
_REPLACING = threading.Lock()


class _Deferred(ModuleType):
    """What stands for a module until then."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # asked for by the import itself
            raise AttributeError(name)
        with _REPLACING:
            if sys.modules.get(self.__name__) is self:
                del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)

    def defer(self, function: str) -> None:
        def call(*given: Any, **named: Any) -> Any:
            return self.__getattr__(function)(*given, **named)

        setattr(self, function, call)


def defer_imports() -> None:
    """Comes before the first import of pydantic. What is loaded by then stays as it is."""
    for name, functions in _DEFERRED.items():
        if name not in sys.modules:
            module = sys.modules[name] = _Deferred(name)
            for function in functions:
                module.defer(function)
            package, _, own = name.rpartition(".")
            if package:
                setattr(sys.modules[package], own, module)
