from pathlib import Path

import numpy as np
import pytest

from emo_utils.structures import Clip, Detections, Frame, InputSpec


def test_errors_print_the_expected_and_the_found_shape():
    with pytest.raises(ValueError, match=r"Detections.boxes: expected shape \(any, 4\), found \(2, 5\)"):
        Detections(np.zeros((2, 5), np.float32), np.zeros(2, np.float32))
    with pytest.raises(ValueError, match=r"Detections.confidence: expected shape \(2\), found \(3,\)"):
        Detections(np.zeros((2, 4), np.float32), np.zeros(3, np.float32))


def test_no_face_is_an_empty_container():
    assert len(Detections.empty()) == 0


def test_a_clip_without_a_person_is_refused():
    with pytest.raises(ValueError, match="no split by person"):
        Clip("a", Path("a.mp4"), "folder", "", "anger")


def test_frames_are_uint8():
    with pytest.raises(ValueError, match="expected uint8, found float64"):
        Frame(np.zeros((4, 4, 3)), 0, 0.0)


def test_an_input_spec_survives_its_sidecar():
    spec = InputSpec(size=64, margin=0.3, alignment="none")
    assert InputSpec(**spec.to_dict()) == spec
