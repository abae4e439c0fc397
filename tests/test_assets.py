import hashlib

import pytest
from werkzeug import Response

from emo_utils import assets
from emo_utils.assets import Asset, Url, locate
from emo_utils.errors import AssetError, UnknownNameError
from emo_utils.settings import load_settings

CONTENT = b"weights of a very small network" * 100
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def served(httpserver, tmp_path, monkeypatch):
    """A model file on a local server, known to the table of assets."""
    monkeypatch.setenv("EMO_MODELS_DIR", str(tmp_path / "models"))
    httpserver.expect_request("/small.onnx").respond_with_data(CONTENT)

    def add(sha256=SHA256, path="/small.onnx"):
        asset = Asset("small", "small.onnx", sha256, "MIT", Url(httpserver.url_for(path)))
        monkeypatch.setitem(assets.ASSETS, "small", asset)
        return tmp_path / "models" / "small.onnx"

    return add


def test_a_file_is_fetched_once_and_then_found(served, httpserver):
    path = served()
    assert locate("small") == path
    assert path.read_bytes() == CONTENT
    locate("small")
    assert len(httpserver.log) == 1
    assert [p.name for p in path.parent.iterdir()] == ["small.onnx"], "a temporary file was left"


def test_a_file_of_the_wrong_hash_is_never_kept(served):
    path = served(sha256="0" * 64)
    with pytest.raises(AssetError, match="expected sha256:0000.*was deleted"):
        locate("small")
    assert not path.exists()


def test_a_broken_fetch_goes_on_where_it_was(served, httpserver, monkeypatch):
    monkeypatch.setattr("emo_utils.download.CHUNK", 250)
    path = served(path="/cut.onnx")
    ranges = []

    def answer(request):
        ranges.append(request.headers.get("Range"))
        first = int(ranges[-1].removeprefix("bytes=").removesuffix("-")) if ranges[-1] else 0
        headers = {"Content-Length": str(len(CONTENT) - first)}
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"
        body = CONTENT[first:] if len(ranges) == 5 else CONTENT[first : first + 500]
        return Response(iter([body]), status=206 if first else 200, headers=headers)

    httpserver.expect_request("/cut.onnx").respond_with_handler(answer)
    with pytest.raises(AssetError, match="1,500 bytes are kept"):
        locate("small")
    assert not path.exists()
    assert locate("small").read_bytes() == CONTENT
    assert ranges == [None, "bytes=500-", "bytes=1000-", "bytes=1500-", "bytes=2000-"]


@pytest.mark.parametrize("name", assets.ASSETS)
def test_every_model_file_has_a_hash_a_licence_and_a_safe_address(name):
    asset = assets.ASSETS[name]
    assert len(bytes.fromhex(asset.sha256)) == 32
    assert asset.licence
    if isinstance(asset.source, Url):
        assert asset.source.address.startswith("https://")
    else:
        assert "==" in asset.source.requirement


def test_a_damaged_copy_is_refused(served):
    path = served()
    locate("small")
    path.write_bytes(b"damaged")
    with pytest.raises(AssetError, match="delete the file and fetch it again"):
        locate("small")


def test_what_cannot_be_fetched_says_where_to_put_it(served, tmp_path):
    served(path="/gone.onnx")
    with pytest.raises(AssetError, match=r"cannot be fetched.*put small\.onnx into .*models, or point EMO_MODELS_DIR"):
        locate("small")


def test_an_unknown_asset_lists_the_known():
    with pytest.raises(UnknownNameError, match="known: arcface, face_detection_full_range, face_detection_short_range"):
        locate("face_detektion")


@pytest.mark.parametrize("name", ["face_detection_short_range", "face_detection_full_range"])
def test_the_detector_comes_out_of_its_wheel(name):
    """Through pip, as for a user; skips where pip reaches no index."""
    try:
        path = locate(name)
    except AssetError as error:
        if "pip could not download" in str(error):
            pytest.skip(str(error))
        raise
    assert hashlib.sha256(path.read_bytes()).hexdigest() == assets.ASSETS[name].sha256


def test_a_folder_of_models_that_cannot_be_written_is_told_with_the_way_out(served, monkeypatch):
    served()
    monkeypatch.setenv("EMO_MODELS_DIR", "/proc/models")
    load_settings.cache_clear()
    with pytest.raises(AssetError, match="small: /proc/models cannot be written. Fetch it .* or point EMO_MODELS_DIR"):
        locate("small")
