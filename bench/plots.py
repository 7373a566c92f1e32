"""Pictures of figures: small, and the same for the same figures."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl

mpl.use("agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#2a5bc0", "#d1711c", "#8b93a1"


@contextlib.contextmanager
def plot(path: Path, *, x: str, y: str) -> Iterator[Axes]:
    """Axes that are drawn into the file when the block ends."""
    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none", "font.size": 10}):
        figure, axes = plt.subplots(figsize=(7, 4), dpi=120)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
        yield axes
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)
