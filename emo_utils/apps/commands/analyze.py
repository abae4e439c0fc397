"""`emo analyze`: analyse clips into folders of results."""

from pathlib import Path
from typing import Annotated

import typer

from emo_utils.apps.commands.shared import SOME_FAILED, Json, names_in, print_baseline, print_json, print_result
from emo_utils.stopping import signals_held


def analyze(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="Video files, or folders of them.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder for the results; several clips get one folder each.")
    ],
    weights: Annotated[
        str, typer.Option(help="Shipped name, .onnx file, or a training run's folder.")
    ] = "ferplus-int8",
    prior: Annotated[
        str | None,
        typer.Option(
            help="Class shares that probabilities assume: uniform, or the training corpus (ferplus). Default: what the "
            "weights' sidecar says for clips."
        ),
    ] = None,
    detector: Annotated[str, typer.Option(help="Face detector.")] = "mediapipe",
    detect_every: Annotated[
        int | None, typer.Option(help="Detect in every n-th frame; interpolate between. Default: every 0.2 s.")
    ] = None,
    sample_fps: Annotated[float | None, typer.Option(help="Read this many frames a second; default all.")] = None,
    smoothing: Annotated[str, typer.Option(help="exponential, majority, viterbi or none.")] = "exponential",
    smoothing_s: Annotated[float, typer.Option(help="Time constant or window of the smoothing, in seconds.")] = 0.25,
    identity_weights: Annotated[
        str,
        typer.Option(
            help="Identifies persons: auto (arcface or any other in the models folder), none, arcface, or a file."
        ),
    ] = "auto",
    tracker: Annotated[str, typer.Option(help="bytetrack or deepsort.")] = "bytetrack",
    device: Annotated[
        str,
        typer.Option(help="Runs the networks: cpu, auto (the first that is there), cuda, coreml, directml, openvino."),
    ] = "cpu",
    segments: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Use these segments: a segments.csv or ELAN file corrected by hand."),
    ] = None,
    find_segments: Annotated[
        bool, typer.Option("--find-segments/--no-segments", help="Measure motion; find onset, apex and offset.")
    ] = True,
    flow: Annotated[str, typer.Option(help="Optical flow: dis, farneback or lucas_kanade.")] = "dis",
    expressions: Annotated[
        str, typer.Option(help="macro, micro (0.04 to 0.5 s, from 25 frames a second, better 100) or both.")
    ] = "macro",
    magnify_motion: Annotated[
        bool | None,
        typer.Option(help="Magnify the face before its motion is measured. Default: with --expressions micro."),
    ] = None,
    apex_only: Annotated[
        bool, typer.Option("--apex-only", help="Predict only for apex frames; segments are found by motion.")
    ] = False,
    magnified: Annotated[
        bool, typer.Option("--magnified", help="Write magnified.mp4: small motions enlarged.")
    ] = False,
    measures: Annotated[
        str,
        typer.Option(
            metavar="NAME,...", help="Further measures of each face: pose, blendshapes, eyes, valence, quality."
        ),
    ] = "",
    events: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Events, such as trials: a CSV with clip, start_s, end_s."),
    ] = None,
    baseline_window: Annotated[
        str | None,
        typer.Option(metavar="START:END", help="Correct events by this stretch before each, in seconds, such as -1:0."),
    ] = None,
    baseline: Annotated[
        str,
        typer.Option(
            metavar="KIND",
            help="Take off what each person looks like: none, collection (mean of all clips), people (of each person), "
            "rest:A-B (seconds of rest in each clip), or FILE: a clip of the same person at rest, or its summary.json.",
        ),
    ] = "none",
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="PATTERN",
            help="Its first group in a file's name is the person, for the tables and --baseline people.",
        ),
    ] = None,
    outputs: Annotated[
        str | None, typer.Option(metavar="NAME,...", help="Write only these, such as timeline,summary,charts.")
    ] = None,
    annotated: Annotated[bool, typer.Option(help="Write annotated.mp4.")] = True,
    charts: Annotated[bool, typer.Option(help="Write charts/.")] = True,
    formats: Annotated[
        str, typer.Option(metavar="NAME,...", help="Formats of the charts: png (300 dpi), svg, pdf.")
    ] = "png",
    blur_faces: Annotated[
        bool, typer.Option("--blur-faces", help="Hide the faces in every picture and video that is written; no sound.")
    ] = False,
    report: Annotated[bool, typer.Option(help="Write report.html.")] = True,
    pdf: Annotated[bool, typer.Option("--pdf", help="Write report.pdf too: a page per person, to print.")] = False,
    embeddings: Annotated[
        bool, typer.Option("--embeddings", help="Write embeddings.npz: the features of each face, for other networks.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse damaged or truncated clips; else their readable part is analysed.")
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace results made with other options; never files of your own.")
    ] = False,
    redo: Annotated[bool, typer.Option("--redo", help="Analyse finished clips again too.")] = False,
    recursive: Annotated[bool, typer.Option("--recursive", help="Search subfolders too.")] = False,
    workers: Annotated[int, typer.Option(help="Processes that analyse clips.", min=1)] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Dask scheduler whose workers analyse the clips, such as tcp://10.0.0.5:8786.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Analyse clips: timeline, segments (onset, apex, offset), apex pictures, summary, charts, annotated video.

    Example: emo analyze holiday.mp4 --out results

    Example: emo analyze interviews --out results --baseline people --subject '^(p[0-9]+)_'
    """
    with signals_held():  # also during imports: some libraries lose an exception there
        from emo_utils.inference.baseline_request import PEOPLE
        from emo_utils.inference.options import AnalysisOptions
        from emo_utils.reports.clips.writer import choose_outputs
        from emo_utils.reports.studies.trials import read_window
        from emo_utils.workflows.analyze import analyze_clips
        from emo_utils.workflows.collect import settings_of

        options = AnalysisOptions(
            weights, detector, detect_every, sample_fps, smoothing, smoothing_s, identity_weights, tracker,
            segments=find_segments, flow=flow, magnify_motion=magnify_motion, expressions=expressions,
            apex_only=apex_only, prior=prior, embeddings=embeddings or "embeddings" in (outputs or "").split(","),
            baseline=baseline, subject=subject if baseline == PEOPLE else None,
            strict=strict, measures=names_in(measures), chart_formats=names_in(formats), blur_faces=blur_faces,
            device=device,
        )  # fmt: skip
        window = read_window(baseline_window) if baseline_window else None
        study = settings_of(out, events, window, subject)
        chosen = choose_outputs(
            outputs, annotated=annotated, charts=charts, magnified=magnified, report=report, pdf=pdf
        )
        results = analyze_clips(
            clips, out, options, chosen, segments_file=segments, overwrite=overwrite, redo=redo, recursive=recursive,
            workers=workers, scheduler=scheduler, on_result=None if as_json else print_result, study=study,
        )  # fmt: skip
        if as_json:
            print_json(
                [
                    {"clip": str(r.clip), "status": r.status, "reason": r.reason, "folder": str(r.folder), **r.summary}
                    for r in results
                ]
            )
        else:
            for result in results:
                print_baseline(result)
    if not all(result.complete for result in results):
        raise typer.Exit(SOME_FAILED)
