"""From predictions to figures: measure, resampling, calibration, comparison, coverage. No torch."""
