"""The cells of all tables, and runs that are finished without having been run."""

import json

import numpy as np
import pandas as pd

from emo_utils.workflows.tables.cells import TABLES
from emo_utils.workflows.tables.plans import Request, plan_for

CELLS = {table.key(cell): (table, cell) for table in TABLES.values() for cell in table.cells}


def finish(plan, classes=("anger", "happiness", "sadness"), right: float = 0.5, people: int = 4) -> None:
    """Make a run finished: predictions of three clips of each person, of which a share is right."""
    for number, (folder, expected) in enumerate(zip(plan.folders, plan.expected, strict=True)):
        folder.mkdir(parents=True)
        rows = [(person, label) for person in range(people) for label in range(len(classes))]
        lines = []
        for index, (person, label) in enumerate(rows):
            named = label if index < right * len(rows) else (label + 1) % len(classes)
            shares = np.where(np.arange(len(classes)) == named, 0.8, 0.2 / (len(classes) - 1))
            about = {"clip_id": f"c{number}_{index}", "subject_id": f"p{number}_{person}", "label": classes[label]}
            lines.append(about | {f"p_{name}": share for name, share in zip(classes, shares, strict=True)})
        pd.DataFrame(lines).to_csv(folder / "predictions_test.csv", index=False)
        (folder / "metrics.json").write_text(json.dumps({"experiment": expected, "commit": "0123456789ab"}))


def plan(key: str, side: str = "as_source", seed: int = 0, **changed):
    return plan_for(CELLS[key][1].how, side, Request(**changed), seed)
