"""Time of a training epoch divided by the time of the same steps on data in memory, already decoded and batched.

The excess over 1 is the cost of reading samples. On a GPU also images per second, and the share of the peak FLOPS.

    python benchmarks/train.py [--backbone mobilenetv3_large] [--clips 48] [--channels 18] [--size 224]
"""

import argparse
import json
import platform
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator

from emo_utils.datasets.samples import Files, Samples, read_sample
from emo_utils.models.cost import multiply_adds
from emo_utils.representations.stack import StackSpec, save_stack
from emo_utils.structures import ChannelStack, InputSpec
from emo_utils.training.experiment import Experiment
from emo_utils.training.fit import train_one_epoch
from emo_utils.training.networks import build_network
from emo_utils.training.optimise import make_optimizer
from emo_utils.training.recipes import RECIPES

RESULTS = Path(__file__).parent / "results" / "train.json"
GOAL = 1.05
CLASSES = ("anger", "happiness", "neutral", "sadness", "surprise")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", default="mobilenetv3_large")
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--channels", type=int, default=18)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peak-tflops", type=float, help="of the GPU in bfloat16, dense; for the share of its peak")
    return parser.parse_args()


def write_stacks(folder: Path, count: int, channels: int, size: int) -> list[Path]:
    """Write stacks of smooth pictures, whose files compress about as well as those of faces."""
    spec = StackSpec(interval=1, channels=channels, window=channels, size=size)
    rng = np.random.default_rng(0)
    paths = [folder / f"{number}.tiff" for number in range(count)]
    for path in paths:
        coarse = rng.integers(0, 256, (channels, size // 8, size // 8)).astype(np.uint8)
        save_stack(path, ChannelStack(np.kron(coarse, np.ones((1, 8, 8), np.uint8)), np.arange(channels)), spec)
    return paths


def samples_of(items) -> Samples:
    labels = np.arange(len(items)) % len(CLASSES)
    ids = tuple(map(str, range(len(items))))
    return Samples(items, ids, ids, np.eye(len(CLASSES), dtype=np.float32)[labels], labels, CLASSES)


def main() -> None:
    arguments = parse_arguments()
    spec = InputSpec(representation="stack", size=arguments.size, channels=arguments.channels)
    values = {**RECIPES["stack"], "backbone": arguments.backbone, "weights": "random"}
    experiment = Experiment(representation={"name": "stack"}, input_spec=spec, **values)
    with tempfile.TemporaryDirectory() as folder:
        paths = write_stacks(Path(folder), arguments.clips, arguments.channels, arguments.size)
        on_disk = {
            "read_anew": samples_of(Files(paths, read_sample, budget_bytes=0)),
            "kept": samples_of(Files(paths, read_sample)),
        }
        in_memory = samples_of(np.stack([read_sample(path) for path in paths]))
        seconds = measure(experiment, {"in_memory": in_memory, **on_disk}, arguments.rounds)
    report = {
        "backbone": arguments.backbone,
        "clips": arguments.clips,
        "shape": [arguments.channels, arguments.size, arguments.size],
        "device": str(Accelerator().device),
        "machine": platform.machine(),
        "threads": torch.get_num_threads(),
        "images_per_s": arguments.clips / seconds["kept"],
        "epoch_over_memory_kept": seconds["kept"] / seconds["in_memory"],
        "epoch_over_memory_read_anew": seconds["read_anew"] / seconds["in_memory"],
        "goal": GOAL,
    }
    if arguments.peak_tflops:
        model = build_network(experiment, in_memory)
        work = 6 * multiply_adds(model, torch.zeros(1, *report["shape"]))  # forward, and twice that backward
        report["share_of_peak"] = report["images_per_s"] * work / (arguments.peak_tflops * 1e12)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    print(json.dumps(report, indent=1))


def measure(experiment: Experiment, sources: dict[str, Samples], rounds: int) -> dict[str, float]:
    """The smallest of several epochs of each source, taken in turn; the first round warms up and fills the store."""
    accelerator = Accelerator()
    model = build_network(experiment, sources["in_memory"])
    average = build_network(experiment, sources["in_memory"]).to(accelerator.device)
    model, optimizer = accelerator.prepare(model, make_optimizer(model, experiment))
    seconds = {name: [] for name in sources}
    for number in range(rounds + 1):
        for name, samples in sources.items():
            started = time.perf_counter()
            train_one_epoch(accelerator, model, average, optimizer, samples, experiment, 0)
            if number:
                seconds[name].append(time.perf_counter() - started)
    return {name: min(values) for name, values in seconds.items()}


if __name__ == "__main__":
    main()
