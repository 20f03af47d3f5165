"""`recognise` and `embed` find the way from audio to any model's output."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from reactivex.subject import Subject

from flowrun.models.bundle import SHIPPED
from flowrun.models.log_mel import log_mel_frames
from flowrun.models.signals import noise
from flowrun.operators.inference.embed import embed
from flowrun.operators.inference.recognise import recognise
from flowrun.operators.inference.yamnet import yamnet
from flowrun.schemas.errors import ModelError
from flowrun.schemas.ports import Audio, Embeddings, Failed, Scores
from flowrun.schemas.spec import spec_of
from flowrun.schemas.stream_info import Mismatch, StreamInfo

SAMPLES = noise(2.0, 16000, -20, seed=3)


@pytest.fixture(autouse=True)
def known(golden: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny models are found by their names."""
    monkeypatch.setenv("FLOWRUN_MODELS", str(golden))


def recognised(source: list[Audio], **options: Any) -> tuple[list[Any], list[Any]]:
    """Return what the two outputs of `recognise` give."""
    audio: Subject[Audio] = Subject()
    outputs = recognise(audio, **options)
    scores: list[Any] = []
    embeddings: list[Any] = []
    outputs.embeddings.subscribe(embeddings.append)
    outputs.scores.subscribe(scores.append)
    for block in source:
        audio.on_next(block)
    audio.on_completed()
    return scores, embeddings


def starts(items: list[Any]) -> NDArray[np.float64]:
    return np.concatenate([item.at.start_s for item in items])


def values(items: list[Any]) -> NDArray[np.float32]:
    return np.concatenate([item.values if isinstance(item, Scores) else item.vectors for item in items])


@pytest.fixture
def means() -> NDArray[np.float32]:
    """What the tiny listener makes of SAMPLES with windows 0.48 s apart: means over time of mel bins, to the end."""
    frames = log_mel_frames(np.pad(SAMPLES, (0, 15600 + 3 * 7680 - len(SAMPLES))))
    return np.array([frames[i : i + 96].mean(axis=0) for i in range(0, 3 * 48 + 1, 48)])


def test_a_network_on_the_waveform_is_called_as_it_is(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]]
) -> None:
    scores, embeddings = recognised(blocks(SAMPLES, 5000), model="tiny_yamnet")
    alone = play(yamnet, blocks(SAMPLES, 5000), model="tiny_yamnet")
    np.testing.assert_array_equal(values(scores), values(alone))
    np.testing.assert_allclose(starts(scores), starts(alone))
    assert [item.at for item in embeddings] == [item.at for item in scores]


def test_a_network_on_patches_gets_them_up_to_the_last_sound(
    blocks: Callable[..., list[Audio]], means: NDArray[np.float32]
) -> None:
    scores, embeddings = recognised(blocks(SAMPLES, 5000), model="tiny_listener", hop_s=0.48)
    np.testing.assert_allclose(values(embeddings), means, atol=1e-4)
    np.testing.assert_allclose(values(scores)[:, 0], 1 / (1 + np.exp(-means.mean(axis=1))), atol=1e-4)
    np.testing.assert_allclose(starts(scores), [0, 0.48, 0.96, 1.44])
    assert scores[-1].last


def test_a_classifier_gets_the_embeddings_it_was_trained_on(
    blocks: Callable[..., list[Audio]], means: NDArray[np.float32]
) -> None:
    scores, embeddings = recognised(blocks(SAMPLES, 5000), model="tiny_sounds")  # its manifest says: every 0.48 s
    np.testing.assert_allclose(values(embeddings), means, atol=1e-4)
    logits = np.stack([means[:-1, 0], means[1:, -1]], axis=1)
    np.testing.assert_allclose(values(scores), 1 / (1 + np.exp(-logits)), atol=1e-4)
    assert {item.labels for item in scores} == {("First", "Last")}
    assert [items[-1].last for items in (scores, embeddings)] == [True, True]


@pytest.mark.parametrize("model", ["tiny_yamnet", "tiny_listener", "tiny_sounds"])
def test_a_stream_shorter_than_a_window_is_scored(blocks: Callable[..., list[Audio]], model: str) -> None:
    scores, _ = recognised(blocks(SAMPLES[:800], 800), model=model)
    assert values(scores).shape[0] == 1


@pytest.mark.parametrize("model", ["tiny_yamnet", "tiny_listener", "tiny_sounds"])
def test_a_failure_on_the_way_is_told_once_and_the_next_stream_is_scored(
    blocks: Callable[..., list[Audio]], model: str
) -> None:
    source = [*blocks(np.zeros(10), 10, rate_hz=44100, stream="odd"), *blocks(SAMPLES, 32000, stream="good")]
    scores, embeddings = recognised(source, model=model)
    assert [type(item) for item in scores] == [Failed, Scores]
    assert (scores[0].stream, scores[1].stream) == ("odd", "good")
    assert "needs 16000 Hz, got 44100 Hz" in str(scores[0].error)
    assert [type(item) for item in embeddings] == [Embeddings]


def test_embed_gives_the_embeddings_alone_and_its_failures(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], means: NDArray[np.float32]
) -> None:
    source = [*blocks(np.zeros(10), 10, rate_hz=44100, stream="odd"), *blocks(SAMPLES, 7000)]
    failed, *given = play(embed, source, model="tiny_listener", hop_s=0.48)
    assert isinstance(failed, Failed)
    np.testing.assert_allclose(values(given), means, atol=1e-4)
    assert {item.model for item in given} == {"tiny_listener"}
    assert values(play(embed, blocks(SAMPLES, 7000), model="tiny_yamnet")).shape == (4, 10)


def test_vggish_is_embedded_as_released_up_to_the_last_sound(
    play: Callable[..., list[Any]], blocks: Callable[..., list[Audio]], tmp_path: Path, golden: Path
) -> None:
    shutil.copy(SHIPPED / "vggish" / "model.json", tmp_path)
    shutil.copy(golden / "tiny_vggish.tflite", tmp_path / "vggish_float32.tflite")
    np.savez(tmp_path / "vggish_pca_params.npz", pca_eigen_vectors=np.eye(128), pca_means=np.zeros(128))
    got = play(embed, blocks(SAMPLES, 5000), model=str(tmp_path))
    np.testing.assert_allclose(starts(got), [0, 0.96, 1.92])  # the third has 0.08 s of sound
    assert values(got).shape == (3, 128)
    assert values(got).dtype == np.uint8
    assert {item.model for item in got} == {"vggish"}


def test_the_hop_is_the_models_own() -> None:
    audio = StreamInfo(step="mic", rate_hz=16000)
    hops = {
        model: spec_of(recognise).info(audio=audio, model=model, hop_s=None, threads=1).hop_s
        for model in ("tiny_yamnet", "tiny_listener", "tiny_sounds", "yamnet", "audioset_attention")
    }
    assert list(hops.values()) == [0.48, 0.24, 0.48, 0.48, 0.96]


def test_what_is_known_comes_from_the_end_of_the_way() -> None:
    info = spec_of(recognise).info(audio=StreamInfo(rate_hz=16000), model="audioset_attention", hop_s=None, threads=1)
    assert (info.embedding, info.labels and len(info.labels)) == ("vggish", 527)
    assert info.window_s == pytest.approx(0.96 * 10)
    info = spec_of(embed).info(audio=StreamInfo(), model="vggish", hop_s=None, threads=1)
    assert (info.embedding, info.labels, info.window_s, info.hop_s) == ("vggish", None, 0.96, 0.96)
    info = spec_of(embed).info(audio=StreamInfo(), model="tiny_listener", hop_s=0.5, threads=1)
    assert (info.embedding, info.hop_s) == ("tiny_listener", 0.5)


@pytest.mark.parametrize(
    ("operator", "options", "said", "path"),
    [
        (recognise, {"model": "yamnt"}, "no model 'yamnt'; did you mean 'yamnet'", "model"),
        (recognise, {"model": "vggish"}, "'vggish' gives embeddings, no scores: read them with `embed`", "model"),
        (embed, {"model": "audioset_attention"}, "gives scores, no embeddings: name 'vggish'", "model"),
        (recognise, {"model": "tiny_listener", "hop_s": 0.125}, "hop_s must be a multiple", "hop_s"),
    ],
)
def test_a_misfit_is_found_before_anything_runs(
    operator: Callable[..., Any], options: dict[str, Any], said: str, path: str
) -> None:
    with pytest.raises(Mismatch, match=said) as error:
        spec_of(operator).info(audio=StreamInfo(rate_hz=16000), **{"hop_s": None, "threads": 1, **options})
    assert error.value.path == (path,)


@pytest.mark.parametrize("model", ["tiny_yamnet", "tiny_listener", "tiny_sounds"])
def test_another_rate_is_refused_whatever_the_model(model: str) -> None:
    with pytest.raises(Mismatch, match="needs 16000 Hz, but 'mic' gives 44100 Hz"):
        spec_of(recognise).info(audio=StreamInfo(step="mic", rate_hz=44100), model=model, hop_s=None, threads=1)


def bundle_like(tmp_path: Path, golden: Path, **changes: Any) -> str:
    manifest = json.loads((golden / "tiny_sounds" / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps({**manifest, **changes}))
    return str(tmp_path)


def test_a_classifier_on_a_model_that_is_not_here_says_both_names(tmp_path: Path, golden: Path) -> None:
    model = bundle_like(tmp_path, golden, input={"embedding": "owls", "shape": [2, 64]})
    with pytest.raises(ModelError, match="'tiny_sounds' takes owls embeddings: no model 'owls'"):
        recognise(Subject(), model=model)


def test_a_front_end_may_stand_in_the_manifest_or_with_its_input(
    tmp_path: Path, golden: Path, blocks: Callable[..., list[Audio]], means: NDArray[np.float32]
) -> None:
    manifest = json.loads((golden / "tiny_listener" / "model.json").read_text())
    manifest["input"]["front_end"] = manifest.pop("front_end")["name"]
    shutil.copy(golden / "tiny_listener" / "tiny_listener.tflite", tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({**manifest, "task": "anything"}))
    _, embeddings = recognised(blocks(SAMPLES, 5000), model=str(tmp_path), hop_s=0.48)
    np.testing.assert_allclose(values(embeddings), means, atol=1e-4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input": {}, "front_end": {"name": "text"}}, "makes scores of text: no way is known"),
        ({"input": {}}, "makes scores of an unknown input: no way is known"),
        ({"outputs": {"sound": {}}}, "makes sound of embeddings: no way is known"),
        ({"outputs": {}}, "makes nothing of embeddings"),
    ],
)
def test_a_model_for_something_else_is_refused(
    tmp_path: Path, golden: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ModelError, match=said):
        recognise(Subject(), model=bundle_like(tmp_path, golden, **changes))
