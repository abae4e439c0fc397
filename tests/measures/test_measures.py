"""Measures beside the label: each a file of its own, its columns documented and in their range."""

import cv2
import numpy as np
import pytest

from emo_utils.errors import EmoError, UnknownNameError
from emo_utils.inference.options import AnalysisOptions
from emo_utils.inference.pipeline import Pipeline
from emo_utils.measures.measure import Column, FaceView, Instruments, Measure, create_measures, measures
from emo_utils.measures.quality import quality
from emo_utils.measures.valence import valence

CLASSES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")


@pytest.fixture(scope="module")
def instruments():
    made = Instruments()
    yield made
    made.close()


def face_view(crop: np.ndarray, scale: float = 1.0, instruments: Instruments | None = None) -> FaceView:
    keypoints = np.array([[40, 40], [80, 40], [60, 60], [60, 80]], np.float32) * scale
    pixels, box = np.zeros((160, 160, 3), np.uint8), np.array([20.0, 20, 100, 110])
    return FaceView(pixels, box, keypoints, crop, instruments=instruments or Instruments())


@pytest.mark.parametrize("name", list(measures))
def test_a_measure_documents_its_columns_and_keeps_to_their_range(name, instruments):
    (measure,) = create_measures([name])
    rng = np.random.default_rng(0)
    assert measure.name == name
    if measure.of_probabilities:
        values = measure.of_probabilities(rng.dirichlet(np.ones(len(CLASSES)), 50), CLASSES)
    else:
        crops = rng.integers(0, 256, (50, 48, 48), dtype=np.uint8)
        values = np.array([measure.of_face(face_view(crop, instruments=instruments)) for crop in crops])
    assert values.shape == (50, len(measure.columns))
    for row, column in zip(values.T, measure.columns.values(), strict=True):
        assert column.meaning
        assert column.unit
        known = row[~np.isnan(row)]  # noise has no landmarks
        assert column.low is None or (known >= column.low).all()
        assert column.high is None or (known <= column.high).all()


def test_valence_is_happiness_less_the_strongest_negative_expression():
    rows = np.array([
        [0.0, 0.8, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0],  # sad 0.2
        [0.1, 0.2, 0.0, 0.1, 0.4, 0.1, 0.1, 0.0],  # angry 0.4
        [0.2, 0.1, 0.3, 0.0, 0.0, 0.0, 0.0, 0.4],  # contempt and surprise do not count
    ])  # fmt: skip
    np.testing.assert_allclose(valence(rows, CLASSES)[:, 0], [0.6, -0.2, 0.1])
    assert np.isnan(valence(np.full((1, 8), np.nan), CLASSES)).all(), "a face that was not read has no valence"


def test_valence_needs_weights_that_know_it():
    with pytest.raises(EmoError, match="valence: expected weights with the class happiness and one of sadness"):
        valence(np.ones((1, 2)) / 2, ("neutral", "surprise"))


def test_quality_tells_size_blur_and_light_apart(instruments):
    crop = np.random.default_rng(1).integers(60, 200, (48, 48)).astype(np.uint8)

    def of(crop, scale=1.0):
        return quality(face_view(crop, scale, instruments))[:3]

    side, sharp, bright = of(crop)
    assert of(crop, scale=2)[0] == pytest.approx(2 * side)
    assert side == pytest.approx(40 + 40), "eye to eye, and eye line to mouth"
    assert of(cv2.GaussianBlur(crop, (0, 0), 2))[1] < sharp / 10
    assert of(crop // 2)[2] == pytest.approx(bright / 2, abs=0.5)
    colour = np.repeat(crop[..., None], 3, axis=2)
    assert of(colour) == pytest.approx((side, sharp, bright))


def test_measures_are_chosen_by_name_and_columns_are_not_shared():
    with pytest.raises(UnknownNameError, match="unknown measure 'valance'; known: .*Did you mean 'valence'"):
        create_measures(["valance"])
    with pytest.raises(EmoError, match="found twice: valence"):
        create_measures(["valence", "valence"])
    with pytest.raises(ValueError, match="expected one of of_face and of_probabilities"):
        Measure("empty", {"x": Column("nothing", "none")})


def test_a_clip_gets_the_columns_of_the_measures_that_were_asked_for(clips):
    pipeline = Pipeline(AnalysisOptions(segments=False, identity_weights="none", measures=["quality", "valence"]))
    timeline = pipeline.run(clips / "noface_face.mov").timeline
    assert timeline.measures == ["face_px", "sharpness", "brightness", "face_angle", "valence"]
    table = timeline.table
    assert table.loc[table["status"] == "no_face", timeline.measures].isna().all().all()
    faces = timeline.faces
    assert faces[timeline.measures].notna().all().all(), "filled gaps too"
    expected = valence(faces[[f"p_{name}" for name in timeline.classes]].to_numpy(float), timeline.classes)[:, 0]
    np.testing.assert_allclose(faces["valence"], expected)
    width = (faces["x2"] - faces["x1"]).median()
    assert 0.5 * width < faces["face_px"].median() < 1.2 * width, "the side of a face, in pixels of the frame"


def test_an_unknown_measure_is_told_before_the_first_clip():
    with pytest.raises(UnknownNameError, match="unknown measure 'valense'"):
        AnalysisOptions(measures=("valense",))
