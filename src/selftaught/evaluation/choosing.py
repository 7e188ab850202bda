"""Which protocols an evaluation runs."""

from collections.abc import Sequence

from selftaught.core import UserError, unknown_name

__all__ = ["DEFAULT_PROTOCOLS", "PROTOCOLS", "choose_protocols"]

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
}
DEFAULT_PROTOCOLS = ("knn", "linear", "label_free", "energy", "own_task")


def choose_protocols(given: str | Sequence[str] | None) -> tuple[str, ...]:
    """The names of protocols that somebody wrote, in the order in which they run.

    Args:
        given: names, or one text of names with commas between, with hyphens or underscores; "all" is all of them, None
            the usual ones: knn, linear, label_free, energy and own_task.

    Raises:
        UserError: there is no such protocol, or no name was given.

    Example:
        >>> from selftaught.evaluation import choose_protocols
        >>> choose_protocols("retrieval,knn")
        ('knn', 'retrieval')
    """
    if given is None:
        return DEFAULT_PROTOCOLS
    words = given.split(",") if isinstance(given, str) else given
    names = [word.strip().lower().replace("-", "_") for word in words]
    for name in names:
        if name != "all" and name not in PROTOCOLS:
            raise unknown_name("protocol", name, ["all", *PROTOCOLS])
    if not names:
        raise UserError(f"protocols: expected at least one of all, {', '.join(PROTOCOLS)}")
    return tuple(name for name in PROTOCOLS if "all" in names or name in names)
