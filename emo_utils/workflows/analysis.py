"""The result of `analyze`: tables, figures and files of one clip."""

import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.file_names import as_text
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.person_windows import WINDOWS
from emo_utils.locks import only_process
from emo_utils.motion.segments_file import segments_table
from emo_utils.registry import unknown_name
from emo_utils.reports.clips.summary import people_table, summary_of
from emo_utils.reports.clips.writer import ClipResults, Missing, choose_outputs, in_order, write_outputs
from emo_utils.results_folder import DONE, INCOMPLETE, Listing, SourceFile, land, new_part
from emo_utils.workflows.output_folder import LOG, check_folder
from emo_utils.workflows.progress import Progress, frame_bar, recorded_log

if TYPE_CHECKING:
    import pandas as pd

    from emo_utils.inference.embeddings import Embeddings
    from emo_utils.reports.chart_style import Chart

log = logging.getLogger("emo_utils")


@dataclass(frozen=True, repr=False)
class Analysis:
    """The analysis of one clip, picture or camera recording.

    Attributes:
        results: timeline, segments and motion in the types of the package, and their source.
        options: of the analysis.
        seconds: duration of the analysis.
        log: the lines logged during the analysis.
    """

    results: ClipResults
    options: AnalysisOptions
    seconds: float = 0.0
    log: tuple[str, ...] = field(default=())

    @property
    def clip(self) -> str:
        """The file's name; `array`, `frames` or `camera <index>` for sources without a file."""
        return self.results.name

    @property
    def timeline(self) -> "pd.DataFrame":
        """A row per frame and face; `timeline.COLUMNS` describes the columns."""
        return self.results.result.timeline.table.copy()

    @property
    def segments(self) -> "pd.DataFrame":
        """A row per segment: onset, apex, offset; `segments_file.COLUMNS` describes the columns."""
        return segments_table(self.results.result.segments, self.clip)

    @property
    def embeddings(self) -> "Embeddings | None":
        """The features of each face before the network's last layer, float16 (N, F), with frame, track and person.

        None unless the analysis was asked for them: `analyze(clip, embeddings=True)`.
        """
        return self.results.result.embeddings

    @property
    def people(self) -> "pd.DataFrame":
        """A row per person: time on screen, share of time per emotion, confidence."""
        return people_table(self.summary())

    def summary(self) -> dict[str, Any]:
        """The content of `summary.json`: how the clip was analysed, and a report per person."""
        return summary_of(self.results)

    def plot(self, chart: str = "line") -> "Chart":
        """A chart as a figure.

        Args:
            chart: `line`, probabilities over time, a panel per person, segments shaded; `bar` or `pie`, share of time;
                `motion`, the curve that segments are found in.

        Raises:
            UnknownNameError: no such chart; lists the known ones.
            EmoError: no face was found in the clip.
        """
        from emo_utils.reports.clips.charts import charts_of

        result = self.results.result
        charts = charts_of(result.timeline, result.segments, result.motion, self.clip)
        if not charts:
            raise EmoError(f"{self.clip}: no face was found in it, so there is nothing to draw")
        if chart not in charts:
            raise UnknownNameError(unknown_name("chart", chart, charts))
        return charts[chart]()

    def save(
        self,
        folder: Path | str,
        outputs: Sequence[str] | None = None,
        *,
        overwrite: bool = False,
        progress: Progress = True,
        **switched: bool,
    ) -> Path:
        """Write the files that `emo analyze` writes. The folder appears whole or not at all.

        Pictures of the apexes and the annotated video read the source again; without it they are left out.

        Args:
            folder: to write into.
            outputs: names of `reports.clips.writer.writers`; None takes the default ones.
            overwrite: replace existing results; only files that this package wrote are replaced.
            progress: show progress bars on standard error; or a function to call instead, see `progress.OnStage`.
            **switched: single outputs by name, such as `annotated=False` or `magnified=True`.

        Returns:
            The folder.

        Raises:
            OutputError: it cannot be written, or is not empty and `overwrite` is not set.
            UnknownNameError: no such output; lists the known ones.
        """
        folder = Path(folder)
        check_folder(folder, overwrite)
        chosen = choose_outputs(None if outputs is None else ",".join(outputs), **switched)
        path = self.results.source and self.results.source.path
        with only_process(folder, "Analysis.save"):
            part = new_part(folder, "analysis")
            part.mkdir()
            try:
                missing = self.write(part, chosen, progress)
                listing = Listing(SourceFile.of(path) if path else None, "", INCOMPLETE if missing else DONE)
                land(part, folder, listing)
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return folder

    def write(
        self, folder: Path, outputs: Sequence[str] | None = None, progress: Progress = True
    ) -> tuple[Missing, ...]:
        """Write outputs and the log into an existing folder; returns the missing ones. `save` does so atomically.

        With a network that reads by person its windows are written too: a baseline of several clips needs them.
        """
        started, source = time.perf_counter(), self.results.source
        frames = source.frames if source else None
        with recorded_log() as lines:
            missing = write_outputs(
                self.results,
                folder,
                in_order(outputs),
                lambda output: frame_bar(self.clip, output, frames, progress),
            )
            if self.results.result.windows is not None:
                self.results.result.windows.save(folder / WINDOWS)
            log.info("done in %.1f s", self.seconds + time.perf_counter() - started)
        (folder / LOG).write_text(as_text("\n".join([*self.log, *lines])) + "\n", encoding="utf-8")
        return missing

    def __repr__(self) -> str:
        result, count = self.results.result, len(self.results.result.segments)
        return f"Analysis({self.clip!r}, {result.timeline!r}, {count} segment{'s' * (count != 1)})"

    def _repr_html_(self) -> str:
        from emo_utils.reports.clips.shares import shares_html

        return shares_html(self.summary())
