"""scikit-learn models on tables of features per clip, such as action units; used to compare protocols.

Their settings were fixed before the first measurement. Nothing is chosen on the validation part, so they train on
the train and validation parts together. Calibration is measured by cross-fitting; see `evaluation.measure`.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from emo_utils.datasets.features import FeatureTable
from emo_utils.datasets.splits import Split, make_folds
from emo_utils.evaluation.predictions import prediction_table
from emo_utils.registry import Registry
from emo_utils.structures import Clip

classical_models = Registry("model of features")
"""Factories `create(name, seed=...)` of scikit-learn classifiers with `fit` and `predict_proba`."""


@classical_models.register("logistic_regression")
def logistic_regression(seed: int = 0):
    """Multinomial logistic regression with an L2 penalty of C = 1, on columns standardised by the training data."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000, random_state=seed))


@classical_models.register("extra_trees")
def extra_trees(seed: int = 0):
    """500 extremely randomised trees (P. Geurts, D. Ernst, L. Wehenkel, Machine Learning 63, 2006), fully grown."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(n_estimators=500, random_state=seed, n_jobs=1)


def fit_features(table: FeatureTable, model: str, clips: Sequence[Clip], seed: int = 0):
    """Fit a classical model on some clips of a table.

    Returns:
        The fitted classifier; its `classes_` are positions in `table.classes`.

    Raises:
        UnknownNameError: no such model.
        TableError: a clip is not in the table.
    """
    rows = table.rows_of(clips)
    return classical_models.create(model, seed=seed).fit(table.values[rows], table.labels_of(rows))


def predict_features(table: FeatureTable, fitted, clips: Sequence[Clip], fold: int | None = None) -> pd.DataFrame:
    """Predictions of some clips as a table that keeps the contract of `evaluation.predictions`.

    Args:
        table: the features.
        fitted: from `fit_features` on the same table; a class without training clips has probability 0.
        clips: those to predict.
        fold: noted in the table, if given.
    """
    rows = table.rows_of(clips)
    probabilities = np.zeros((len(rows), len(table.classes)))
    probabilities[:, fitted.classes_] = fitted.predict_proba(table.values[rows])
    ids, people = [clip.clip_id for clip in clips], [clip.subject_id for clip in clips]
    return prediction_table(ids, people, table.labels_of(rows), table.classes, probabilities, table.classes, fold)


def predict_fold(table: FeatureTable, model: str, split: Split, seed: int = 0) -> pd.DataFrame:
    """Fit on the train and validation parts of one split, predict its test part; the fold is noted in the table."""
    fitted = fit_features(table, model, [*split.train, *split.validation], seed)
    return predict_features(table, fitted, split.test, split.fold)


def cross_validate_features(
    table: FeatureTable, model: str, protocol: str, folds: int | None = None, seed: int = 0
) -> pd.DataFrame:
    """Predict every clip by a model that did not see it, over all folds of a protocol.

    Args:
        table: the features.
        model: a name of `classical_models`.
        protocol: see `datasets.splits.make_split`.
        folds: as there.
        seed: as there, and of the model.

    Returns:
        The pooled predictions of all test parts, with the column `fold`.
    """
    splits = make_folds(table.clips, protocol, folds, seed)
    return pd.concat([predict_fold(table, model, split, seed) for split in splits], ignore_index=True)
