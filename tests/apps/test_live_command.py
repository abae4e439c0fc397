"""`emo live`: a file in real time; frames that come too fast are dropped and counted."""

import json

import av
import numpy as np
import pytest

from emo_utils.inference.live import NewestFrame, RestBaseline
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
    return [
        row
        | {f"{prefix}{n}": p for prefix in ("p_", "smoothed_p_") for n, p in zip(classes, probabilities, strict=True)}
    ]


def test_a_face_at_rest_is_neutral_after_its_rest_was_measured():
    classes = ("anger", "happiness", "neutral")
    rest = RestBaseline(classes, seconds=1.0)
    frowning = rows_of((0.6, 0.1, 0.3), classes)
    rest.start()
    for step in range(30):
        rows = rest.applied(frowning, step * 0.05)
    assert rows[0]["baseline_emotion"] == "neutral"
    assert sum(rows[0][f"b_{name}"] for name in classes) == pytest.approx(1)
    smiling = rest.applied(rows_of((0.1, 0.8, 0.1), classes), 2.0)
    assert smiling[0]["baseline_emotion"] == "happiness"
    stranger = rest.applied(rows_of((0.6, 0.1, 0.3), classes, person=2), 2.1)
    assert stranger[0]["baseline_emotion"] is None
    rest.stop()
    assert rest.applied(frowning, 2.2)[0]["baseline_emotion"] is None
