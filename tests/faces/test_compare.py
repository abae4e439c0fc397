import numpy as np
import pytest

from emo_utils.errors import AssetError, UnknownNameError, VideoError
from emo_utils.faces.compare import COLUMNS, box_jitter, compare_detectors, follow_one_face
from emo_utils.faces.detector import detectors
from emo_utils.structures import Detections


def boxes_at(centres, sides):
    centres, half = np.asarray(centres, float), np.asarray(sides, float)[:, None] / 2
    return np.concatenate([centres - half, centres + half], axis=1)


def detections(*boxes):
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), np.ones(len(boxes), np.float32))


class BrightSquare:
    """Finds the bright part of a frame; none where there is none."""

    def detect(self, pixels):
        rows, columns = np.nonzero(pixels[..., 0] > 128)
        if len(rows) == 0:
            return Detections.empty()
        return detections([columns.min(), rows.min(), columns.max() + 1, rows.max() + 1])

    def close(self):
        pass


@pytest.fixture
def registered(monkeypatch):
    def lacking_weights():
        raise AssetError("no weights here")

    monkeypatch.setattr(detectors, "_factories", {"bright": BrightSquare, "lacking": lacking_weights})


def test_steady_motion_is_no_jitter():
    time = np.arange(30)
    boxes = boxes_at(np.column_stack([100 + 3 * time, 80 - 2 * time]), 60 + 0.5 * time)
    assert box_jitter(boxes) == pytest.approx((0, 0), abs=1e-9)


def test_jitter_is_the_mean_size_of_one_frames_error():
    rng = np.random.default_rng(0)
    centre, side = box_jitter(boxes_at(rng.normal(500, 2, (20_000, 2)), rng.normal(200, 3, 20_000)))
    assert centre == pytest.approx(
        100 * 2 / 200 * np.sqrt(np.pi / 2), rel=0.03
    )  # mean distance of a normal error in 2-D
    assert side == pytest.approx(100 * 3 / 200 * np.sqrt(2 / np.pi), rel=0.03)


def test_gaps_are_left_out():
    boxes = boxes_at(np.full((9, 2), 50), np.full(9, 20))
    boxes[4] = np.nan
    assert box_jitter(boxes) == (0, 0)
    boxes[1::2] = np.nan
    assert np.isnan(box_jitter(boxes)).all()
    assert np.isnan(box_jitter(boxes[:0])).all()


def test_the_largest_face_is_followed_even_when_it_becomes_smaller():
    first, second = [0, 0, 50, 50], [100, 0, 140, 40]
    grown = [100, 0, 180, 80]
    followed = follow_one_face([detections(second, first), Detections.empty(), detections(grown, first)])
    np.testing.assert_array_equal(followed, [first, [np.nan] * 4, first])


def test_the_table_has_a_row_for_every_detector(registered, small_video):
    table = compare_detectors(small_video)
    assert list(table.columns) == list(COLUMNS)
    bright, lacking = table.set_index("detector").loc["bright"], table.set_index("detector").loc["lacking"]
    assert bright["frames"] == 10
    assert bright["found_share"] == pytest.approx(0.3)  # frame i has the gray value 20 i: 140, 160 and 180 are bright
    assert bright["faces_per_frame"] == pytest.approx(0.3)
    assert bright["ms_per_frame"] > 0
    assert bright["note"] == ""
    assert np.isnan(lacking["frames"])
    assert lacking["note"] == "no weights here"


def test_it_stops_where_it_is_told_to(registered, small_video):
    assert compare_detectors(small_video, ["bright"], frames=4)["frames"].tolist() == [4]


def test_a_wrong_request_is_refused(registered, small_video, tmp_path):
    with pytest.raises(UnknownNameError, match="known: bright, lacking"):
        compare_detectors(small_video, ["bright", "brihgt"])
    with pytest.raises(VideoError, match="no such file"):
        compare_detectors(tmp_path / "absent.mp4", ["bright"])
