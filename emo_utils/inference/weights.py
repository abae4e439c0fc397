"""Weights files by name: an ONNX file, and a JSON sidecar that describes input, output and origin."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

from emo_utils.errors import UnknownNameError, WeightsError
from emo_utils.hashing import check_sha256
from emo_utils.inference.person_features import PersonRule
from emo_utils.inference.prior import UNIFORM, check_shares
from emo_utils.inference.windows import WindowRule
from emo_utils.onnx_files import refuse_data_elsewhere
from emo_utils.registry import unknown_name
from emo_utils.run_folder import RunFolder
from emo_utils.structures import InputSpec

SHIPPED = Path(__file__).resolve().parents[1] / "weights"
"""The folder of the weights that come with the package."""

DEFAULT = "ferplus-int8"
"""The default for clips: the 8-bit form of `ferplus`, as accurate and three times as fast."""

AS_TRAINED = "trained"
"""Name of the prior of weights whose sidecar names no corpus."""


@dataclass(frozen=True)
class Weights:
    """A weights file and the content of its sidecar.

    Attributes:
        name: the file's stem.
        path: the ONNX file; input uint8 (N, S, S) crops, or other samples (`representation`); output float32 (N, C)
            probabilities.
        classes: the C emotions in the order of the output.
        input_spec: the crop that the network needs.
        uncertain_below: a top probability below this is uncertain, under the prior of training; see the model card and
            `uncertain_under`.
        sidecar: all of the sidecar, also metrics, data, commit, licence, the experiment.
        prior: the share of each class in the training targets, which the output assumes; empty if the sidecar has none.
        clip_prior: the name of the default prior for clips; see `inference.prior`.
        uncertain_below_uniform: as `uncertain_below`, under the uniform prior; None if the sidecar has none.
    """

    name: str
    path: Path
    classes: tuple[str, ...]
    input_spec: InputSpec
    uncertain_below: float
    sidecar: dict
    prior: dict[str, float] = field(default_factory=dict)
    clip_prior: str = AS_TRAINED
    uncertain_below_uniform: float | None = None

    @property
    def corpus(self) -> str:
        """The training corpus; also the name of the prior that the output assumes."""
        return corpus_of(self.sidecar)

    @property
    def sharpness(self) -> float:
        """Factor of the logits over logits fitted to the votes; more than 1 if they were fitted to the labels."""
        temperature = self.sidecar.get("temperature", 1.0)
        return self.sidecar.get("votes_temperature", temperature) / temperature

    @property
    def faces(self) -> str:
        """How still faces were cropped in training and calibration: one of `faces.pictures.FACES`."""
        return self.sidecar.get("experiment", {}).get("representation", {}).get("faces", "asis")

    @property
    def representation(self) -> str:
        """What the network reads: `frame`, `apex`, `stack`, `sequence` or `features`."""
        return self.input_spec.representation

    @property
    def settings(self) -> dict:
        """The options with which its training samples were made, also `name`, `version` and `detector`."""
        return self.sidecar.get("experiment", {}).get("representation", {})

    @property
    def window(self) -> WindowRule | None:
        """The windows of a network over time; None for others."""
        return WindowRule(**self.sidecar["window"]) if "window" in self.sidecar else None

    @property
    def person_rule(self) -> PersonRule | None:
        """How its features are normalised by person; None for networks that were not trained so."""
        return PersonRule.of(self.sidecar)

    def named(self) -> dict:
        """Name, hash and representation, for a summary; a network over time also names its window."""
        about = {"name": self.name, "sha256": self.sidecar["sha256"], "reads": self.representation}
        return about | ({"window": self.sidecar["window"]} if "window" in self.sidecar else {})

    @property
    def profiles(self) -> dict[str, dict[str, float]]:
        """Mean output for faces of each emotion, see `inference.baseline`; empty if unknown."""
        return self.sidecar.get("profiles", {})

    def uncertain_under(self, prior: str) -> float:
        """The top probability under which a face is `uncertain`, for this prior."""
        own = self.uncertain_below_uniform if prior == UNIFORM else None
        return self.uncertain_below if own is None else own

    def __repr__(self) -> str:
        return f"Weights({self.name!r}, {len(self.classes)} classes, {self.input_spec.size} px, {self.path})"


def corpus_of(sidecar: dict) -> str:
    """The corpus that a sidecar names; `AS_TRAINED` if it names none."""
    return sidecar.get("data", {}).get("corpus", AS_TRAINED)


def known_weights() -> list[str]:
    """Names of the shipped weights."""
    return sorted(path.stem for path in SHIPPED.glob("*.onnx"))


def is_run(name_or_path: str | Path) -> bool:
    """Whether weights are given as the folder of a training run; names of shipped weights have priority."""
    return str(name_or_path) not in known_weights() and Path(name_or_path).is_dir()


def find_weights(name_or_path: str | Path) -> Weights:
    """Look weights up by shipped name, by ONNX file, or by the folder of a training run.

    Of a run of several folds, the first finished one is taken and logged; `RUN/fold_<k>` selects another.

    Raises:
        UnknownNameError: neither a known name nor an existing path; lists the known names.
        WeightsError: the sidecar is missing or broken, or the ONNX file's hash is not the sidecar's.
        RunError: a folder that is no run, has no finished fold, or has no network for clips.
    """
    if is_run(name_or_path):
        path = RunFolder(name_or_path).weights()
        return replace(read_weights(path), name="/".join(path.absolute().parts[-3:-1]))
    path = Path(name_or_path)
    if path.suffix != ".onnx":
        path = SHIPPED / f"{name_or_path}.onnx"
    if not path.exists():
        raise UnknownNameError(
            unknown_name("weights", str(name_or_path), known_weights())
            + " A path to an .onnx file or a training run's folder works too."
        )
    return read_weights(path)


def read_weights(path: Path) -> Weights:
    """Read a sidecar and check the ONNX file's hash against it; see `find_weights`."""
    beside = path.with_suffix(".json")
    if not beside.exists():
        raise WeightsError(f"{path}: expected its sidecar {beside.name} in the same folder, found none")
    try:
        sidecar = json.loads(beside.read_text())
        weights = Weights(
            path.stem,
            path,
            tuple(sidecar["classes"]),
            InputSpec(**sidecar["input_spec"]),
            float(sidecar["uncertain_below"]),
            sidecar,
            {name: float(share) for name, share in sidecar.get("prior", {}).items()},
            sidecar.get("clip_prior", corpus_of(sidecar)),
            float(sidecar["uncertain_below_uniform"]) if "uncertain_below_uniform" in sidecar else None,
        )
        check_shares(weights.prior, weights.classes)
        _ = weights.window, weights.person_rule
        if weights.clip_prior not in (weights.corpus, UNIFORM):
            raise ValueError(f"clip_prior: expected {weights.corpus} or {UNIFORM}, found {weights.clip_prior!r}")
        expected = sidecar["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{beside}: not a sidecar of this package ({type(error).__name__}: {error})") from error
    check_sha256(path, expected, "fetch or export the file again", WeightsError)
    refuse_data_elsewhere(path)
    return weights
