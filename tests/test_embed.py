"""Embedding in the background: resumable, reported, and never half a block."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from data.errors import InvalidInput, NotFound, StoreError, VectorsInvalid
from data.records import ImportRow, text_hash
from data.store import Store
from data.vectors import VectorCache, cache_directory
from rating import __main__ as rating_cli
from rating import embed
from rating.blocks import vectors_for, wanted_encoder
from rating.embed import embed_project, embedding, last_job, start_embedding
from rating.encoders import packaged_available
from rating.uservectors import import_vectors

ROOT = Path(__file__).parents[1]
SLOW_JOB = """
import sys, time
import numpy as np
from data.store import Store
from rating.embed import embed_project

class Slow:
    name = "lengths"
    def encode(self, texts):
        time.sleep(0.2)
        return np.array([[len(text), 1.0] for text in texts], np.float32)

embed_project(Store(sys.argv[1]), int(sys.argv[2]), Slow(), batch=4)
"""


class Lengths:
    """Encodes a text as its length, and remembers what it was asked."""

    name = "lengths"

    def __init__(self):
        self.seen = []

    def encode(self, texts):
        self.seen += texts
        return np.array([[len(text), 1.0] for text in texts], np.float32)


class Breaks(Lengths):
    """Encodes one batch and then fails."""

    def encode(self, texts):
        if self.seen:
            raise RuntimeError("the model fell over")
        return super().encode(texts)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "a.db")


def project_of(store, texts, name="p", **settings):
    project = store.create_project(name)
    add(store, project.id, texts)
    if settings:
        store.update_settings(project.id, settings)
    return project.id


def add(store, project_id, texts, prefix="i"):
    store.import_rows(project_id, [ImportRow(f"{prefix}{number}", text) for number, text in enumerate(texts)])


def sentences(count, word="parcel"):
    return [f"{word} {'late ' * (number % 5)}number {chr(97 + number % 26) * 3} {'x' * number}" for number in range(count)]


def cache_of(store):
    return VectorCache(cache_directory(store.path))


def test_each_distinct_text_is_encoded_once(store):
    project_id = project_of(store, ["a", "bb", "a", "ccc", "bb"])
    encoder, progress = Lengths(), []
    assert embed_project(store, project_id, encoder, batch=2, on_progress=lambda *step: progress.append(step)) == 3
    assert sorted(encoder.seen) == ["a", "bb", "ccc"]
    assert progress == [(2, 3), (3, 3)]
    gathered, found = cache_of(store).gather("lengths", store.item_hashes(project_id)[1])
    assert found.all()
    assert gathered[:, 0].tolist() == [1, 2, 1, 3, 2]
    (job,) = store.jobs(project_id, "embed")
    assert (job.state, job.done, job.total) == ("done", 3, 3)


def test_nothing_missing_starts_no_job(store):
    project_id = project_of(store, ["a"])
    embed_project(store, project_id, Lengths())
    again = Lengths()
    assert embed_project(store, project_id, again) == 0
    assert again.seen == []
    assert len(store.jobs(project_id)) == 1


def test_an_error_is_written_to_the_job_and_the_finished_batches_stay(store):
    project_id = project_of(store, sentences(10))
    with pytest.raises(RuntimeError, match="fell over"):
        embed_project(store, project_id, Breaks(), batch=4)
    (job,) = store.jobs(project_id, "embed")
    assert (job.state, job.done, job.message) == ("failed", 4, "the model fell over")
    encoder = Lengths()
    assert embed_project(store, project_id, encoder) == len(encoder.seen) == 6


def test_a_killed_job_resumes_with_the_missing_texts_only(store):
    project_id = project_of(store, sentences(60))
    hashes = store.item_hashes(project_id)[1]
    process = subprocess.Popen([sys.executable, "-c", SLOW_JOB, str(store.path), str(project_id)], cwd=ROOT)
    until = time.monotonic() + 60
    while cache_of(store).count("lengths") < 8 and time.monotonic() < until:
        time.sleep(0.02)
    assert embedding(store, project_id)
    with pytest.raises(StoreError, match="already"):
        embed_project(store, project_id, Lengths())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = set(np.flatnonzero(cache_of(store).known("lengths", hashes)))
    assert 8 <= len(kept) < 60
    assert store.jobs(project_id, "embed")[0].state == "stopped"
    encoder = Lengths()
    assert embed_project(store, project_id, encoder) == 60 - len(kept)
    assert {text_hash(text) for text in encoder.seen} == {hashes[place] for place in range(60) if place not in kept}
    gathered, found = cache_of(store).gather("lengths", hashes)
    assert found.all()
    assert gathered[:, 0].tolist() == [len(item.text) for item in store.iter_items(project_id)]


def test_lsa_serves_until_the_dense_block_is_complete(store, monkeypatch):
    monkeypatch.setattr("rating.blocks.wanted_encoder", lambda project: Lengths())
    project_id = project_of(store, sentences(10))
    with pytest.raises(RuntimeError):
        embed_project(store, project_id, Breaks(), batch=4)
    blocks = vectors_for(store, project_id)
    assert len(blocks.arrays) == 1
    assert blocks.names[0].startswith("lsa-256:")
    assert blocks.status == "LSA serves; lengths is 40 % ready (4 of 10 items)."
    assert blocks.share_done == 0.4
    embed_project(store, project_id, Lengths())
    blocks = vectors_for(store, project_id)
    assert blocks.names[0] == "lengths"
    assert blocks.status == "lengths and LSA serve."
    for rows in blocks.arrays:
        assert rows.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_rows_follow_the_items_and_twins_share_theirs(store):
    project_id = project_of(store, ["late parcel", "broken engine", "late parcel", ""], encoder="lsa")
    blocks = vectors_for(store, project_id)
    assert blocks.item_ids.tolist() == store.item_hashes(project_id)[0]
    (rows,) = blocks.arrays
    np.testing.assert_array_equal(rows[0], rows[2])
    assert abs(rows[0] @ rows[1]) < 0.5
    assert not rows[3].any()
    assert (blocks.wanted, blocks.share_done, blocks.status) == (None, None, "LSA serves.")


def test_lsa_is_kept_for_few_new_items_and_fitted_again_for_many(store):
    project_id = project_of(store, sentences(100), encoder="lsa")
    first = vectors_for(store, project_id)
    assert vectors_for(store, project_id).names == first.names
    add(store, project_id, sentences(20, "voucher"), "new")
    second = vectors_for(store, project_id)
    assert second.names == first.names
    np.testing.assert_array_equal(second.arrays[0][:100], first.arrays[0])
    add(store, project_id, sentences(20, "balcony"), "newer")
    third = vectors_for(store, project_id)
    assert third.names != first.names
    assert len(third.arrays[0]) == 140
    assert cache_of(store).encoders() == list(third.names)


def test_a_lost_cache_is_built_again(store):
    project_id = project_of(store, sentences(30), encoder="lsa")
    before = vectors_for(store, project_id)
    for path in cache_directory(store.path).rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    after = vectors_for(store, project_id)
    np.testing.assert_allclose(after.arrays[0], before.arrays[0], atol=1e-3)


def test_a_project_without_items_has_empty_blocks(store):
    blocks = vectors_for(store, project_of(store, []))
    assert blocks.arrays[0].shape == (0, 1)
    assert blocks.share_done is None


def test_the_setting_names_the_encoder(store, monkeypatch):
    project = store.create_project("p")

    def wanted(setting):
        store.update_settings(project.id, {"encoder": setting})
        encoder = wanted_encoder(store.project(project.id))
        return encoder and encoder.name

    assert wanted("minilm") == "minilm-l6-v2@256"
    assert wanted("st:org/model") == "st:org/model@256"
    assert wanted("st:org/model@128") == "st:org/model@128"
    assert wanted("lsa") is None
    assert wanted("user:mine") is None
    monkeypatch.setattr("rating.blocks.packaged_available", lambda: True)
    assert wanted("auto") == wanted(None) == "minilm-l6-v2@256"
    monkeypatch.setattr("rating.blocks.packaged_available", lambda: False)
    assert wanted("auto") is None
    with pytest.raises(InvalidInput, match="'word2vec'"):
        wanted("word2vec")


def test_own_vectors_become_the_encoder_and_belong_to_items(store, tmp_path):
    project_id = project_of(store, ["same", "same", "other"])
    np.save(tmp_path / "v.npy", np.array([[3.0, 4.0], [1e30, 0.0], [0.0, 0.0]]))
    assert import_vectors(store, project_id, "mine", tmp_path / "v.npy") == 3
    blocks = vectors_for(store, project_id)
    np.testing.assert_allclose(blocks.arrays[0], [[0.6, 0.8], [1, 0], [0, 0]], atol=1e-3)
    assert blocks.names[0].startswith(f"user:{project_id}:mine@")
    add(store, project_id, ["new"], "n")
    assert vectors_for(store, project_id).share_done == 0.75
    assert len(vectors_for(store, project_id).arrays) == 1


def test_own_vectors_imported_again_replace_the_old_ones(store, tmp_path):
    project_id = project_of(store, ["a", "b"])
    for value in ([[1.0, 0], [0, 1]], [[0.0, 1, 0], [1, 0, 0]]):
        np.save(tmp_path / "v.npy", np.array(value))
        import_vectors(store, project_id, "mine", tmp_path / "v.npy")
    assert vectors_for(store, project_id).arrays[0].tolist() == [[0, 1, 0], [1, 0, 0]]
    assert sum(name.startswith("user:") for name in cache_of(store).encoders()) == 1


@pytest.mark.parametrize("form", ["list", "json", "txt", "npy"])
def test_ids_put_own_vectors_in_order(store, tmp_path, form):
    project_id = project_of(store, ["a", "b"])
    np.save(tmp_path / "v.npy", np.array([[0, 1], [1, 0]]))
    ids, path = ["i1", "i0"], tmp_path / f"ids.{form}"
    if form == "json":
        path.write_text(json.dumps(ids))
    elif form == "txt":
        path.write_text("i1\ni0\n")
    elif form == "npy":
        np.save(path, np.array(ids))
    import_vectors(store, project_id, "mine", tmp_path / "v.npy", ids=ids if form == "list" else path)
    assert vectors_for(store, project_id).arrays[0].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("vectors", "ids", "words"),
    [
        (np.ones((3, 2)), None, "2 items, the file 3 rows"),
        (np.array([[1, 2], [np.nan, 4]]), None, "row 1, column 0"),
        (np.array([[1, np.inf], [3, 4]]), None, "row 0, column 1"),
        (np.ones(2), None, "two dimensions"),
        (np.ones((2, 0)), None, "two dimensions"),
        (np.array([["a"], ["b"]]), None, "are numbers"),
        (np.ones((2, 2)), ["i0"], "2 rows and 1 ids"),
        (np.ones((2, 2)), ["i0", "i0"], "rows 0 and 1"),
        (np.ones((2, 2)), ["i0", "z"], "the first is 'i1'"),
        (np.ones((3, 2)), ["i0", "i1", "z"], "row 2 .* 'z'"),
        (b"no vectors", None, "no readable .npy"),
        (b"PK\x03\x04 cut off", None, "no readable .npy"),
    ],
)
def test_own_vectors_that_do_not_fit_change_nothing(store, tmp_path, vectors, ids, words):
    project_id = project_of(store, ["a", "b"])
    (tmp_path / "v.npy").write_bytes(vectors) if isinstance(vectors, bytes) else np.save(tmp_path / "v.npy", vectors)
    before = store.project(project_id)
    with pytest.raises(VectorsInvalid, match=words):
        import_vectors(store, project_id, "mine", tmp_path / "v.npy", ids=ids)
    assert store.project(project_id) == before
    assert cache_of(store).encoders() == []


def test_a_disk_that_cannot_be_written_is_explained(store):
    project_id = project_of(store, ["a late parcel"])
    cache_directory(store.path).write_text("a file where the folder should be")
    for work in (vectors_for, lambda *place: embed_project(*place, Lengths())):
        with pytest.raises(StoreError, match="writable folder"):
            work(store, project_id)


def test_nothing_to_encode_starts_no_process(store):
    assert start_embedding(store.path, project_of(store, ["a"], encoder="lsa")) is None


def test_a_running_job_is_not_started_twice(store, monkeypatch):
    monkeypatch.setattr(embed, "wanted_encoder", lambda project: Lengths())
    monkeypatch.setattr(subprocess, "Popen", lambda *args, **kwargs: pytest.fail("a second process was started"))
    project_id = project_of(store, ["a"])
    with embed._alone(cache_of(store), project_id):
        assert embedding(store, project_id)
        assert start_embedding(store.path, project_id) is None


def test_a_job_whose_process_number_lives_on_in_another_process_is_seen_to_be_over(store):
    project_id = project_of(store, ["a"])
    store.start_job(project_id, "embed", 1)  # this process is alive, but does not encode
    assert store.jobs(project_id, "embed")[0].state == "running"
    assert not embedding(store, project_id)
    assert last_job(store, project_id).state == "stopped"
    with embed._alone(cache_of(store), project_id):
        assert last_job(store, project_id).state == "running"
    assert not embedding(store, project_id)


def arguments(*words):
    parser = argparse.ArgumentParser()
    embed.add_parser(parser.add_subparsers())
    return parser.parse_args(["embed", *words])


def test_the_command_encodes_and_reports_as_json(store, monkeypatch, capsys):
    project_of(store, sentences(5))
    for module in (embed, sys.modules["rating.blocks"]):
        monkeypatch.setattr(module, "wanted_encoder", lambda project: Lengths())
    args = arguments("--db", str(store.path), "--project", "p", "--json")
    assert args.run(args) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["encoded"] == 5
    assert printed["status"] == "lengths and LSA serve."


def test_the_command_names_a_project_that_is_not_there(store, capsys):
    assert rating_cli.main(["embed", "--db", str(store.path), "--project", "7"]) == 2
    with pytest.raises(NotFound) as raised:
        store.project(7)
    assert str(raised.value) in capsys.readouterr().err


def test_the_command_makes_no_database(tmp_path, capsys):
    assert rating_cli.main(["embed", "--db", str(tmp_path / "typo.db"), "--project", "p"]) == 2
    assert "There is no database" in capsys.readouterr().err
    assert not (tmp_path / "typo.db").exists()


@pytest.mark.slow
@pytest.mark.skipif(not packaged_available(), reason="the packaged MiniLM is not installed")
@pytest.mark.skipif(find_spec("rating.__main__") is None, reason="the command line of rating is not there")
def test_a_background_process_encodes_with_minilm_and_is_seen_to_end(store):
    project_id = project_of(store, ["a late parcel", "a broken engine", ""])
    process = start_embedding(store.path, project_id)
    assert process is not None
    assert process.wait(120) == 0, (cache_directory(store.path) / f"embed-{project_id}.log").read_text()
    blocks = vectors_for(store, project_id)
    assert blocks.names[0] == "minilm-l6-v2@256"
    assert not embedding(store, project_id)
    assert start_embedding(store.path, project_id) is None
