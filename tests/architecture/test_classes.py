"""Every class is abstract or final, and nothing implemented is overridden."""

from abc import ABC, abstractmethod
from typing import final

from rules import classes, heirs_of_concrete, modules, neither_abstract_nor_final


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Flat(Shape):
    @abstractmethod
    def width(self) -> float: ...


class Square(Shape):
    def area(self) -> float:
        return 1.0


@final
class Circle(Shape):
    def area(self) -> float:
        return 3.0


class Tile(Square):
    def area(self) -> float:
        return 2.0


def test_concrete_classes_are_final() -> None:
    assert neither_abstract_nor_final(classes(modules())) == []


def test_nothing_inherits_from_a_concrete_class() -> None:
    assert heirs_of_concrete(classes(modules())) == []


def test_open_classes_are_seen() -> None:
    found = [Shape, Flat, Square, Circle, Tile]
    assert neither_abstract_nor_final(found) == [f"{__name__}.Square", f"{__name__}.Tile"]
    assert heirs_of_concrete(found) == [f"{__name__}.Tile"]
