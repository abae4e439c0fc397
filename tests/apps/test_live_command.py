"""`emo live`: a file in real time; frames that come too fast are dropped and counted."""

import json

import av
import numpy as np
import pytest

from emo_utils.inference.baseline import log_mean, take_off
from emo_utils.inference.clip_baseline import at_rest
from emo_utils.inference.live import NewestFrame, RestBaseline
from emo_utils.inference.weights import find_weights
from emo_utils.timeline import Timeline
from emo_utils.video import Picture, read_frames


def test_a_file_is_read_in_real_time_and_every_frame_is_analysed_or_counted(emo, clips, tmp_path):
    code, out, _ = emo("live", clips / "single_face.mp4", "-o", tmp_path / "live", "--json")
    assert code == 0
    counts = json.loads(out)
    assert counts["frames"] + counts["dropped"] == sum(1 for _ in read_frames(clips / "single_face.mp4"))
    timeline = Timeline.load(tmp_path / "live" / "timeline.csv")
    assert timeline.table["frame_index"].nunique() == counts["frames"]
    assert timeline.table["time_s"].is_monotonic_increasing
    with av.open(str(tmp_path / "live" / "annotated.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == counts["frames"]


def test_a_run_without_window_needs_a_folder(emo, monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    code, _, said = emo("live", "0")
    assert code == 2
    assert "--out" in said


def test_a_broken_source_leaves_no_folder(emo, tmp_path):
    (tmp_path / "letter.mp4").write_text("Dear reader")
    code, _, said = emo("live", tmp_path / "letter.mp4", "-o", tmp_path / "live")
    assert (code, "text file" in said) == (2, True)
    assert not (tmp_path / "live").exists()


def test_only_the_newest_frame_waits():
    newest, loaded = NewestFrame(), []

    def picture(index):
        return Picture(index, float(index), lambda: loaded.append(index) or np.zeros((2, 2, 3), np.uint8))

    for index in range(4):
        newest.put(picture(index))
    newest.close()
    assert [frame.index for frame in newest] == [3]
    assert newest.dropped == 3
    assert loaded == [3], "frames that are dropped are not converted"


def test_an_error_of_the_source_is_raised_after_its_last_frame():
    newest = NewestFrame()
    newest.close(ValueError("unplugged"))
    with pytest.raises(ValueError, match="unplugged"):
        list(newest)


def rows_of(probabilities, classes, person=1):
    row = {"person_id": person, "baseline_emotion": None}
    pairs = list(zip(classes, probabilities, strict=True))
    return [row | {f"{prefix}{name}": value for prefix in ("p_", "smoothed_p_") for name, value in pairs}]


def test_what_a_face_shows_at_rest_is_taken_off_as_with_a_stretch_of_a_clip():
    weights = find_weights("ferplus-int8")
    frown = np.array([0.3 if name == "anger" else 0.1 for name in weights.classes])
    rest, rows = RestBaseline(weights, seconds=1.0), rows_of(frown, weights.classes)
    assert rest.applied(rows, 0.0)[0]["baseline_emotion"] is None
    rest.start()
    for step in range(1, 30):
        (row,) = rest.applied(rows, step * 0.05)
    found = np.array([row[f"b_{name}"] for name in weights.classes])
    assert found == pytest.approx(take_off(frown[None], at_rest(log_mean(frown[None]), 20, weights).offset)[0])
    assert row["b_anger"] < row["smoothed_p_anger"]
    (stranger,) = rest.applied(rows_of(frown, weights.classes, person=2), 2.0)
    assert stranger["baseline_emotion"] is None
    rest.stop()
    assert rest.applied(rows, 2.2)[0]["baseline_emotion"] is None
