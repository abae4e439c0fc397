"""`emo journal`: a diary of short clips, its moods and trends."""

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.journal_text import calendar_text, entry_line, entry_text, trends_text, week_text
from emo_utils.apps.commands.shared import Json, print_json

Where = Annotated[
    Path | None,
    typer.Option("--journal", help="Folder of the journal. Default: EMO_JOURNAL_DIR, else the user's data folder."),
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The entry's id, or its first digits, as emo journal list shows.")
]
From = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day, such as 2026-11-01.")]
To = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day.")]
Raw = Annotated[bool, typer.Option("--no-baseline", help="Do not subtract the writer's own baseline.")]
PassphraseFile = Annotated[
    Path | None, typer.Option(help="Read the passphrase from the first line of a file instead of the terminal.")
]

journal = typer.Typer(
    name="journal",
    no_args_is_help=True,
    help="Keep a journal of short clips: moods by day, trends, weeks. It stays on this machine, for your eyes only.\n\n"
    "Example: emo journal add today.mp4 --note 'back from the sea'",
)


@journal.command()
def add(
    clip: Annotated[Path, typer.Argument(help="A video or picture file with your face.")],
    day: Annotated[str | None, typer.Option("--date", metavar="DAY", help="Such as 2026-11-28; default today.")] = None,
    note: Annotated[str, typer.Option(help="Any text.")] = "",
    person: Annotated[
        int | None, typer.Option(help="Which person of the clip you are; default the longest seen.")
    ] = None,
    store: Annotated[
        bool, typer.Option("--store/--reference", help="Copy the clip into the journal, or only note where it lies.")
    ] = True,
    weights: Annotated[str, typer.Option(help="As for emo analyze.")] = "ferplus-int8",
    where: Where = None,
    as_json: Json = False,
) -> None:
    """Analyse a clip and add it.

    Example: emo journal add today.mp4 --date 2026-11-28 --note 'back from the sea'
    """
    from emo_utils.journal.entry import check_day, check_note
    from emo_utils.journal.journal import Journal
    from emo_utils.journal.moods import mood_of
    from emo_utils.workflows.analyzer import Analyzer
    from emo_utils.workflows.journal_entries import add_clip

    check_day(day or date.today())  # before the clip is analysed
    check_note(note)
    with Journal(where) as opened:
        analyzer = Analyzer(weights, identity_weights="auto")
        entry = add_clip(opened, clip, analyzer, day=day, note=note, person_id=person, store=store)
        _show_entry(entry, mood_of(entry, opened.entries(end=entry.day)), as_json)


@journal.command("list")
def list_entries(start: From = None, end: To = None, where: Where = None, as_json: Json = False) -> None:
    """List the entries.

    Example: emo journal list --from 2026-11-01
    """
    from emo_utils.journal.journal import Journal
    from emo_utils.journal.moods import mood_table

    with Journal(where) as opened:
        entries = opened.entries(start, end)
        emotions = mood_table(opened.entries()).set_index("entry_id")["emotion"]
    if as_json:
        print_json([_values(entry) | {"emotion": emotions[entry.entry_id]} for entry in entries])
        return
    for entry in entries:
        typer.echo(entry_line(entry, emotions[entry.entry_id]))


@journal.command()
def show(entry_id: Id, where: Where = None, as_json: Json = False) -> None:
    """Show an entry: emotions, relative to your entries before it, apexes, clip.

    Example: emo journal show 3f2a
    """
    from emo_utils.journal.journal import Journal
    from emo_utils.journal.moods import mood_of

    with Journal(where) as opened:
        entry = opened.entry(entry_id)
        _show_entry(entry, mood_of(entry, opened.entries(end=entry.day)), as_json, opened.apexes(entry))


@journal.command()
def edit(
    entry_id: Id,
    day: Annotated[str | None, typer.Option("--date", metavar="DAY", help="The new day.")] = None,
    note: Annotated[str | None, typer.Option(help="The new note.")] = None,
    where: Where = None,
) -> None:
    """Change day or note of an entry.

    Example: emo journal edit 3f2a --note 'back from the lake'
    """
    from emo_utils.journal.journal import Journal

    with Journal(where) as opened:
        typer.echo(entry_line(opened.edit(entry_id, day=day, note=note)))


@journal.command()
def delete(
    entry_id: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    where: Where = None,
) -> None:
    """Delete an entry for good, with its stored clip; both are overwritten. A referenced clip stays.

    Example: emo journal delete 3f2a
    """
    from emo_utils.journal.journal import Journal

    with Journal(where) as opened:
        entry = opened.entry(entry_id)
        if not yes:
            typer.confirm(f"Delete for good: {entry_line(entry)}", abort=True)
        opened.delete(entry.entry_id)
    kept = f"; {entry.clip.path} is yours and stays" if entry.clip.kind == "referenced" else ""
    typer.echo(f"deleted {entry.short_id}{kept}")


@journal.command()
def calendar(
    month: Annotated[str | None, typer.Option(help="Such as 2026-11; default the last one with entries.")] = None,
    baseline: Raw = False,
    where: Where = None,
    as_json: Json = False,
) -> None:
    """Show the mood of each day of a month.

    Example: emo journal calendar --month 2026-11
    """
    from emo_utils.errors import JournalError
    from emo_utils.journal.entry import check_day

    days = _days(where, not baseline)
    first = check_day(f"{month}-01") if month else None
    if first is None:
        if days.empty:
            raise JournalError("the journal has no entries; `emo journal add CLIP` makes the first")
        first = days["day"].max().date().replace(day=1)
    own = days[(days["day"].dt.year == first.year) & (days["day"].dt.month == first.month)] if len(days) else days
    if as_json:
        print_json(json.loads(own.to_json(orient="records", date_format="iso")))
        return
    typer.echo(calendar_text(own, first))


@journal.command()
def trend(
    start: From = None, end: To = None, baseline: Raw = False, where: Where = None, as_json: Json = False
) -> None:
    """Trends per 30 days, with intervals by bootstrap over days.

    Example: emo journal trend --from 2026-09-01
    """
    from emo_utils.journal.trends import trends

    table = trends(_days(where, not baseline, start, end))
    if as_json:
        print_json(json.loads(table.to_json(orient="records")))
        return
    typer.echo(trends_text(table))


@journal.command()
def week(
    day: Annotated[str | None, typer.Argument(metavar="DAY", help="Any day of the week; default today.")] = None,
    baseline: Raw = False,
    where: Where = None,
    as_json: Json = False,
) -> None:
    """Sum up a week: mean mood, change from the week before, with intervals of Student's t over days.

    Example: emo journal week 2026-11-28
    """
    from emo_utils.journal.entry import check_day
    from emo_utils.journal.trends import week_summary

    summary = week_summary(_days(where, not baseline), check_day(day or date.today()))
    if as_json:
        print_json(summary)
    else:
        typer.echo(week_text(summary))


@journal.command("export")
def export_entries(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A zip file to write.")],
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Encrypt it with a passphrase.")] = False,
    passphrase_file: PassphraseFile = None,
    clips: Annotated[bool, typer.Option(help="Include the clips.")] = True,
    where: Where = None,
) -> None:
    """Write the whole journal into one file.

    Example: emo journal export diary.zip --encrypt
    """
    from emo_utils.journal.archive import export_journal
    from emo_utils.journal.journal import Journal

    passphrase = _passphrase(passphrase_file, confirm=True) if encrypt or passphrase_file else None
    with Journal(where) as opened:
        count = export_journal(opened, out, clips=clips, passphrase=passphrase)
    typer.echo(f"{count} entries written to {out}")


@journal.command("import")
def import_entries(
    file: Annotated[Path, typer.Argument(help="A file of emo journal export.")],
    passphrase_file: PassphraseFile = None,
    where: Where = None,
) -> None:
    """Add the entries of an exported file; entries that the journal has already are left as they are.

    Example: emo journal import diary.zip
    """
    from emo_utils.journal.encryption import is_encrypted
    from emo_utils.journal.journal import Journal
    from emo_utils.journal.restore import import_journal

    passphrase = _passphrase(passphrase_file, confirm=False) if is_encrypted(file) else None
    with Journal(where) as opened:
        done = import_journal(opened, file, passphrase=passphrase)
    typer.echo(f"{done.added} entries added, {done.known} were known")


def _days(where: Path | None, baseline: bool, start: str | None = None, end: str | None = None):
    """The calendar of a journal; the baseline is that of all entries, whatever the span."""
    import pandas as pd

    from emo_utils.journal.entry import check_day
    from emo_utils.journal.journal import Journal
    from emo_utils.journal.moods import baseline_warning, mood_table
    from emo_utils.journal.trends import calendar as calendar_of

    with Journal(where) as opened:
        entries = opened.entries()
    if baseline and (warning := baseline_warning(entries)):
        typer.echo(f"WARNING: {warning}", err=True)
    days = calendar_of(mood_table(entries, baseline))
    for limit, keep in ((start, days["day"].ge), (end, days["day"].le)):
        if limit is not None:
            days = days[keep(pd.Timestamp(check_day(limit))).reindex(days.index)]
    return days


def _passphrase(file: Path | None, confirm: bool) -> str:
    from emo_utils.errors import JournalError

    if file is None:
        return typer.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    try:
        return file.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise JournalError(f"{file}: expected a passphrase in the first line ({error})") from None


def _show_entry(entry, mood, as_json: bool, apexes=()) -> None:
    if not as_json:
        typer.echo(entry_text(entry, mood, apexes))
        return
    probabilities = dict(zip(mood.classes, (round(float(p), 4) for p in mood.probabilities), strict=True))
    about = {"emotion": mood.emotion, "probabilities": probabilities, "baseline_entries": mood.baseline_entries}
    print_json(_values(entry) | about | {"valence": round(mood.valence, 4)})


def _values(entry) -> dict:
    return {
        "id": entry.entry_id,
        "date": entry.day.isoformat(),
        "note": entry.note,
        "clip": entry.clip.name,
        "kind": entry.clip.kind,
        "path": str(entry.clip.path) if entry.clip.path else None,
    }
