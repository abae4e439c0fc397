"""Numbers in tables: short, and frames of long clips keep times of their own."""

import pytest

from emo_utils.table_text import number

SHORT = {0.0: "0", 1 / 3: "0.333333", 999.9996: "1000", 1234.5678: "1234.568", 36000.0: "36000"}


@pytest.mark.parametrize(("value", "text"), SHORT.items())
def test_a_number_has_six_digits_or_three_decimals(value, text):
    assert number(value) == text


@pytest.mark.parametrize("digits", [5, 6])
def test_frames_keep_times_of_their_own_for_a_day(digits):
    for start_s in (95, 990, 9_990, 86_000):
        times = [number(start_s + frame / 120, digits) for frame in range(2_400)]
        assert len(set(times)) == len(times)
