"""How often a clip is decoded: to be analysed, for the apexes and their report, for the annotated video."""

from pathlib import Path

import emo_utils as emo
from emo_utils.inference.frame_sources import file_source
from emo_utils.reports.clips.documents.clip_page import clip_page


def test_apex_pictures_and_report_share_one_decoding(clips: Path, tmp_path: Path) -> None:
    opened = []
    source = file_source(clips / "single_face.mp4")
    pictures = source.pictures

    def counted(*arguments, **options):
        opened.append(1)
        return pictures(*arguments, **options)

    object.__setattr__(source, "pictures", counted)
    analysis = emo.Analyzer(identity_weights="none").analyze_source(source, progress=False)
    assert len(opened) == 1
    assert len(analysis.segments)
    alone = clip_page(analysis.results)
    assert len(opened) == 2, "the report alone decodes the clip for its apexes"
    missing = analysis.write(tmp_path, ["timeline", "apex", "report", "annotated"], progress=False)
    assert missing == ()
    assert len(opened) == 4
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == alone, "with the same pictures"
