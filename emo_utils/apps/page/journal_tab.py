"""The tab Journal: a short clip a day, its mood, trends over days. Only on a page that strangers cannot reach."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import gradio as gr

from emo_utils.apps.page.choices import Choices
from emo_utils.apps.page.engine import Engine
from emo_utils.apps.page.journal_html import entry_html, journal_html
from emo_utils.apps.page.parts import html
from emo_utils.apps.page.progress import failed_html, idle_html, step_html
from emo_utils.apps.page.refusals import told
from emo_utils.apps.page.results import FILES
from emo_utils.apps.page.visitors import COOKIE
from emo_utils.errors import EmoError, Stopped
from emo_utils.inference.options import AnalysisOptions
from emo_utils.journal.archive import export_journal
from emo_utils.journal.entry import check_day, check_note
from emo_utils.journal.journal import Journal
from emo_utils.journal.restore import import_journal
from emo_utils.workflows.analysis import Analysis
from emo_utils.workflows.journal_entries import entry_analysis, entry_apexes

PRIVATE = (
    "The journal lies on this machine, in your user's data folder, and is read by nobody else. The clip is copied "
    "into it; `emo journal add --reference` leaves it where it is instead."
)


def add(engine: Engine, choices: Choices) -> None:
    """Add the tab."""
    with gr.Tab("Journal", id="journal") as tab, gr.Row(elem_classes="emo-columns"):
        with gr.Column(scale=2, min_width=300):
            clip = gr.Video(
                label="Today's clip: upload or record", sources=["upload", "webcam"], height=280, include_audio=True,
                buttons=[], elem_id="emo-journal-clip", webcam_options=gr.WebcamOptions(mirror=False),
            )  # fmt: skip
            day = gr.Textbox(date.today().isoformat(), label="Day", elem_id="emo-journal-day")
            note = gr.Textbox(label="Note", lines=3, elem_id="emo-journal-note")
            add_entry = gr.Button("Add the entry", variant="primary", elem_id="emo-journal-add")
            progress = html(idle_html(), elem_id="emo-journal-progress")
            gr.Markdown(PRIVATE)
            archive = _archive(engine)
        with gr.Column(scale=4, min_width=320):
            overview = html("", elem_id="emo-journal-overview")
            chosen = gr.Dropdown([], label="Entry", elem_id="emo-journal-entry", interactive=True)
            shown = html("", elem_id="emo-journal-shown")
            with gr.Row():
                new_day = gr.Textbox(label="Day of this entry", elem_id="emo-journal-new-day")
                new_note = gr.Textbox(label="Note of this entry", elem_id="emo-journal-new-note")
            with gr.Row():
                save = gr.Button("Save the changes", elem_id="emo-journal-save", min_width=120)
                sure = gr.Checkbox(label="Yes, delete this entry and its clip for good", elem_id="emo-journal-sure")
                delete = gr.Button("Delete", variant="stop", elem_id="emo-journal-delete", min_width=100)

    def added(request: gr.Request, path: str | None, when: str, text: str) -> Iterator[tuple]:
        for message, done in add_clip(engine, choices, path, when, text, request.cookies.get(COOKIE)):
            yield (message, *_state(done)) if done else (message, gr.skip(), gr.skip())

    def refreshed(when: str) -> tuple:
        return _state("", when)

    state = [overview, chosen]
    quiet = {"api_visibility": "private", "show_progress": "hidden"}
    tab.select(refreshed, [day], state, **quiet)
    day.change(refreshed, [day], state, **quiet)
    add_entry.click(
        added, [clip, day, note], [progress, *state], concurrency_id="analysis", show_progress="hidden",
        concurrency_limit=engine.limits.max_queue + 2, api_visibility="private", trigger_mode="once",
    )  # fmt: skip
    chosen.change(_show, [chosen], [shown, new_day, new_note], **quiet)
    save.click(_save, [chosen, new_day, new_note], [progress, *state, shown], **quiet)
    delete.click(_delete, [chosen, sure], [progress, *state, shown, sure], **quiet)
    archive[0].click(_imported(engine), archive[1:], [progress, *state], **quiet)


def _archive(engine: Engine) -> tuple:
    """Export and import; gives the import's button, file and passphrase."""
    with gr.Accordion("Export and import", open=False):
        passphrase = gr.Textbox(label="Passphrase, for an encrypted file; empty for a plain zip", type="password")
        export = gr.Button("Export", elem_id="emo-journal-export")
        link = html("", elem_id="emo-journal-link")
        file = gr.File(label="An export", elem_id="emo-journal-file")
        button = gr.Button("Import", elem_id="emo-journal-import")

    def exported(request: gr.Request, secret: str) -> str:
        job = engine.visitors.new_results(request.cookies.get(COOKIE))
        name = "journal.zip.age" if secret else "journal.zip"
        try:
            with Journal() as journal:
                count = export_journal(journal, job.folder / name, passphrase=secret or None)
        except Exception as error:
            return told(error)
        address = f"{FILES}/{job.name}/{name}"
        return f'<p class="emo-files"><a href="{address}" download="{name}">{name}, {count} entries</a></p>'

    export.click(exported, [passphrase], [link], api_visibility="private")
    return button, file, passphrase


def add_clip(
    engine: Engine, choices: Choices, path: str | None, day: str, note: str, token: str | None
) -> Iterator[tuple[str, str]]:
    """Progress as HTML, and the id of the new entry at the end; the upload is deleted then.

    Args:
        engine: analyses.
        choices: gives the network.
        path: of the upload.
        day: of the entry, as text.
        note: of the entry.
        token: of the visitor.
    """
    if not path:
        yield failed_html("Choose a clip first: upload one, or record one with the camera."), ""
        return
    try:
        check_day(day)
        check_note(note)
        clip = engine.visitors.owned(token, path)
        upload, job = engine.visitors.upload_of(clip), engine.visitors.new_results(token)
        options = AnalysisOptions(choices.weights[choices.default])
        try:
            for found in engine.analyse(clip, job, options, token, outputs=("summary",)):
                if isinstance(found, Analysis):
                    yield idle_html("Added."), _added(found, clip, day, note)
                else:
                    yield step_html(found), ""
        finally:
            engine.visitors.delete(upload)
            engine.visitors.delete(job.folder)
    except (Exception, Stopped) as error:
        yield told(error, path), ""


def _added(analysis: Analysis, clip: Path, day: str, note: str) -> str:
    writer = entry_analysis(analysis)
    with Journal() as journal:
        return journal.add(clip, writer, entry_apexes(analysis, writer.person_id), day=day, note=note).entry_id


def _state(chosen: str = "", day: str = "") -> tuple:
    """The overview, and the entries to choose from."""
    try:
        with Journal() as journal:
            entries = journal.entries()[::-1]
            shown = check_day(day) if day else (entries[0].day if entries else date.today())
            names = [(f"{one.day.isoformat()}  {one.note[:40] or one.clip.name}", one.entry_id) for one in entries]
            value = chosen or (entries[0].entry_id if entries else None)
            return journal_html(journal, shown), gr.Dropdown(names, value=value)
    except EmoError as error:
        return told(error), gr.skip()


def _show(entry_id: str | None) -> tuple[str, str, str]:
    if not entry_id:
        return "", "", ""
    try:
        with Journal() as journal:
            entry = journal.entry(entry_id)
            return entry_html(journal, entry), entry.day.isoformat(), entry.note
    except EmoError as error:
        return told(error), "", ""


def _save(entry_id: str | None, day: str, note: str) -> tuple:
    try:
        with Journal() as journal:
            entry = journal.edit(entry_id or "", day=day, note=note)
            shown = entry_html(journal, entry)
    except EmoError as error:
        return told(error), gr.skip(), gr.skip(), gr.skip()
    return idle_html("Saved."), *_state(entry.entry_id), shown


def _delete(entry_id: str | None, sure: bool) -> tuple:
    if not sure:
        skipped = gr.skip(), gr.skip(), gr.skip(), gr.skip()
        return failed_html("Tick the box beside Delete first: what is deleted cannot be brought back."), *skipped
    try:
        with Journal() as journal:
            journal.delete(entry_id or "")
    except EmoError as error:
        return told(error), gr.skip(), gr.skip(), gr.skip(), False
    return idle_html("Deleted, with its clip."), *_state(), "", False


def _imported(engine: Engine):
    def run(request: gr.Request, path: str | None, secret: str) -> tuple:
        if not path:
            return failed_html("Choose an export first."), gr.skip(), gr.skip()
        try:
            file = engine.visitors.owned(request.cookies.get(COOKIE), path)
            with Journal() as journal:
                done = import_journal(journal, file, passphrase=secret or None)
            engine.visitors.delete(engine.visitors.upload_of(file))
        except Exception as error:
            return told(error, path), gr.skip(), gr.skip()
        return idle_html(f"{done.added} entries added, {done.known} were there already."), *_state()

    return run
