"""What does each remedy against collapse make of the energy where there are no data?

A toy set in the plane: for each x there are two y, on the two branches of an ellipse. Four small models are trained on
the same pairs, and the energy E(x, y) of each is drawn over the whole plane in docs/images/energy_surface.svg.

- collapsed: |f(x) - g(y)|^2, made small for true pairs, and nothing else.
- contrastive: the same energy, true pairs against the other y of the batch (InfoNCE with squared distances).
- regularised: the same energy, with VICReg's variance and covariance terms.
- latent variable: min over z of |y - d(x, z)|^2, where z is one of a few values.

results/energy_surface.json keeps how often a point drawn uniformly from the square has a higher energy than a true one.
"""

import argparse
import math
from collections.abc import Callable, Mapping

import torch
from record import RESULTS, ROOT, origin, write
from torch import Tensor, nn
from torch.nn import functional as F

from selftaught.objectives import covariance_penalty, mean_squared_distance, variance_hinge
from selftaught.parts import mlp

DOCUMENT, DRAWING = RESULTS / "energy_surface.json", ROOT / "docs" / "images" / "energy_surface.svg"
QUESTION = "What does each remedy against collapse make of the energy where there are no data?"
WIDTH, FEATURES, LATENTS = 64, 8, 2
BATCH, REACH, CELLS = 256, 1.5, 120

Energy = Callable[[Tensor, Tensor], Tensor]


def draw_pairs(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """True pairs: points of an ellipse, evenly by angle, a little off it."""
    angle = 2 * math.pi * torch.rand(count, 1, generator=generator)
    noise = 0.02 * torch.randn(2, count, 1, generator=generator)
    return 1.1 * angle.cos() + noise[0], 0.8 * angle.sin() + noise[1]


def embed_jointly(remedy: str) -> tuple[nn.Module, Energy, Energy]:
    """Two networks, the energy of pairs, and the loss of a batch under one remedy."""
    networks = nn.ModuleList(mlp(1, WIDTH, WIDTH, FEATURES, norm=False) for _ in range(2))
    f, g = networks

    def energy(x: Tensor, y: Tensor) -> Tensor:
        return mean_squared_distance(f(x), g(y))

    def loss(x: Tensor, y: Tensor) -> Tensor:
        if remedy == "collapsed":
            return energy(x, y).mean()
        if remedy == "regularised":
            embeddings = (f(x), g(y))
            kept = sum(25 * variance_hinge(each) + covariance_penalty(each) for each in embeddings)
            return 25 * energy(x, y).mean() + kept
        scores = -torch.cdist(f(x), g(y)).square()
        return F.cross_entropy(scores, torch.arange(len(x)))

    return networks, energy, loss


def predict_with_latents() -> tuple[nn.Module, Energy, Energy]:
    """A decoder of x and z, the energy at the best z, and the loss, which is the same."""
    decoder = mlp(1 + LATENTS, WIDTH, WIDTH, 1, norm=False)

    def energy(x: Tensor, y: Tensor) -> Tensor:
        every = torch.eye(LATENTS).repeat(len(x), 1)  # (n * latents, latents)
        made = decoder(torch.cat([x.repeat_interleave(LATENTS, 0), every], 1)).view(len(x), LATENTS)
        return (made - y).square().min(1).values

    return decoder, energy, lambda x, y: energy(x, y).mean()


MODELS: Mapping[str, Callable[[], tuple[nn.Module, Energy, Energy]]] = {
    "collapsed": lambda: embed_jointly("collapsed"),
    "contrastive": lambda: embed_jointly("contrastive"),
    "regularised": lambda: embed_jointly("regularised"),
    "latent variable": predict_with_latents,
}


def train(name: str, steps: int, seed: int) -> Energy:
    """The energy of one model after some steps."""
    torch.manual_seed(seed)
    network, energy, loss = MODELS[name]()
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-3)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        optimiser.zero_grad()
        loss(*draw_pairs(BATCH, generator)).backward()
        optimiser.step()
    return energy


@torch.no_grad()
def measure(energy: Energy, seed: int) -> dict[str, float]:
    """How the energies of new true pairs and of points of the whole square compare."""
    generator = torch.Generator().manual_seed(seed + 1)
    true = energy(*draw_pairs(2000, generator))
    anywhere = energy(*(REACH * (2 * torch.rand(2, 2000, 1, generator=generator) - 1)))
    higher = (anywhere[:, None] > true).float() + 0.5 * (anywhere[:, None] == true).float()
    return {
        "roc_area": higher.mean().item(),
        "mean_energy_of_true_pairs": true.mean().item(),
        "mean_energy_anywhere": anywhere.mean().item(),
    }


@torch.no_grad()
def surface(energy: Energy) -> Tensor:
    """The energy on a grid over the square: rows are y from below."""
    line = torch.linspace(-REACH, REACH, CELLS)
    y, x = torch.meshgrid(line, line, indexing="ij")
    return energy(x.reshape(-1, 1), y.reshape(-1, 1)).view(CELLS, CELLS)


def draw(energies: Mapping[str, Energy], found: Mapping[str, Mapping[str, float]], seed: int) -> None:
    """One panel a model: its energy in colours, dark is low, and some true pairs."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    mpl.rcParams.update({"svg.hashsalt": "selftaught", "svg.fonttype": "path", "font.size": 8})
    x, y = draw_pairs(150, torch.Generator().manual_seed(seed + 2))
    figure, axes = plt.subplots(1, len(energies), figsize=(10, 2.9), layout="constrained", sharey=True)
    for axis, (name, energy) in zip(axes, energies.items(), strict=True):
        low = surface(energy).sqrt()  # a distance: its contrast is not all in the corners
        shown = axis.imshow(low, origin="lower", extent=(-REACH, REACH) * 2, vmin=0.0, vmax=1.0, cmap="viridis")
        axis.scatter(x, y, s=3, c="white", linewidths=0)
        pairs, anywhere = (found[name][f"mean_energy_{of}"] for of in ("of_true_pairs", "anywhere"))
        axis.set_title(f"{name}\nmean energy\n{pairs:.2g} of pairs, {anywhere:.2g} anywhere", fontsize=8)
        axis.set_xlabel("x")
    axes[0].set_ylabel("y")
    figure.colorbar(shown, ax=axes, shrink=0.8, label="root of the energy, 1 and above alike")
    DRAWING.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(DRAWING, metadata={"Date": None}, facecolor="white", dpi=120)
    plt.close(figure)


def main() -> None:
    """Train all four, and write the document and the drawing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    energies = {name: train(name, options.steps, options.seed) for name in MODELS}
    found = {name: measure(energy, options.seed) for name, energy in energies.items()}
    for name, each in found.items():
        print(
            f"{name}: ROC area {each['roc_area']:.3f}, true {each['mean_energy_of_true_pairs']:.2g}, "
            f"anywhere {each['mean_energy_anywhere']:.2g}"
        )
    write(DOCUMENT, {"question": QUESTION, "steps": options.steps, "seed": options.seed, "found": found, **origin()})
    draw(energies, found, options.seed)


if __name__ == "__main__":
    main()
