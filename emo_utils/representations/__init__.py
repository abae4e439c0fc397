"""What a model eats: channel stacks, apex crops, sequences; each made from a clip by a spec that is kept with it."""

from emo_utils.representations import apex, sequence, stack  # noqa: F401  (they register themselves)
from emo_utils.representations.representation import Representation, Written, create_representation, representations

__all__ = ["Representation", "Written", "create_representation", "representations"]
