"""What a recipe is, and how it is found by its name, which is the name of its file."""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module

__all__ = ["Recipe", "find_recipe", "recipe_names"]

_PACKAGE = "selftaught.recipes"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named set of numbers for one method.

    Args:
        method: the method's name on the command line.
        data: the data set it was made for, taken when none is named; None if it is for any.
        settings: any of the options of `selftaught pretrain METHOD`, spelled with underscores.

    Example:
        >>> from selftaught.recipes import Recipe
        >>> Recipe(method="simclr", data="cifar10", settings={"temperature": 0.5}).settings["temperature"]
        0.5
    """

    method: str
    data: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict[str, object])


def recipe_names() -> tuple[str, ...]:
    """The names that `--recipe` takes.

    Example:
        >>> from selftaught.recipes import recipe_names
        >>> "simclr_fashion_mnist_10k" in recipe_names()
        True
    """
    package = import_module(_PACKAGE)
    return tuple(sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name != "recipe"))


def find_recipe(name: str) -> Recipe:
    """The recipe of that name; hyphens and underscores are the same.

    Raises:
        UserError: there is none.

    Example:
        >>> from selftaught.recipes import find_recipe
        >>> find_recipe("simclr-fashion-mnist-10k").data
        'fashion-mnist-10k'
    """
    module, names = name.replace("-", "_"), recipe_names()
    if module not in names:
        from selftaught.core import unknown_name  # imports torch

        raise unknown_name("recipe", name, names)
    return import_module(f"{_PACKAGE}.{module}").RECIPE
