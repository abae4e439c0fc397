"""Assign a person id to each face of a clip; the decisions are written to the log."""

import logging

import numpy as np
import pandas as pd

from emo_utils.faces.identity import JOINED_FROM, Decision, name_people
from emo_utils.faces.tracklets import Tracklet, TrackletStore

log = logging.getLogger(__name__)


def name_faces(faces: pd.DataFrame, store: TrackletStore) -> pd.DataFrame:
    """Assign a person id to every face.

    Args:
        faces: a row per frame and face, with `track_id` and `tracklet`, its number in the store.
        store: of the same clip.

    Returns:
        The rows with `person_id`; both ids count from 1 in order of appearance. A track that shows two
        persons becomes two tracks.
    """
    kept = set(faces["tracklet"])
    tracklets = [tracklet for tracklet in store.finish() if tracklet.number in kept]
    people = name_people(tracklets)
    person = faces["tracklet"].map(people.person_of).astype("int64")
    track = pd.Series(list(zip(faces["track_id"], person, strict=True)), index=faces.index, dtype=object)
    named = faces.assign(person_id=_counted(person), track_id=_counted(track))
    track_of = dict(zip(named["tracklet"], named["track_id"], strict=True))
    if store.embedder is None:
        _log_tracks_only(tracklets, track_of)
    else:
        _log_decisions(people.decisions, tracklets, track_of, store)
    return named


def person_vectors(faces: pd.DataFrame, store: TrackletStore) -> dict[int, np.ndarray]:
    """The mean embedding of each person, float32 (D,) with norm 1; persons without one are absent.

    Args:
        faces: of `name_faces`.
        store: of the same clip, after `name_faces`.
    """
    person_of = dict(zip(faces["tracklet"], faces["person_id"], strict=True))
    sums: dict[int, np.ndarray] = {}
    for tracklet in store.tracklets:
        person = person_of.get(tracklet.number)
        if person is not None and tracklet.vector is not None:
            sums[int(person)] = sums.get(int(person), 0) + tracklet.vector * max(tracklet.weight, 1e-6)
    return {person: (one / np.linalg.norm(one)).astype(np.float32) for person, one in sums.items()}


def _counted(ids: pd.Series) -> pd.Series:
    """The same ids as numbers from 1 in order of appearance."""
    return pd.Series(pd.factorize(ids)[0] + 1, index=ids.index, dtype="int64")


def _log_tracks_only(tracklets: list[Tracklet], track_of: dict[int, int]) -> None:
    """Log one line; a warning if two tracks may be one person, seen at different times."""
    spans: dict[int, list[int]] = {}
    for tracklet in tracklets:
        span = spans.setdefault(track_of[tracklet.number], [tracklet.first, tracklet.last])
        span[1] = max(span[1], tracklet.last)
    may_be_one = max((first for first, _ in spans.values()), default=0) > min((e for _, e in spans.values()), default=0)
    log.log(
        logging.WARNING if may_be_one else logging.INFO,
        "identity: no embedding weights, so each track (%d) counts as a person, also where one person came back; "
        "`emo fetch arcface` or --identity-weights FILE joins the tracks of a person",
        len(spans),
    )


def _log_decisions(
    decisions: tuple[Decision, ...], tracklets: list[Tracklet], track_of: dict[int, int], store: TrackletStore
) -> None:
    log.info("identity: %s, SHA-256 %s", store.embedder, store.embedder.sha256)
    log.info("identity: similarity %.2f and more is one person", JOINED_FROM)
    ids_before: dict[int, set[int]] = {}
    for tracklet in tracklets:
        ids_before.setdefault(tracklet.track_id, set()).add(track_of[tracklet.number])
    for tracks in ids_before.values():
        if len(tracks) > 1:
            log.info("identity: the tracker followed several people as one; now tracks %s", _listed(tracks))
    for decision in decisions:
        first, second = ({track_of[number] for number in side} for side in (decision.first, decision.second))
        if first == second and decision.joined:
            continue  # two tracklets of one track: the tracker was right
        verdict = "one person" if decision.joined else "two people"
        reason = "; seen in the same frame" if decision.together else ""
        log.info(
            "identity: tracks %s and %s are %s, similarity %.2f%s",
            *(_listed(first), _listed(second), verdict, decision.similarity, reason),
        )


def _listed(tracks: set[int]) -> str:
    return "+".join(map(str, sorted(tracks)))
