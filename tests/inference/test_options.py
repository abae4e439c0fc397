"""Options that make no sense are refused with a sentence, before a frame is read."""

import pytest

from emo_utils.errors import EmoError
from emo_utils.inference.options import AnalysisOptions

NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("name", "value"),
    [("sample_fps", value) for value in (NAN, INFINITE, 0, -5)]
    + [("smoothing_s", value) for value in (NAN, INFINITE, -0.1)]
    + [("detect_every", value) for value in (0, -2)],
)
def test_a_number_that_cannot_be_is_named_with_what_was_expected(name, value):
    with pytest.raises(EmoError, match=f"{name}: expected .* found {value}"):
        AnalysisOptions(**{name: value})
