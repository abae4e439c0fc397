"""How each representation is trained by default: values of `Experiment`, one row each."""

RECIPES: dict[str, dict] = {
    # still faces: what the shipped network was trained with
    "frame": {"batch_size": 128, "optimizer": "sgd", "learning_rate": 0.1, "augmentation": "faces", "mixup": 0.2},
    # S3.5's augmentation; a few hundred clips, so a small rate, a short warm-up and the epoch chosen on validation
    "stack": {
        "epochs": 40,
        "batch_size": 8,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 0.05,
        "schedule": "one_cycle",
        "warmup_epochs": 0.0,
        "average_decay": 0.98,
        "label_smoothing": 0.1,
        "clip_gradient": 5.0,
        "augmentation": "stack",
        "mixup": 0.0,
    },
    "apex": {
        "epochs": 20,
        "batch_size": 16,
        "optimizer": "adamw",
        "learning_rate": 3e-4,
        "weight_decay": 0.05,
        "schedule": "one_cycle",
        "warmup_epochs": 0.0,
        "average_decay": 0.95,
        "label_smoothing": 0.1,
        "clip_gradient": 5.0,
        "augmentation": "stack",
        "mixup": 0.0,
    },
    # S4.4: Adam 1e-3, 30 epochs, plain cross-entropy, no augmentation
    "sequence": {
        "epochs": 30,
        "batch_size": 16,
        "optimizer": "adam",
        "learning_rate": 1e-3,
        "weight_decay": 0.0,
        "schedule": "constant",
        "warmup_epochs": 0.0,
        "average_decay": 0.0,
        "clip_gradient": 5.0,
        "augmentation": "none",
        "mixup": 0.0,
    },
    "features": {
        "epochs": 60,
        "batch_size": 64,
        "optimizer": "adamw",
        "learning_rate": 3e-3,
        "weight_decay": 0.05,
        "schedule": "cosine",
        "average_decay": 0.99,
        "augmentation": "none",
        "mixup": 0.0,
    },
}

DEFAULT_BACKBONE = {
    "frame": "face_net",
    "stack": "mobilenetv3_large",
    "apex": "vit",
    "sequence": "cnn_lstm",
    "features": "mlp",
}
"""Where a command names none."""
