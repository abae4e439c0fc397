"""Promises that every representation keeps, on a clip whose frames are known."""

import json

import numpy as np
import pytest

from emo_utils.datasets.samples import read_sample
from emo_utils.representations.apex import ApexSpec
from emo_utils.representations.representation import create_representation, describe, representations
from emo_utils.structures import InputSpec

NEEDS = {"stack": {"interval": 1, "channels": 4, "window": 12}}
"""Options for a clip of twelve frames."""


class Middle:
    """A scorer: the more the mean of the crop is like that of frame six, the stronger."""

    input_spec = InputSpec(size=16)

    def describe(self):
        return {"name": "middle"}

    def __call__(self, crops):
        return -np.abs(crops.mean(axis=(1, 2)) - 32.0)


def make(name: str):
    scorer = {"scorer": Middle()} if representations.get(name) is ApexSpec else {}
    return create_representation(name, size=32, detector="not_red", **NEEDS.get(name, {}), **scorer)


@pytest.mark.parametrize("name", list(representations))
def test_samples_are_what_the_input_contract_says(name, numbered_clip, detector, folder):
    spec = make(name)
    written = spec.write(numbered_clip(12), detector, folder)
    assert spec.name == spec.input_spec.representation == name
    assert sorted(path.name for path in folder.iterdir()) == sorted(written.files)
    assert written.coverage == 1
    assert 1 <= written.frames <= 12
    for file in written.files:
        sample = read_sample(folder / file)
        assert sample.dtype == np.uint8
        assert sample.shape[-3:] == (spec.input_spec.channels, 32, 32)


@pytest.mark.parametrize("name", list(representations))
def test_equal_specs_give_equal_bytes_and_say_so(name, numbered_clip, detector, tmp_path):
    clip, made = numbered_clip(12), []
    for copy in ("first", "second"):
        (tmp_path / copy).mkdir()
        spec = make(name)
        files = spec.write(clip, detector, tmp_path / copy).files
        made.append((json.dumps(describe(spec)), [(tmp_path / copy / file).read_bytes() for file in files]))
    assert made[0] == made[1]
