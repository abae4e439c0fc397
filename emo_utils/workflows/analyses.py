"""A sequence of analyses, with the tables of all clips concatenated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, overload

from emo_utils.workflows.analysis import Analysis
from emo_utils.workflows.clip_search import distinct_names

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, repr=False)
class Analyses(Sequence[Analysis]):
    """The analyses of a folder or a list, in its order; failed clips are left out and named in `failed`.

    It is indexed by number or by the name of a clip.

    Attributes:
        each: the analyses.
        failed: the reasons of failed clips, by name.
    """

    each: tuple[Analysis, ...]
    failed: Mapping[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.each)

    @overload
    def __getitem__(self, which: int | str) -> Analysis: ...

    @overload
    def __getitem__(self, which: slice) -> "Analyses": ...

    def __getitem__(self, which: int | str | slice) -> "Analysis | Analyses":
        if isinstance(which, slice):
            return Analyses(self.each[which])
        if isinstance(which, int):
            return self.each[which]
        named = [analysis for analysis in self.each if analysis.clip == which]
        if len(named) != 1:
            known = ", ".join(analysis.clip for analysis in self.each)
            raise KeyError(f"expected the name of one clip, found {which!r} {len(named)} times in: {known}")
        return named[0]

    @property
    def timeline(self) -> "pd.DataFrame":
        """The timelines of all clips concatenated, with `clip` as the first column."""
        return self._joined("timeline")

    @property
    def segments(self) -> "pd.DataFrame":
        """The segments of all clips."""
        return self._joined("segments")

    @property
    def people(self) -> "pd.DataFrame":
        """A row per person and clip, with `clip` as the first column; ids count within a clip."""
        return self._joined("people")

    def save(
        self,
        folder: Path | str,
        outputs: Sequence[str] | None = None,
        *,
        overwrite: bool = False,
        progress: bool = True,
        **switched: bool,
    ) -> Path:
        """Write the files of each clip into a folder of its own, named after the clip; see `Analysis.save`.

        Returns:
            The folder that holds them.
        """
        folder = Path(folder)
        names = distinct_names([Path(analysis.clip) for analysis in self.each])
        for name, analysis in zip(names, self.each, strict=True):
            analysis.save(folder / name, outputs, overwrite=overwrite, progress=progress, **switched)
        return folder

    def _joined(self, name: str) -> "pd.DataFrame":
        import pandas as pd

        tables = []
        for analysis in self.each:
            table = getattr(analysis, name)
            if "clip" not in table:
                table.insert(0, "clip", analysis.clip)
            tables.append(table)
        full = [table for table in tables if len(table)]
        return pd.concat(full, ignore_index=True) if full else tables[0] if tables else pd.DataFrame()

    def __repr__(self) -> str:
        failed = f", {len(self.failed)} failed" if self.failed else ""
        return f"Analyses({len(self.each)} clips{failed})"

    def _repr_html_(self) -> str:
        parts = [analysis._repr_html_() for analysis in self.each]
        return "".join(parts) + (f"<p>failed: {', '.join(self.failed)}</p>" if self.failed else "")
