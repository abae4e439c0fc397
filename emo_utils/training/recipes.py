"""Default training settings of each representation: values of `Experiment`."""

RECIPES: dict[str, dict] = {
    # still faces: the settings of the shipped network
    "frame": {"batch_size": 128, "optimizer": "sgd", "learning_rate": 0.1, "augmentation": "faces", "mixup": 0.2},
    # S3.5's augmentation. There are a few hundred clips, so a small rate, and the epoch is chosen on validation
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
    # heads over a frozen encoder: a few hundred clips, so a small rate, much weight decay and label smoothing
    "embeddings": {
        "epochs": 40,
        "batch_size": 16,
        "optimizer": "adamw",
        "learning_rate": 1e-3,
        "weight_decay": 0.1,
        "schedule": "cosine",
        "warmup_epochs": 0.0,
        "average_decay": 0.98,
        "label_smoothing": 0.1,
        "clip_gradient": 5.0,
        "augmentation": "time",
        "mixup": 0.0,
        "precision": "float32",
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
"""Backbone of each representation where a command names none."""
