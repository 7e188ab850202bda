"""View makers that are made of simpler ones."""

from dataclasses import fields
from typing import Any, TypeVar, cast

__all__ = ["made_of"]

M = TypeVar("M")


def made_of(kind: type[M], maker: Any, **others: Any) -> M:
    """A simpler view maker with the settings that it shares with another.

    Args:
        kind: of the simpler one, a dataclass.
        maker: a dataclass, whose fields of the same names are taken.
        others: settings that differ, or that only the simpler one has.

    Example:
        >>> from selftaught.views import AssignedCrops
        >>> from selftaught.views.made_of import made_of
        >>> from selftaught.views.random_crops import RandomCrops
        >>> made_of(RandomCrops, AssignedCrops(image_size=28, crop_scale=(0.5, 1.0)), flip_probability=0.0)
        RandomCrops(image_size=28, channels=3, ..., crop_scale=(0.5, 1.0), ..., flip_probability=0.0, ...)
    """
    own = {field.name for field in fields(maker)}
    shared = {field.name: getattr(maker, field.name) for field in fields(cast("Any", kind)) if field.name in own}
    return kind(**{**shared, **others})
