"""Several runs in one table or chart, for notebooks: figures with intervals, curves, recalls."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from emo_utils.labels import COLOURS as EMOTION_COLOURS
from emo_utils.reports.chart_style import STYLE
from emo_utils.reports.runs.table_rows import RECALL, figure_of
from emo_utils.reports.runs.table_text import SYNTHETIC
from emo_utils.run_folder import RunFolder

COLOURS = tuple(EMOTION_COLOURS.values())
DASHES = ("-", (0, (4, 1.5)), (0, (1, 1)))
NOTE = f"{SYNTHETIC} faces"
NOTE_COLOUR = "#b3261e"


def figure_text(report: Mapping, figure: str = "uar") -> str:
    """`92.9 % [85.7, 100.0]`, or a macro-F1 as `0.93 [0.86, 1.00]`: a figure with its 95 % interval over people."""
    scale, digits, unit = (1, 2, "") if figure == "macro_f1" else (100, 1, " %")
    values = (report[figure], *report[f"{figure}_interval_95"])
    value, low, high = (f"{scale * number:.{digits}f}" for number in values)
    return f"{value}{unit} [{low}, {high}]"


def result_grid(
    reports: Mapping[tuple, Mapping], figure: str = "uar", names: tuple[str, str] = ("", "")
) -> pd.DataFrame:
    """A table of one figure with intervals; the keys are (row, column).

    Args:
        reports: results of `evaluation.measure`, by (row, column).
        figure: `accuracy`, `uar` or `macro_f1`.
        names: of the rows' index and of the columns.
    """
    rows, columns = (list(dict.fromkeys(key[place] for key in reports)) for place in (0, 1))
    cells = [[figure_text(reports[row, column], figure) if (row, column) in reports else "" for column in columns]
             for row in rows]  # fmt: skip
    return pd.DataFrame(cells, pd.Index(rows, name=names[0]), pd.Index(columns, name=names[1]))


def figures_chart(reports: Mapping[str, Mapping], title: str = "", figure: str = "uar") -> Figure:
    """One figure of several runs, the first on top: a dot with its 95 % interval over people, and chance as a line.

    Args:
        reports: results of `evaluation.measure`, by the run's name.
        title: of the chart.
        figure: `accuracy`, `uar` or `macro_f1`.
    """
    chance = 1 / len(next(iter(reports.values()))["classes"])
    with plt.rc_context(STYLE):
        drawn, axis = plt.subplots(figsize=(7.4, 1.1 + 0.3 * len(reports)), layout="constrained")
        axis.axvline(chance, color="#66707a", lw=0.8, ls=":")
        axis.annotate("chance", (chance, 0), xycoords=("data", "axes fraction"), xytext=(3, 3), fontsize=7,
                      textcoords="offset points", color="#66707a")  # fmt: skip
        for row, report in enumerate(reversed(reports.values())):
            axis.plot(report[f"{figure}_interval_95"], [row, row], color=COLOURS[0], lw=3, alpha=0.45)
            axis.plot(report[figure], row, "o", color=COLOURS[0], ms=6)
            axis.annotate(figure_text(report, figure), (1.03, row), xycoords=("axes fraction", "data"), va="center",
                          fontsize=8, annotation_clip=False)  # fmt: skip
        axis.set_yticks(range(len(reports)), reversed(reports))
        axis.set(xlim=(0, 1.01), ylim=(-0.7, len(reports) - 0.4), title=title)
        axis.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25 %", "50 %", "75 %", "100 %"])
        axis.set_xlabel(f"{'UAR' if figure == 'uar' else figure.replace('_', '-')}, 95 % interval over people")
    plt.close(drawn)  # shown once, as the cell's value
    return drawn


def histories_chart(folders: Mapping[str, Path], title: str = "", per_colour: int = 1) -> Figure:
    """Training curves of several runs in one chart: training loss and validation UAR.

    Args:
        folders: of runs or of their folds, by name; of several folds, the first one is drawn.
        title: of the chart.
        per_colour: number of consecutive runs with the same colour and different dashes.
    """
    with plt.rc_context(STYLE):
        figure, (losses, shares) = plt.subplots(1, 2, figsize=(9.4, 3.2), layout="constrained")
        for position, (name, folder) in enumerate(folders.items()):
            group, member = divmod(position, per_colour)
            look = {"color": COLOURS[group % len(COLOURS)], "ls": DASHES[member % len(DASHES)], "lw": 1.6}
            history = RunFolder(folder).with_history()[0].history()
            losses.plot(history["epoch"] + 1, history["train_loss"], **look)
            shares.plot(history["epoch"] + 1, history["uar"], label=name, **look)
        losses.set(title="Loss of training", xlabel="epoch")
        shares.set(title="UAR on the validation part", xlabel="epoch", ylim=(0, 1.02))
        shares.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), fontsize=8)
        figure.suptitle(title, x=0.02, ha="left", fontsize=10)
    plt.close(figure)
    return figure


def recall_table(runs: Mapping[str, Path | pd.DataFrame], source: Mapping[str, str] | None = None) -> pd.DataFrame:
    """Recall of each emotion with 95 % intervals over people: a row per emotion.

    Args:
        runs: by name: the folder of a finished fold, or its predictions.
        source: published figures by emotion, shown unchanged in a column of their own.
    """
    columns = {"source": dict(source)} if source else {}
    for name, run in runs.items():
        table = run if isinstance(run, pd.DataFrame) else RunFolder(run).predictions()
        found = {emotion: figure_of(table, f"{RECALL}{emotion}") for emotion in sorted(set(table["label"]))}
        columns.setdefault("clips", {emotion: len(rows) for emotion, (_, _, rows) in found.items()})
        columns[name] = {
            emotion: f"{100 * value:.0f} % [{100 * low:.0f}, {100 * high:.0f}]"
            for emotion, (value, (low, high), _) in found.items()
        }
    table = pd.DataFrame(columns)
    counted = table["clips"].fillna(0).astype(int)
    return table.assign(clips=counted).fillna("-").rename_axis("emotion").sort_index()


def noted(figure: Figure, synthetic: bool, height: float = 0.2) -> Figure:
    """The figure; for synthetic faces with a line that marks it as synthetic: under it, or above a chart of a clip.

    Args:
        figure: with constrained layout, or a chart of a clip, whose legend stands under it.
        synthetic: of the corpus.
        height: of the line, in inches.
    """
    if synthetic and figure.legends:
        figure.text(0.99, 0.99, NOTE, fontsize=8, color=NOTE_COLOUR, ha="right", va="top")
    elif synthetic:
        figure.set_figheight(figure.get_figheight() + height)
        figure.supxlabel(NOTE, fontsize=8, color=NOTE_COLOUR, x=0.01, ha="left")
    return figure
