"""Problems of a clip that could still be read."""

from dataclasses import dataclass, field

NAMED_PLACES = 5
"""Number of damaged places that a message lists; the others are only counted."""


@dataclass
class Faults:
    """Problems found while a clip is read; complete after its last frame.

    Attributes:
        damaged_s: approximate time in seconds of each packet that could not be decoded, and of each picture that was
            only partly decoded.
        truncated: the reason why the file is truncated, and how far it was read; empty if it is complete.
        sizes: width and height in pixels of the pictures, and the time in seconds from which they have this size.
    """

    damaged_s: list[float] = field(default_factory=list)
    truncated: str = ""
    sizes: list[tuple[int, int, float]] = field(default_factory=list)

    @property
    def damaged(self) -> int:
        """Number of damaged packets and pictures."""
        return len(self.damaged_s)

    def messages(self) -> list[str]:
        """A sentence for each type of problem, to be put after the clip's name; empty for an undamaged clip."""
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
