from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from layouts import make_ckplus

from emo_utils.datasets.registry import corpora
from emo_utils.datasets.splits import Split, balanced_groups, check_people, make_folds, make_split
from emo_utils.errors import CorpusError, UnknownNameError
from emo_utils.structures import Clip


@pytest.fixture(scope="module")
def ravdess(ravdess_tree):
    return corpora.create("ravdess", root=ravdess_tree).index()


@pytest.fixture(scope="module")
def cremad(cremad_tree):
    return corpora.create("cremad", root=cremad_tree).index()


def people(clips) -> set[str]:
    return {clip.subject_id for clip in clips}


def ids(clips) -> set[str]:
    return {clip.clip_id for clip in clips}


def home_made(persons: int, each: int = 6, corpus: str = "mine") -> list[Clip]:
    emotions = ("anger", "fear", "happiness")
    return [
        Clip(f"p{p:02}_{i}", Path(f"p{p:02}_{i}.mp4"), corpus, f"p{p:02}", emotions[i % 3])
        for p in range(persons)
        for i in range(each)
    ]


def assert_apart(split: Split, all_clips: list[Clip]) -> None:
    parts = list(split.parts().values())
    assert sum(len(part) for part in parts) == len(all_clips)
    assert set().union(*map(ids, parts)) == ids(all_clips)
    assert sum(len(people(part)) for part in parts) == len(people(all_clips))


def test_ravdess_has_the_six_folds_of_four_actors(ravdess):
    folds = make_folds(ravdess, "subject")
    assert len(folds) == 6
    for number, split in enumerate(folds):
        assert people(split.test) == {f"actor_{actor:02}" for actor in range(4 * number + 1, 4 * number + 5)}
        assert len(split.test) == 240
        assert len(people(split.validation)) in (2, 3)
        assert_apart(split, ravdess)


def test_cremad_has_the_five_folds_of_the_literature(cremad):
    folds = make_folds(cremad, "subject")
    ranges = [(1001, 1018), (1019, 1036), (1037, 1054), (1055, 1072), (1073, 1091)]
    assert [len(split.test) for split in folds] == [1463, 1470, 1476, 1476, 1557]
    for (first, last), split in zip(ranges, folds, strict=True):
        assert people(split.test) == {f"actor_{actor}" for actor in range(first, last + 1)}
        assert set(Counter(clip.emotion for clip in split.validation)) == set(corpora.get("cremad").facts.classes)
        assert_apart(split, cremad)


def test_other_corpora_get_balanced_groups_of_people(tmp_path):
    clips = corpora.create("ckplus", root=make_ckplus(tmp_path)).index()
    folds = make_folds(clips, "subject", folds=10)
    assert len(folds) == 10
    assert set().union(*(ids(split.test) for split in folds)) == ids(clips)
    assert sum(len(split.test) for split in folds) == 327
    assert max(len(split.test) for split in folds) - min(len(split.test) for split in folds) <= 4
    for split in folds:
        assert_apart(split, clips)
        assert Counter(clip.emotion for clip in split.test)["contempt"] in (1, 2, 3)


def test_another_number_of_folds_leaves_the_published_ones(ravdess):
    folds = make_folds(ravdess, "subject", folds=4)
    assert [len(people(split.test)) for split in folds] == [6, 6, 6, 6]
    assert len(set().union(*(people(split.test) for split in folds))) == 24


def test_random_is_70_10_20_and_every_clip_tests_once(ravdess):
    folds = make_folds(ravdess, "random")
    for split in folds:
        assert [len(split.train), len(split.validation), len(split.test)] == [1008, 144, 288]
    assert sum(len(split.test) for split in folds) == len(set().union(*(ids(split.test) for split in folds))) == 1440


def test_random_reports_how_many_people_leak(ravdess):
    report = check_people(make_split(ravdess, "random"))
    assert report.people == len(report.leaking) == 24
    assert str(report).startswith("24 of 24 people are in two parts")


def test_subject_leaks_nobody(ravdess):
    report = check_people(make_split(ravdess, "subject"))
    assert (report.people, report.leaking, report.known) == (24, (), True)


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_person_on_two_sides_is_named(ravdess, part):
    split = make_split(ravdess, "subject", fold=2)
    moved = split.test[0]
    rest = split.test[1:]
    with pytest.raises(CorpusError, match=rf"{moved.subject_id} is in {part} and in test"):
        replace(split, **{part: (*getattr(split, part), moved)}, test=rest)


def test_a_person_who_trains_and_validates_is_named_too(ravdess):
    split = make_split(ravdess, "subject")
    person = split.train[0].subject_id
    with pytest.raises(CorpusError, match=f"{person} is in train and in validation"):
        replace(split, train=split.train[1:], validation=(*split.validation, split.train[0]))


def test_a_clip_on_two_sides_is_named_under_every_protocol(ravdess):
    split = make_split(ravdess, "random")
    with pytest.raises(CorpusError, match=split.train[0].clip_id):
        replace(split, test=(*split.test, split.train[0]))


@pytest.mark.parametrize("protocol", ["random", "subject"])
def test_a_split_depends_on_the_seed_alone(ravdess, protocol):
    first = make_split(ravdess, protocol, fold=1, seed=3)
    assert make_split(ravdess[::-1], protocol, fold=1, seed=3) == first
    assert ids(make_split(ravdess, protocol, fold=1, seed=4).validation) != ids(first.validation)


def test_ten_actors_have_three_of_the_six_folds_and_it_is_said(ravdess):
    ten = [clip for clip in ravdess if clip.subject_id <= "actor_10"]
    folds = make_folds(ten, "subject")
    assert [sorted(people(split.test)) for split in folds] == [
        ["actor_01", "actor_02", "actor_03", "actor_04"],
        ["actor_05", "actor_06", "actor_07", "actor_08"],
        ["actor_09", "actor_10"],
    ]
    said = "10 of the 24 people of RAVDESS are here: the 6 folds of the literature are cut to 3, of 4, 4, 2 people"
    assert {split.note for split in folds} == {said}
    assert said in folds[0]._repr_html_()
    assert make_split(ravdess, "subject").note == make_split(ten, "random").note == ""
    with pytest.raises(CorpusError, match="expected a fold from 0 to 2"):
        make_split(ten, "subject", fold=5)


def test_ten_actors_of_cremad_from_two_folds(cremad):
    ten = [clip for clip in cremad if "actor_1014" <= clip.subject_id <= "actor_1023"]
    assert [len(people(split.test)) for split in make_folds(ten, "subject")] == [5, 5]


def test_people_of_one_published_fold_are_divided_anew(ravdess):
    four = [clip for clip in ravdess if clip.subject_id <= "actor_04"]
    folds = make_folds(four, "subject")
    assert [len(people(split.test)) for split in folds] == [1, 1, 1, 1]
    assert "balanced groups of people take the place of the 6 folds" in folds[0].note
    asked = make_folds([clip for clip in ravdess if clip.subject_id <= "actor_10"], "subject", folds=6)
    assert len(asked) == 6
    assert "balanced groups" in asked[0].note


def test_balance_counts_clips_and_people(ravdess):
    table = make_split(ravdess, "subject").balance()
    assert list(table.columns) == ["train", "validation", "test"]
    assert table.loc["neutral", "test"] == 16
    assert table.loc["calm", "test"] == 32
    assert table.loc["people"].sum() == 24
    assert table.drop(index="people").to_numpy().sum() == 1440
    assert "people" in make_split(ravdess, "subject")._repr_html_()


def test_clips_of_no_registered_corpus_can_be_split():
    split = make_split(home_made(5), "subject")
    assert_apart(split, home_made(5))
    assert len(people(split.test)) == 1


def test_groups_share_people_and_emotions_evenly():
    clips = home_made(12, each=9)
    groups = balanced_groups(clips, 4, seed=0)
    assert sorted(map(len, groups)) == [3, 3, 3, 3]
    assert frozenset().union(*groups) == people(clips)


def test_a_person_with_many_clips_is_outweighed_by_several_with_few():
    clips = home_made(1, each=30) + [
        replace(c, clip_id=f"x{c.clip_id}", subject_id=f"x{c.subject_id}") for c in home_made(5)
    ]
    groups = balanced_groups(clips, 2, seed=0)
    assert {"p00"} in groups


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"protocol": "subject", "fold": 5}, "a fold from 0 to 4"),
        ({"protocol": "subject", "fold": -1}, "a fold from 0 to 4"),
        ({"protocol": "subject", "folds": 7}, "7"),
        ({"protocol": "random", "folds": 1}, "2 to 36 folds"),
        ({"protocol": "official"}, "publishes no split"),
    ],
)
def test_what_cannot_be_made_says_what_could(arguments, reason):
    with pytest.raises(CorpusError, match=reason):
        make_split(home_made(6), **arguments)


def test_two_people_are_too_few():
    with pytest.raises(CorpusError, match="two to train and validate"):
        make_split(home_made(2), "subject", folds=2)


def test_an_unknown_protocol_lists_the_known():
    with pytest.raises(UnknownNameError, match="official, random, subject"):
        make_split(home_made(6), "subjects")


@pytest.mark.parametrize("clips", [[], home_made(3) + home_made(3, corpus="other")])
def test_one_corpus_at_a_time(clips):
    with pytest.raises(CorpusError, match="clips of one corpus"):
        make_split(clips, "random")


def test_ravdess_publishes_no_split(ravdess):
    with pytest.raises(CorpusError, match="publishes no split"):
        make_split(ravdess, "official")


def test_a_stranger_among_the_actors_is_named(ravdess):
    stranger = replace(ravdess[0], clip_id="x", subject_id="actor_25")
    with pytest.raises(CorpusError, match="actor_25 is in none of the 6 published folds"):
        make_split([*ravdess, stranger], "subject")
