"""The figure of a method's parts, drawn from what its code does in one step.

The example in the method's docstring makes the method; `step` is then asked about example views, and each part that the
method holds is watched: what it was given, and what it made. An arrow is drawn from one part to another where the one
made what the other was given, solid where gradients flow back along it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import torch
from docstring_parser import google
from torch import Tensor, nn

from selftaught.core import Method, UserError

__all__ = ["parts_figure", "role_of", "traced"]

_VIEWS, _ITEMS = "views", 8
_WIDTH, _HEIGHT, _PASSING, _ACROSS, _DOWN, _EDGE = 164, 46, 6, 52, 18, 14
_SOLID, _DASHED = "solid", "dashed"


@dataclass
class _Trace:
    """What was seen of one step."""

    calls: dict[str, int] = field(default_factory=dict[str, int])
    edges: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    made: dict[Any, str] = field(default_factory=dict[Any, str])  # by node of the autograd graph
    held: dict[int, str] = field(default_factory=dict[int, str])  # by address
    kept: list[Any] = field(default_factory=list[Any])  # so that no address is used again

    def join(self, before: str, after: str, style: str) -> None:
        if before != after and self.edges.get((before, after)) != _SOLID:
            self.edges[before, after] = style

    def take(self, tensor: Tensor, by: str) -> bool:
        """Draw arrows from what made a tensor to the part that is given it; whether there was any."""
        sources = set(_sources(tensor, self.made))
        for source in sources:
            self.join(source, by, _SOLID)
        if not sources and (holder := self.held.get(_address(tensor))) is not None:
            self.join(holder, by, _SOLID if tensor.requires_grad else _DASHED)
            return True
        return bool(sources)

    def make(self, tensor: Tensor, by: str) -> None:
        if tensor.grad_fn is not None:
            self.made[tensor.grad_fn] = by
        self.held[_address(tensor)] = by
        self.kept.append(tensor)


def parts_figure(name: str, method: type[Method[Any]]) -> str:
    """An SVG of a method's parts.

    Args:
        name: of the method, for the title.
        method: its class, whose docstring has an example that makes one called `method`.
    """
    return _drawn(name, *traced(method))


def traced(method: type[Method[Any]]) -> tuple[_Trace, dict[str, list[nn.Module]]]:
    """What one step of a method was seen to do, and the modules of every part.

    Args:
        method: its class, whose docstring has an example that makes one called `method`.
    """
    torch.manual_seed(0)
    made = _example(method)
    views = made.views_type.example(_ITEMS, torch.Generator().manual_seed(0))
    trace, parts = _Trace(), dict(_parts(made))
    for part, modules in parts.items():
        for module in modules:
            for tensor in (*module.parameters(), *module.buffers()):
                trace.held[_address(tensor)] = part
            _watch(module, part, trace)
    step = made.step(views)
    for loss, value in step.losses.items():
        trace.take(value, f"loss: {loss}")
    _finish(trace, parts, list(step.losses))
    return trace, parts


def role_of(modules: list[nn.Module]) -> str:
    """What a part does in training: "learns", is "not trained", such as what follows another, or "remembers"."""
    weights = [weight for each in modules for weight in each.parameters()]
    if any(weight.requires_grad for weight in weights):
        return "learns"
    return "not trained" if weights else "remembers"


def _example(method: type[Method[Any]]) -> Method[Any]:
    names: dict[str, Any] = {}
    words = google.parse(method.__doc__ or "").examples
    for line in "\n".join(each.description or "" for each in words).splitlines():
        if line.startswith((">>> ", "... ")) and "method" not in names:
            exec(line[4:], names)
    if "method" not in names:
        raise UserError(f"expected the example of {method.__name__} to make one called `method`")
    return names["method"]


def _parts(method: Method[Any]) -> Iterator[tuple[str, list[nn.Module]]]:
    """What the method holds; a list of modules is one part."""
    for name, module in method.named_children():
        several = list(module) if isinstance(module, nn.ModuleList) else [module]
        if any(True for each in several for _ in (*each.parameters(), *each.buffers())):
            yield name, several


def _watch(module: nn.Module, part: str, trace: _Trace) -> None:
    """Note each call from outside of every public function of a module."""
    inside: list[str] = []

    def watched(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            outermost = not inside
            inside.append(part)
            try:
                found = function(*arguments, **named)
            finally:
                inside.pop()
            given, gave = list(_tensors((arguments, named))), list(_tensors(found))
            for network in _modules(found):  # an encoder may hand out its networks to be asked one by one
                _watch(network, part, trace)
            if outermost and gave:
                trace.calls[part] = trace.calls.get(part, 0) + 1
                known = [trace.take(tensor, part) for tensor in given]
                if given and not any(known):
                    trace.join(_VIEWS, part, _DASHED)
                for tensor in gave:
                    trace.make(tensor, part)
            return found

        return call

    own = [each for each in type(module).__mro__ if each.__module__.startswith("selftaught")]
    names = {name for each in own for name, value in vars(each).items() if callable(value) and name[0] != "_"}
    for name in names | {"forward"}:
        object.__setattr__(module, name, watched(getattr(module, name)))


def _finish(trace: _Trace, parts: Mapping[str, list[nn.Module]], losses: list[str]) -> None:
    """What leads to no other part leads to the loss: what is compared with, and what is remembered."""
    for part in parts:
        if not any(before == part for before, _ in trace.edges):
            for loss in losses:
                trace.join(part, f"loss: {loss}", _DASHED)


def _modules(value: Any) -> list[nn.Module]:
    return [each for each in value if isinstance(each, nn.Module)] if isinstance(value, (list, tuple)) else []


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _tensors(each)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _tensors(each)
    elif hasattr(value, "__dataclass_fields__"):
        for each in value.__dataclass_fields__:
            yield from _tensors(getattr(value, each))


def _address(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() if tensor.numel() else 0


def _sources(tensor: Tensor, made: Mapping[Any, str]) -> Iterator[str]:
    """The parts whose results a tensor was computed from, the nearest along each path."""
    waiting, seen = [tensor.grad_fn], set[Any]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node in made:
            yield made[node]
        else:
            waiting += [before for before, _ in node.next_functions]


def _drawn(name: str, trace: _Trace, parts: Mapping[str, list[nn.Module]]) -> str:
    columns, ways = _columns(trace)
    places, width, height = _places(columns)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" font-family="sans-serif" font-size="13">',
        f"<title>Parts of {escape(name)}</title>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 L8 4 L0 8 z" fill="#333"/></marker></defs>',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    lines += [_arrow([places[each] for each in way], trace.edges[way[0], way[-1]]) for way in ways]
    boxes = [name for column in columns for name in column if not isinstance(name, int)]
    lines += [_box(part, places[part], parts.get(part), trace.calls.get(part, 0)) for part in boxes]
    return "\n".join([*lines, "</svg>", ""])


def _columns(trace: _Trace) -> tuple[list[list[str | int]], list[list[str | int]]]:
    """Parts by how many arrows lead to them at most, losses last, and the way of every arrow through the columns.

    Where an arrow passes a column, a number keeps a place for it between the boxes. Each column is put in the order of
    the mean place of what leads to it.
    """
    names = list(dict.fromkeys(name for edge in sorted(trace.edges) for name in edge))

    def depth(part: str, below: tuple[str, ...] = ()) -> int:
        before = [a for a, b in trace.edges if b == part and a not in (*below, part)]
        return 1 + max(depth(each, (*below, part)) for each in before) if before else 0

    depths = {part: depth(part) for part in names}
    last = max(depths.values())
    depths |= {part: last for part in names if part.startswith("loss: ")}
    columns: list[list[str | int]] = [[part for part in names if depths[part] == column] for column in range(last + 1)]
    ways: list[list[str | int]] = []
    passing = 0
    for before, after in sorted(trace.edges):
        way: list[str | int] = [before]
        for column in range(depths[before] + 1, depths[after]):
            columns[column].append(passing)
            way.append(passing)
            passing += 1
        ways.append([*way, after])
    for column in range(1, last + 1):
        ranks = {name: rank for rank, name in enumerate(columns[column - 1])}
        leads = {
            name: [
                ranks[way[at - 1]]
                for way in ways
                for at in range(1, len(way))
                if way[at] == name and way[at - 1] in ranks
            ]
            for name in columns[column]
        }
        columns[column].sort(key=lambda name: sum(leads[name]) / len(leads[name]) if leads[name] else 0.0)
    return columns, ways


def _places(columns: list[list[str | int]]) -> tuple[dict[str | int, tuple[int, int, int]], int, int]:
    """Left edge, middle and height of every name, the columns standing around one line; width and height of all."""
    sizes = [[_PASSING if isinstance(name, int) else _HEIGHT for name in column] for column in columns]
    heights = [sum(each) + _DOWN * (len(each) - 1) for each in sizes]
    tallest, places = max(heights), dict[str | int, tuple[int, int, int]]()
    for column, (names, each) in enumerate(zip(columns, sizes, strict=True)):
        top = _EDGE + (tallest - heights[column]) // 2
        for name, size in zip(names, each, strict=True):
            places[name] = _EDGE + column * (_WIDTH + _ACROSS), top + size // 2, size
            top += size + _DOWN
    return places, 2 * _EDGE + len(columns) * (_WIDTH + _ACROSS) - _ACROSS, 2 * _EDGE + tallest


def _arrow(way: list[tuple[int, int, int]], style: str) -> str:
    x, y = way[0][0] + _WIDTH, way[0][1]
    path = f"M{x} {y}"
    for left, middle, _ in way[1:]:
        bend = (left - x) // 2
        path += f" C{x + bend} {y} {left - bend} {middle} {left} {middle}"
        x, y = left, middle
        if (left, middle) != way[-1][:2]:
            x = left + _WIDTH
            path += f" L{x} {y}"
    dashes = ' stroke-dasharray="5 4"' if style == _DASHED else ""
    return f'<path d="{path}" fill="none" stroke="#333" stroke-width="1.4"{dashes} marker-end="url(#tip)"/>'


def _box(part: str, place: tuple[int, int, int], modules: list[nn.Module] | None, calls: int) -> str:
    x, y = place[0], place[1] - _HEIGHT // 2
    told, below, fill, stroke, corner = part.removeprefix("loss: ").replace("_", " "), "", "#f4f4f4", "#666666", 3
    if part.startswith("loss: "):
        below, fill, stroke = "loss", "#fdf1dc", "#b06a00"
    elif modules is not None:
        role, below = role_of(modules), type(modules[0]).__name__ + (f", {calls} times" if calls > 1 else "")
        if role == "learns":
            fill, stroke = "#e3eefa", "#0060a8"
        else:
            below, corner = f"{below}, {role}", 18 if role == "remembers" else 3
    dashes = ' stroke-dasharray="5 4"' if modules is not None and stroke == "#666666" else ""
    rows = [told, below] if below else [told]
    middle = x + _WIDTH // 2
    text = "".join(
        f'<text x="{middle}" y="{y + _HEIGHT // 2 + 5 + round(16 * (row - (len(rows) - 1) / 2))}" text-anchor="middle"'
        f' fill="#111" font-size="{13 if row == 0 else 10}">{escape(words)}</text>'
        for row, words in enumerate(rows)
    )
    shape = f'x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="{corner}"'
    return f'<rect {shape} fill="{fill}" stroke="{stroke}"{dashes}/>{text}'
