"""An output format in one file."""

from emo_utils.reports.clips.writer import TABLES, writer


@writer("newcomer", {"people.txt": "a line per person"}, order=TABLES, default=False)
def write_people(results, folder, on_frame=None):
    """Write `people.txt`."""
    lines = [f"{results.name} {person}\n" for person in results.result.timeline.people]
    (folder / "people.txt").write_text("".join(lines))
