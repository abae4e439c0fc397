"""What was wrong with a clip that could be read all the same."""

from dataclasses import dataclass, field

NAMED_PLACES = 5
"""Damaged places that a message lists; the rest are counted."""


@dataclass
class Faults:
    """Filled while a clip is read; complete when its last frame was given out.

    Attributes:
        damaged_s: time of each damaged place in seconds, as near as can be told; one for each packet that could not be
            decoded, and each picture that was decoded in part.
        truncated: why the file counts as cut off, and how far it was read; empty if it is whole.
        sizes: width and height in pixels of the pictures in the file, in order of appearance, and since when.
    """

    damaged_s: list[float] = field(default_factory=list)
    truncated: str = ""
    sizes: list[tuple[int, int, float]] = field(default_factory=list)

    @property
    def damaged(self) -> int:
        """How many packets and pictures are damaged."""
        return len(self.damaged_s)

    def messages(self) -> list[str]:
        """A sentence for each kind of fault, fit to stand after the clip's name; none for a sound clip."""
        found = []
        if self.damaged_s:
            places = ", ".join(f"{time_s:.2f}" for time_s in self.damaged_s[:NAMED_PLACES])
            more = f" and {self.damaged - NAMED_PLACES} more" if self.damaged > NAMED_PLACES else ""
            found.append(f"is damaged near {places} s{more} ({self.damaged} in all); what could be decoded was read")
        if self.truncated:
            found.append(f"is truncated: {self.truncated}; copy or download it again")
        if len(self.sizes) > 1:
            (width, height, _), *later = self.sizes
            changes = ", ".join(f"{w}x{h} from {since_s:.2f} s" for w, h, since_s in later[:NAMED_PLACES])
            found.append(f"changes its picture's size ({changes}); all frames are brought to {width}x{height}")
        return found
