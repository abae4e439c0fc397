"""Trees of the still sets in their exact layouts, with drawn pictures: each label is a bright bar in its own place."""

import csv
from pathlib import Path

import cv2
import numpy as np


def drawn(label: int, size: int, seed: int = 0) -> np.ndarray:
    """A gray picture uint8 (size, size) whose bar says its label."""
    picture = np.random.default_rng(seed).integers(0, 60, (size, size)).astype(np.uint8)
    height = size // 8
    picture[height * label : height * label + height] += 150
    return picture


def save(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), picture)
    return path


def fer2013_table(path: Path, each: int = 2, header=("emotion", "pixels", "Usage")) -> Path:
    """`each` pictures per emotion and part, as rows of the challenge's table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for usage in ("Training", "PublicTest", "PrivateTest"):
            for number in range(7 * each):
                pixels = " ".join(map(str, drawn(number % 7, 48, number).ravel()))
                fields = {"emotion": number % 7, "pixels": pixels, "Usage": usage}
                writer.writerow([fields[name.strip()] for name in header])
    return path


def fer2013_folders(root: Path, each: int = 2) -> Path:
    names = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    for usage, folder in (("Training", "train"), ("PublicTest", "test"), ("PrivateTest", "test")):
        for number in range(7 * each):
            path = root / folder / names[number % 7] / f"{usage}_{1000 + number}.jpg"
            save(path, drawn(number % 7, 48, number))
    return root


def rafdb(root: Path, train: int = 21, test: int = 14) -> Path:
    lines = []
    for part, count, digits in (("train", train, 5), ("test", test, 4)):
        for number in range(1, count + 1):
            stem, label = f"{part}_{number:0{digits}}", number % 7 + 1
            save(root / "Image" / "aligned" / f"{stem}_aligned.jpg", drawn(label, 100, number))
            lines.append(f"{stem}.jpg {label}")
    (root / "EmoLabel").mkdir()
    (root / "EmoLabel" / "list_patition_label.txt").write_text("\n".join(lines) + "\n")
    return root


def affectnet_folders(root: Path, train: int = 11, validation: int = 8) -> Path:
    """All codes of the training part, also those without an emotion."""
    for name, count in (("train_set", train), ("val_set", validation)):
        (root / name / "annotations").mkdir(parents=True)
        for number in range(count):
            save(root / name / "images" / f"{number}.jpg", drawn(number % 8, 224, number))
            np.save(root / name / "annotations" / f"{number}_exp.npy", np.array(str(number % 11)))
            np.save(root / name / "annotations" / f"{number}_val.npy", np.array("0.5"))
    return root


def affectnet_tables(root: Path) -> Path:
    header = "subDirectory_filePath,face_x,face_y,face_width,face_height,facial_landmarks,expression,valence,arousal"
    for table, codes in (("training.csv", range(11)), ("validation.csv", range(8))):
        rows = [f"{100 + code}/{table[:2]}{code}ab.jpg,10,10,80,80,1;2,{code},0.1,0.2" for code in codes]
        (root / "Manually_Annotated_file_lists").mkdir(parents=True, exist_ok=True)
        (root / "Manually_Annotated_file_lists" / table).write_text("\n".join([header, *rows]) + "\n")
        for row, code in zip(rows, codes, strict=True):
            save(root / "Manually_Annotated_Images" / row.split(",")[0], drawn(code % 8, 120, code))
    return root


def kdef(root: Path, people: int = 3) -> Path:
    """Some people of each gender, two sessions, seven expressions, five angles."""
    for session in "AB":
        for gender in "FM":
            for number in range(1, people + 1):
                for label, code in enumerate(("AF", "AN", "DI", "HA", "NE", "SA", "SU")):
                    for angle in ("FL", "HL", "S", "HR", "FR"):
                        person = f"{session}{gender}{number:02}"
                        save(root / person / f"{person}{code}{angle}.JPG", drawn(label, 64, number))
    return root


def jaffe(root: Path, people=("KA", "KL", "KM", "YM")) -> Path:
    number = 0
    for person in people:
        for label, code in enumerate(("AN", "DI", "FE", "HA", "NE", "SA", "SU")):
            for take in (1, 2, 3):
                number += 1
                save(root / f"{person}.{code}{take}.{number}.tiff", drawn(label, 256, number))
    return root
