"""A measure in one file."""

from emo_utils.measures.measure import Column, Measure, measures


@measures.register("newcomer")
def make_newcomer() -> Measure:
    """The width of the face's box."""
    column = Column("width of the face's box", "pixels", 0)
    return Measure("newcomer", {"width_px": column}, of_face=lambda face: [face.box[2] - face.box[0]])
