"""Networks of which a part may be kept as it is."""

from torch import nn


class Freezable(nn.Module):
    """A network with a part that is not trained and stays in evaluation mode, its normalisations too."""

    frozen_part: str | None = None
    """Name of that part; None where all is trained."""

    def freeze(self, part: str, frozen: bool) -> None:
        """Keep the submodule `part` as it is from now on, if `frozen`."""
        self.frozen_part = part if frozen else None
        self.get_submodule(part).requires_grad_(not frozen)

    def train(self, mode: bool = True) -> "Freezable":
        """Training mode for all but the frozen part."""
        super().train(mode)
        if self.frozen_part:
            self.get_submodule(self.frozen_part).eval()
        return self
