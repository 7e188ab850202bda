"""Which protocols an evaluation runs."""

from collections.abc import Sequence

from selftaught.core import Encoder, LocalEncoder, Preparation, UserError, unknown_name
from selftaught.encoders import Preprocessing, VideoPreprocessing
from selftaught.evaluation.budgets import BUDGETS
from selftaught.evaluation.fine_tuning import FINE_TUNING_BUDGETS

__all__ = ["DEFAULT_PROTOCOLS", "PROTOCOLS", "choose_protocols", "choose_tune_labels"]
__all__ += ["suited_protocols", "unsuited_protocols"]

PROTOCOLS = {
    "knn": "weighted nearest neighbours; near-duplicates between training and test items",
    "linear": "linear probes with 100 labels, 1 %, 10 % and all of them",
    "label_curve": "linear probes with 1, 5, 10 and 100 labels a class",
    "clustering": "k-means against the classes: NMI, ARI, accuracy under the best matching",
    "retrieval": "recall@1, 5 and 10, and mAP",
    "label_free": "figures that need no labels: RankMe, alpha-ReQ, uniformity, collapse, silhouettes",
    "views": "figures that need several views of an item: alignment and LiDAR",
    "energy": "whether the method's energy tells true pairs from mismatched ones",
    "own_task": "how well the method does what it was trained to do, beside its chance",
    "corruptions": "accuracy and drift of the vectors under corruptions of the test items in five severities",
    "attack": "accuracy under small, chosen changes of the pixels, at three radii",
    "spurious_cue": "whether a probe falls for a tint that tells the class in training alone",
    "supervised": "the same network trained from scratch on labels alone, with the labels of the linear probes",
    "fine_tune": "the encoder trained on with 1 %, 10 % and all labels, beside the same network from scratch",
    "keeps": "which changes of an image can be told from its vector, and from the projection",
    "dense": "segmentation and localisation from the vectors of positions, the encoder frozen",
    "dense_fine_tune": "the same with the encoder trained along, beside the same from the start",
    "propagation": "whether the vectors of positions follow what moves: J of masks and PCK of points, in made video",
}
DEFAULT_PROTOCOLS = ("knn", "linear", "label_free", "energy", "own_task")

_TRAINED = {"supervised": BUDGETS, "fine_tune": FINE_TUNING_BUDGETS}
"""The budgets of labels that protocols train on."""

_DENSE = ("dense", "dense_fine_tune")


def choose_protocols(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of protocols that somebody wrote, in the order in which they run.

    Args:
        given: names, or one text of names with commas between, with hyphens or underscores; "all" is all of them,
            "usual" or None the usual ones: knn, linear, label_free, energy and own_task.

    Raises:
        UserError: there is no such protocol, or no name was given.

    Example:
        >>> from selftaught.evaluation import choose_protocols
        >>> choose_protocols("retrieval,knn")
        ('knn', 'retrieval')
        >>> choose_protocols("usual,supervised")
        ('knn', 'linear', 'label_free', 'energy', 'own_task', 'supervised')
    """
    if given is None:
        return DEFAULT_PROTOCOLS
    words = given.split(",") if isinstance(given, str) else given
    names = [word.strip().lower().replace("-", "_") for word in words]
    for name in names:
        if name not in ("all", "usual") and name not in PROTOCOLS:
            raise unknown_name("protocol", name, ["all", "usual", *PROTOCOLS])
    if not names:
        raise UserError(f"protocols: expected at least one of all, {', '.join(PROTOCOLS)}")
    names += DEFAULT_PROTOCOLS if "usual" in names else ()
    return tuple(name for name in PROTOCOLS if "all" in names or name in names)


def choose_tune_labels(given: str | Sequence[str] | None, protocols: Sequence[str]) -> tuple[str, ...]:
    """The budgets of labels that "supervised" and "fine_tune" train on, from few labels to many.

    Args:
        given: of 100, 1%, 10% and all, a list or one text with commas between; None for all of them. Fine-tuning has no
            budget of 100.
        protocols: what is asked for, by name.

    Returns:
        The budgets; none where no protocol trains on labels.

    Raises:
        UserError: there is no such budget, or a protocol, or every one, has nothing to train on.

    Example:
        >>> from selftaught.evaluation import choose_tune_labels
        >>> choose_tune_labels("10%,1%", ["knn", "fine_tune"])
        ('1%', '10%')
    """
    trained = {name: budgets for name, budgets in _TRAINED.items() if name in protocols}
    if given is None:
        return tuple(name for name in BUDGETS if any(name in budgets for budgets in trained.values()))
    words = given.split(",") if isinstance(given, str) else given
    names = [word.strip().lower() for word in words]
    for name in names:
        if name not in BUDGETS:
            raise unknown_name("label budget", name, BUDGETS)
    if not trained:
        raise UserError(f"tune_labels: expected {' or '.join(_TRAINED)} among the protocols, which train on labels")
    for protocol, budgets in trained.items():
        if not set(names) & set(budgets):
            raise UserError(f"tune_labels: {protocol} takes {', '.join(budgets)}, got {', '.join(names) or 'none'}")
    return tuple(name for name in BUDGETS if name in names)


def suited_protocols(
    given: str | Sequence[str] | None, encoder: Encoder, preparation: Preparation
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The protocols that an encoder can take, of those that somebody wrote.

    Args:
        given: see `choose_protocols`.
        encoder: to be measured.
        preparation: from raw items to what it takes.

    Returns:
        Their names, and why others, which came by "all", were left out.

    Raises:
        UserError: a protocol that was named cannot be taken, or there is no such protocol.

    Example:
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation import suited_protocols
        >>> prepare = Preprocessing(image_size=16, channels=4, mean=(0.5,) * 4, standard_deviation=(0.5,) * 4)
        >>> names, notes = suited_protocols("all", SmallResNet(channels=4), prepare)
        >>> "dense" in names, notes[0]
        (False, 'dense: left out, for it needs images of 1 or 3 channels, and the encoder takes 4')
    """
    chosen = choose_protocols(given)
    unsuited = {name: reason for name, reason in unsuited_protocols(encoder, preparation).items() if name in chosen}
    named = chosen if given is None else choose_protocols(_without_all(given) or DEFAULT_PROTOCOLS)
    for name, reason in unsuited.items():
        if name in named:
            raise UserError(f"{name}: {reason}")
    notes = tuple(f"{name}: left out, for it {reason}" for name, reason in unsuited.items())
    return tuple(name for name in chosen if name not in unsuited), notes


def _without_all(given: str | Sequence[str]) -> list[str]:
    words = given.split(",") if isinstance(given, str) else given
    return [word for word in words if word.strip().lower() != "all"]


def unsuited_protocols(encoder: Encoder, preparation: Preparation) -> dict[str, str]:
    """Why an encoder cannot take a protocol, by name, in the words behind "it"; empty where it takes all.

    Example:
        >>> from selftaught.encoders import Preprocessing, SmallResNet
        >>> from selftaught.evaluation.choosing import unsuited_protocols
        >>> prepare = Preprocessing(image_size=16, channels=1, mean=(0.5,), standard_deviation=(0.5,))
        >>> unsuited_protocols(SmallResNet(channels=1), prepare)
        {}
    """
    if isinstance(preparation, VideoPreprocessing):
        reason = "needs an encoder of images, and this one is of video"
        return dict.fromkeys(("corruptions", "attack", "spurious_cue", "keeps", *_DENSE), reason)
    if not isinstance(preparation, Preprocessing):
        kind = type(preparation).__name__.removesuffix("Preprocessing").lower()
        reason = f"needs an encoder of images, and this one is of {kind}"
        return dict.fromkeys(("attack", "spurious_cue", "keeps", *_DENSE, "propagation"), reason)
    if not isinstance(encoder, LocalEncoder):
        reason = f"needs vectors of positions, and {type(encoder).__name__} has one vector an image"
        return dict.fromkeys((*_DENSE, "propagation"), reason)
    if preparation.channels not in (1, 3):
        reason = f"needs images of 1 or 3 channels, and the encoder takes {preparation.channels}"
        return dict.fromkeys((*_DENSE, "propagation"), reason)
    return {}
