"""How a clip was read: detector, video track, damage, warnings."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Provenance:
    """How one clip was read, for its summary and its log.

    Attributes:
        detector: the face detector that ran; it may be the fallback of the requested one.
        track: which video track was read and why; empty for files with one track.
        orientation: how the stored picture was turned; empty if it was not.
        damaged_s: times of damaged places in seconds, one for each packet or picture.
        truncated: why the file counts as cut off, and how far it was read; empty if it is whole.
        warnings: sentences a user should read, in order.
    """

    detector: str = ""
    track: str = ""
    orientation: str = ""
    damaged_s: tuple[float, ...] = ()
    truncated: str = ""
    warnings: tuple[str, ...] = field(default=(), repr=False)

    def summary(self) -> dict:
        """Plain values for `summary.json`."""
        return {
            "detector": self.detector,
            "track": self.track or None,
            "orientation": self.orientation or None,
            "damaged": len(self.damaged_s),
            "damaged_s": [round(time_s, 3) for time_s in self.damaged_s],
            "truncated": self.truncated or None,
            "warnings": list(self.warnings),
        }
