import json
from pathlib import Path

import numpy as np
import pytest
import torch

from stemlab import Stem, StemGroup, figures
from stemlab.figures.colours import colours
from stemlab.songs.compose import compose
from stemlab.songs.render import render

LOG = Path(__file__).parent.parent / "docs" / "training" / "flow.csv"


@pytest.fixture(scope="module")
def group():
    """A rendered song of 4 bars; the bass rests in its second half although it was asked to play in the last bar."""
    song = compose(3, genre="funk", bpm=120, bars=4, families=["drums", "bass", "keys"])
    audio = render(song)
    names = [part.family for part in song.parts]
    audio[names.index("bass"), audio.shape[1] // 2 :] = 0
    stems = [Stem(name, f"{name}: words", one) for name, one in zip(names, audio, strict=True)]
    return StemGroup(stems, 120, song.key, 4, "funk", settings={"activity": {"bass": "xx.x"}})


def size(figure):
    return len(figure.to_json())


def titled(figure):
    return bool(figure.layout.title.text)


def test_spectrograms_have_a_row_a_stem_in_its_colour_and_stay_small(group):
    figure = figures.mel_spectrograms(group)
    assert [trace.name for trace in figure.data] == group.names
    assert [note.font.color for note in figure.layout.annotations] == colours(group.names)
    assert size(figure) < 40_000 * len(group)  # the samples alone would be 100 times as much
    assert titled(figure) and figure.layout.coloraxis.colorbar.title.text == "dB"
    assert {shape.x0 for shape in figure.layout.shapes} == {2.0, 4.0, 6.0}  # bar lines


def test_a_spectrogram_of_any_length_keeps_its_size_and_its_loudest_point():
    long = StemGroup([Stem("a", "a", np.sin(np.arange(32_000 * 20) * 0.1).astype(np.float32))])
    (heat,) = figures.mel_spectrograms(long).data
    assert heat.z.shape[1] <= 200
    assert heat.z.max() == pytest.approx(figures.mel_spectrograms(long).layout.coloraxis.cmax, abs=0.5)
    assert heat.dx * heat.z.shape[1] == pytest.approx(20)


def test_activity_shows_what_was_asked_beside_what_is_found(group):
    figure = figures.activity(group)
    bass = group.names.index("bass")
    spans = {what: np.array(t.x).sum() for t in figure.data if t.y[0] == bass for what in [t.name]}
    assert spans["asked to play"] == pytest.approx(6, abs=0.1)
    assert spans["plays"] <= 4.1
    labels = figure.layout.yaxis.ticktext
    assert "F1 0." in labels[bass] and all("free" in label for i, label in enumerate(labels) if i != bass)
    assert {t.marker.color for t in figure.data if t.name == "plays"} == set(colours(group.names))
    assert size(figure) < 20_000


def test_agreement_is_the_metrics_own_and_leaves_drums_out(group):
    from stemlab.metrics.harmony import agreement, chroma

    (heat,) = figures.chroma_agreement(group).data
    assert "drums" not in heat.x and heat.zmin == 0
    first, second = (chroma(group[name].audio, 120) for name in heat.x[:2])
    assert heat.z[0][1] == pytest.approx(agreement(first, second), abs=1e-3)
    assert heat.z[0][1] == heat.z[1][0] and np.isnan(heat.z[0][0])


def test_agreement_needs_a_tempo_and_two_pitched_stems(group):
    with pytest.raises(ValueError, match="bpm"):
        figures.chroma_agreement(StemGroup(group.stems))
    with pytest.raises(ValueError, match="two pitched"):
        figures.chroma_agreement(StemGroup([group["drums"]], bpm=120))


def test_a_trajectory_goes_from_the_noise_to_the_latent_on_few_frames():
    states = [torch.full((32, 125), i / 32) for i in range(33)]
    figure = figures.trajectory(states)
    assert [len(figure.frames), figure.frames[0].name, figure.frames[-1].name] == [17, "0.00", "1.00"]
    assert [step.label for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    assert (figure.frames[0].data[0].z == 0).all() and (figure.frames[-1].data[0].z == 30).all()
    assert size(figure) < 150_000


def test_a_field_of_arrows_points_where_the_velocity_does():
    figure = figures.vector_field(lambda x, t: torch.as_tensor(x) * 0 + torch.tensor([1.0, t]), times=(0, 1), count=5)
    for frame, slope in zip(figure.frames, (0, 1), strict=True):
        x, y = frame.data[0].x, frame.data[0].y
        assert np.allclose((y[1::3] - y[::3]) / (x[1::3] - x[::3]), slope, atol=1e-4)
        assert np.isnan(x[2::3]).all()
    assert size(figure) < 60_000


def test_data_and_paths_lie_over_the_field():
    paths = np.zeros((9, 100, 2)) + np.linspace(0, 1, 9)[:, None, None]
    figure = figures.vector_field(lambda x, t: x, data=np.zeros((10_000, 2)), paths=paths)
    assert [trace.name for trace in figure.data[1:]] == ["data", "samples", "end"]
    assert len(figure.data[1].x) == 500 and (figure.data[3].x == 1).all()
    assert size(figure) < 150_000


def test_a_loss_curve_reads_the_log_that_training_leaves():
    figure = figures.loss_curve(LOG, title="flow")
    rows = LOG.read_text().splitlines()[1:]
    assert len(figure.data[1].y) == len(rows) <= 400
    last = [float(row.split(",")[2]) for row in rows[-(len(rows) // 20) :]]
    assert figure.data[1].y[-1] == pytest.approx(np.mean(last))
    assert size(figure) < 30_000


def test_runs_are_told_apart_by_colour_and_name():
    rows = [{"step": i, "loss": 1 / (i + 1)} for i in range(5000)]
    figure = figures.loss_curve({"one": rows, "two": rows})
    assert [trace.name for trace in figure.data[1::2]] == ["one", "two"]
    assert figure.data[1].line.color != figure.data[3].line.color
    assert len(figure.data[0].x) <= 400


def test_bars_show_their_values_and_mark_what_they_are_compared_with():
    rows = [{"name": "real", "harmony": 0.3}, {"name": "shuffled", "harmony": 0.1}, {"name": "made", "harmony": 0.2}]
    figure = figures.quality_bars(
        [*rows, {"name": "other"}], "harmony", anchors=["real", "shuffled"], aim=0.25, unit="%"
    )
    (bar,) = figure.data
    assert bar.y == ("real", "shuffled", "made") and bar.text == ("0.3 %", "0.1 %", "0.2 %")
    assert bar.marker.color[0] == bar.marker.color[1] != bar.marker.color[2]
    assert figure.layout.shapes[0].x0 == 0.25


BAD = {
    "one state": (lambda: figures.trajectory([np.zeros((2, 2))]), "states"),
    "stems and all": (lambda: figures.trajectory(np.zeros((3, 2, 2, 2))), "one stem"),
    "no times": (lambda: figures.vector_field(lambda x, t: x, times=()), "times"),
    "a wrong field": (lambda: figures.vector_field(lambda x, t: x[:2]), "velocity"),
    "no file": (lambda: figures.loss_curve("nowhere.csv"), "no file"),
    "no column": (lambda: figures.loss_curve([{"step": 1}]), "no 'loss'"),
    "no rows": (lambda: figures.loss_curve([]), "no rows"),
    "no measure": (lambda: figures.quality_bars([{"name": "a"}], "f1"), "measure"),
    "no anchor": (lambda: figures.quality_bars([{"name": "a", "f1": 1}], "f1", anchors=["b"]), "anchors"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_makes_no_sense_is_refused(case):
    make, words = BAD[case]
    with pytest.raises(ValueError, match=words):
        make()


def test_every_figure_is_plain_json_with_a_title(group):
    made = [
        figures.mel_spectrograms(group),
        figures.activity(group),
        figures.chroma_agreement(group),
        figures.trajectory(np.zeros((2, 4, 4))),
        figures.vector_field(lambda x, t: x),
        figures.loss_curve(LOG),
        figures.quality_bars([{"name": "a", "f1": 1}], "f1"),
    ]
    assert all(titled(figure) and json.loads(figure.to_json()) for figure in made)


def test_a_figure_is_a_function_however_often_it_is_asked_for():
    import stemlab.figures

    for name in stemlab.figures.__all__:
        assert [callable(getattr(stemlab.figures, name)) for _ in range(2)] == [True, True], name
