"""Who is who: scenes with known people, by tracks only, ByteTrack with embeddings, and DeepSORT with embeddings.

    python benchmarks/identity.py [--identity-weights FILE]

Scenes are put together from real clips (`tests/faces/scenes.py` tells how, and where the truth is from); the last ones
are the sample corpus's crossings, synthetic. Also printed: how alike appearances of one and of two people are, which
is what `faces.identity.JOINED_FROM` was chosen by, and what the embeddings cost.
"""

import argparse
import importlib.util
import itertools
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from emo_utils.errors import EmoError
from emo_utils.faces.embedding import FaceEmbedder
from emo_utils.faces.identity import JOINED_FROM
from emo_utils.faces.tracklets import TrackletStore
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.structures import Detections
from emo_utils.video import probe, read_frames

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("EMO_SHARED_DIR", ROOT.parent / "shared"))
RESULTS = Path(__file__).parent / "results" / "identity.json"
APPEARANCE_S = 2.0
REPEATS = 3
TIMED = ("single_face", "expressive_d19")


def load_scenes():
    """The scenes of the tests; the tests are no package, so the file is loaded by its path."""
    spec = importlib.util.spec_from_file_location("scenes", ROOT / "tests" / "faces" / "scenes.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["scenes"] = module
    spec.loader.exec_module(module)
    return module


def ways(weights: Path) -> dict[str, AnalysisOptions]:
    return {
        "tracks only": AnalysisOptions(identity_weights="none", segments=False),
        "ByteTrack + embedding": AnalysisOptions(identity_weights=str(weights), segments=False),
        "DeepSORT + embedding": AnalysisOptions(identity_weights=str(weights), segments=False, tracker="deepsort"),
    }


def all_scenes(scenes, clips: Path, folder: Path):
    """Name, video and truth of each scene."""
    for number, scene in enumerate(scenes.real_scenes()):
        yield scene.name, scenes.film(scene, clips, folder / f"{number}.mp4"), scenes.truth_of(scene, clips)
    alone = (
        Pipeline(AnalysisOptions(detect_every=1, identity_weights="none", segments=False))
        .run(clips / "two_people.gif")
        .timeline.faces
    )
    side = np.where(alone["x1"] < alone["x1"].mean(), "left", "right")  # they never change sides
    yield "two_people.gif", clips / "two_people.gif", alone.assign(person=side)
    for name, (path, truth) in scenes.synthetic_crossings(folder).items():
        yield f"{name} (synthetic)", path, truth


def measure_scenes(scenes, clips: Path, weights: Path) -> pd.DataFrame:
    """One row per scene and way."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, path, truth in all_scenes(scenes, clips, Path(folder)):
            for way, options in ways(weights).items():
                try:
                    faces = Pipeline(options).run(path).timeline.faces
                except EmoError as error:  # DeepSORT's package is optional
                    rows.append({"scene": name, "way": way, "note": str(error)})
                    continue
                rows.append({"scene": name, "way": way, **asdict(scenes.score(truth, faces))})
    return pd.DataFrame(rows)


def in_columns(table: pd.DataFrame) -> pd.DataFrame:
    """The scenes' figures as text, a row per scene and a column per way."""
    rows: dict[str, dict[str, str]] = {}
    for row in table.to_dict("records"):
        ran = row["idf1"] == row["idf1"]
        text = f"{row['idf1']:.3f}  {row['switches']:.0f}  {row['found']:.0f}/{row['true']:.0f}" if ran else "not run"
        rows.setdefault(row["scene"], {})[row["way"]] = text
    return pd.DataFrame.from_dict(rows, orient="index")


def appearances(path: Path, embedder: FaceEmbedder) -> list[np.ndarray]:
    """Vectors of the largest face of a clip, one per stretch of `APPEARANCE_S`, as the store makes them."""
    from emo_utils.faces.detector import create_detector

    detector, store, fps = create_detector(), TrackletStore(embedder), probe(path).fps
    for frame in read_frames(path):
        found = detector.detect(frame.pixels) if frame.index % max(1, round(0.2 * fps)) == 0 else Detections.empty()
        if len(found) and found.confidence.max() >= 0.65:
            largest = int(np.prod(found.boxes[:, 2:] - found.boxes[:, :2], axis=1).argmax())
            store.enter(frame, found, {int(frame.time_s / APPEARANCE_S): largest})
    detector.close()
    longest: dict[int, tuple] = {}
    for tracklet in store.finish():
        if tracklet.vector is not None and tracklet.finds > longest.get(tracklet.track_id, (2, None))[0]:
            longest[tracklet.track_id] = tracklet.finds, tracklet.vector
    return [vector for _, vector in longest.values()]


def measure_likeness(clips: Path, embedder: FaceEmbedder) -> dict:
    """Similarity of appearances of one person and of two people."""
    same_man = ("face_noface", "noface_face")  # both are single_face with an empty stretch
    paths = [p for p in sorted(clips.rglob("*.mp4")) if p.stem not in (*same_man, "no_face")]
    people = [appearances(path, embedder) for path in paths]
    one = [float(a @ b) for vectors in people for a, b in itertools.combinations(vectors, 2)]
    two = [float(a @ b) for first, second in itertools.combinations(people, 2) for a in first for b in second]
    return {
        "people": len(people),
        "one_person_pairs": len(one),
        "one_person_least": min(one),
        "two_people_pairs": len(two),
        "two_people_most": max(two),
        "threshold": JOINED_FROM,
        "missed_share": float(np.mean(np.array(one) < JOINED_FROM)),
        "false_share": float(np.mean(np.array(two) >= JOINED_FROM)),
    }


def measure_time(scenes, clips: Path, weights: Path) -> pd.DataFrame:
    """Processor seconds to analyse a clip: the least of several runs in turn."""
    pipelines = {way: Pipeline(options) for way, options in ways(weights).items() if options.tracker == "bytetrack"}
    rows = []
    for name in TIMED:
        path, took_s = scenes.find_clip(clips, name), {way: [] for way in pipelines}
        for _, (way, pipeline) in itertools.product(range(REPEATS), pipelines.items()):
            start_s = time.process_time()
            pipeline.run(path)
            took_s[way].append(time.process_time() - start_s)
        rows.append({"clip": name, **{way: min(seconds) for way, seconds in took_s.items()}})
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identity-weights", type=Path, default=SHARED / "models" / "mobilefacenet.onnx")
    weights, clips = parser.parse_args().identity_weights, SHARED / "clips"
    if not clips.is_dir() or not weights.exists():
        print(f"identity: skipped, expected clips in {clips} and an embedding network at {weights}")
        return
    scenes = load_scenes()
    table = measure_scenes(scenes, clips, weights)
    print(f"IDF1, identity switches, people found / true\n{in_columns(table).to_string()}")
    likeness = measure_likeness(clips, FaceEmbedder(weights))
    print("\nappearances of", APPEARANCE_S, "s:", json.dumps(likeness, indent=1))
    seconds = measure_time(scenes, clips, weights)
    print(f"\nprocessor seconds\n{seconds.round(3).to_string(index=False)}")
    machine = {"processor": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    result = {"machine": machine, "weights": weights.name, "likeness": likeness}
    result |= {"scenes": json.loads(table.to_json(orient="records")), "seconds": seconds.to_dict("records")}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\nwritten to {RESULTS}")


if __name__ == "__main__":
    main()
