"""The registry of everything that can be added, such as face detectors, corpora and backbones.

An entry is a factory registered under a name. Heavy imports belong inside the factory, so that a missing optional
package breaks that entry alone.
"""

from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from emo_utils.errors import MissingPackageError, UnknownNameError
from emo_utils.extras import missing


class Registry:
    """Factories by name.

    Args:
        kind: what an entry is, for messages.
        package: the package of the entries, one file each. All its files are imported when an entry is first looked up,
            so adding an entry touches one file. None: entries are registered by other code.

    Example:
        >>> detectors = Registry("face detector")
        >>> @detectors.register("none")
        ... def make_none(): return None
        >>> detectors.create("none")
    """

    def __init__(self, kind: str, package: str | None = None):
        self.kind = kind
        self._package = package
        self._discovered = False
        self._factories: dict[str, Callable[..., Any]] = {}

    def register(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorate a factory to register it under `name`; a second use of a name is a bug and raises ValueError."""

        def add(factory: Callable[..., Any]) -> Callable[..., Any]:
            if name in self._factories:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._factories[name] = factory
            return factory

        return add

    def get(self, name: str) -> Callable[..., Any]:
        """Return the factory called `name`.

        Raises:
            UnknownNameError: with the known names and the nearest one.
        """
        if name not in self:
            raise UnknownNameError(unknown_name(self.kind, name, self._factories))
        return self._factories[name]

    def create(self, name: str, **options: Any) -> Any:
        """Call the factory called `name`.

        Raises:
            UnknownNameError: no entry is registered under that name.
            MissingPackageError: the entry needs a package that is not installed.
        """
        factory = self.get(name)
        try:
            return factory(**options)
        except ModuleNotFoundError as error:
            raise MissingPackageError(missing(f"{self.kind} {name!r}", error.name or "")) from error

    def __iter__(self) -> Iterator[str]:
        self._discover()
        return iter(sorted(self._factories))

    def __contains__(self, name: str) -> bool:
        self._discover()
        return name in self._factories

    def _discover(self) -> None:
        """Import the files of the package once; each registers its own entries."""
        if self._package is None or self._discovered:
            return
        self._discovered = True  # before the imports: a file may look other entries up
        for module in iter_modules(import_module(self._package).__path__, f"{self._package}."):
            import_module(module.name)


def unknown_name(kind: str, name: str, known: Iterable[str]) -> str:
    """The message for an unknown name: the known names, and the most similar one."""
    known = sorted(known)
    nearest = get_close_matches(name, known, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    return f"unknown {kind} {name!r}; known: {', '.join(known)}.{hint}"
