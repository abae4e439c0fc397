import pytest

from emo_utils.errors import MissingPackageError, UnknownNameError
from emo_utils.registry import Registry


@pytest.fixture
def fruit() -> Registry:
    registry = Registry("fruit")
    registry.register("apple")(lambda: "an apple")
    registry.register("pear")(lambda size: f"a pear of {size}")
    return registry


def test_an_entry_is_made_by_name_with_its_options(fruit):
    assert fruit.create("apple") == "an apple"
    assert fruit.create("pear", size=3) == "a pear of 3"
    assert list(fruit) == ["apple", "pear"]


def test_an_unknown_name_lists_the_known_and_the_nearest(fruit):
    with pytest.raises(UnknownNameError, match=r"unknown fruit 'appel'; known: apple, pear\. Did you mean 'apple'"):
        fruit.create("appel")


def test_a_missing_package_breaks_its_own_entry_and_says_what_to_install(fruit):
    @fruit.register("kiwi")
    def make_kiwi():
        import a_package_that_nobody_has  # noqa: F401

    with pytest.raises(MissingPackageError, match=r"'kiwi' needs the package 'a_package_that_nobody_has'.*install"):
        fruit.create("kiwi")
    assert fruit.create("apple") == "an apple"


def test_a_name_is_taken_once(fruit):
    with pytest.raises(ValueError, match="registered twice"):
        fruit.register("apple")(lambda: None)
