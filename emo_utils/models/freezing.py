"""Networks of which a part may be frozen."""

from torch import nn


class Freezable(nn.Module):
    """A network with a part that is not trained; that part and its normalisations stay in evaluation mode."""

    frozen_part: str | None = None
    """Name of that part; None where all is trained."""

    def freeze(self, part: str, frozen: bool) -> None:
        """Freeze the submodule `part` if `frozen`, else make it trainable."""
        self.frozen_part = part if frozen else None
        self.get_submodule(part).requires_grad_(not frozen)

    def train(self, mode: bool = True) -> "Freezable":
        """Training mode for all but the frozen part."""
        super().train(mode)
        if self.frozen_part:
            self.get_submodule(self.frozen_part).eval()
        return self
