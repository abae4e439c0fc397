"""Training data and settings for tests of the loop."""

import pytest


@pytest.fixture
def bars():
    from bars import bars

    return bars


@pytest.fixture
def settings():
    from bars import settings

    return settings
