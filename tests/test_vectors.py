"""The vector cache: what was appended is found, whatever happened in between."""

import multiprocessing
import shutil
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.errors import InvalidInput, StoreError, VectorsInvalid
from data.records import text_hash
from data.vectors import VectorCache, cache_directory, folder_name

keys = st.lists(st.binary(min_size=16, max_size=16), max_size=12)


def hashes(*numbers):
    return [text_hash(str(number)) for number in numbers]


def rows(*numbers, dimension=3):
    return np.array([[number / 7 + column for column in range(dimension)] for number in numbers]).reshape(-1, dimension)


@pytest.fixture
def cache(tmp_path):
    return VectorCache(tmp_path / "a.db.vectors")


def test_the_cache_lies_beside_the_database(tmp_path):
    assert cache_directory(tmp_path / "a.db") == tmp_path / "a.db.vectors"


def test_vectors_come_back_in_the_order_asked_for(cache):
    assert cache.append("e", hashes(1, 2, 3), rows(1, 2, 3)) == 3
    gathered, found = cache.gather("e", hashes(3, 9, 1, 3))
    assert found.tolist() == [True, False, True, True]
    np.testing.assert_array_equal(gathered, np.float16(rows(3, 0, 1, 3)) * found[:, None])
    assert gathered.dtype == np.float32


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(keys, max_size=5), asked=keys)
def test_any_appends_are_found_again_and_nothing_else(tmp_path_factory, batches, asked):
    cache = VectorCache(tmp_path_factory.mktemp("v"))
    expected = {}
    for number, batch in enumerate(batches):
        values = np.arange(len(batch) * 2).reshape(-1, 2) + 100 * number
        fresh = {}
        for key, value in zip(batch, values, strict=True):
            if key not in expected:
                fresh.setdefault(key, value)
        assert cache.append("e", batch, values) == len(fresh)
        expected |= fresh
    for reader in (cache, VectorCache(cache.directory)):
        asked_for = [*asked, *expected]
        gathered, found = reader.gather("e", asked_for)
        assert found.tolist() == [key in expected for key in asked_for]
        assert all((gathered[i] == expected[key]).all() for i, key in enumerate(asked_for) if key in expected)
        assert [asked_for[i] for i in reader.missing("e", asked_for)] == list(
            dict.fromkeys(k for k in asked if k not in expected)
        )
        assert reader.complete("e", asked) == all(key in expected for key in asked)


def test_of_identical_texts_one_is_missing(cache):
    cache.append("e", hashes(1), rows(1))
    assert cache.missing("e", hashes(2, 1, 2, 3, 3)) == [0, 3]


def test_positions_follow_the_order_of_appending(cache):
    cache.append("e", hashes(5, 4), rows(5, 4))
    cache.append("e", hashes(4, 3), rows(4, 3))
    assert cache.positions("e", hashes(3, 4, 5, 6)).tolist() == [2, 1, 0, -1]


def test_encoders_do_not_mix(cache):
    cache.append("a/b", hashes(1), rows(1))
    cache.append("a:b", hashes(2), rows(2, dimension=5))
    assert folder_name("a/b") != folder_name("a:b")
    assert cache.encoders() == ["a/b", "a:b"]
    assert not cache.known("a/b", hashes(2)).any()


def test_a_deleted_encoder_can_be_rebuilt_with_another_dimension(cache):
    other = VectorCache(cache.directory)
    cache.append("e", hashes(1, 2), rows(1, 2))
    assert other.count("e") == 2
    cache.delete("e")
    cache.delete("e")
    assert cache.encoders() == []
    cache.append("e", hashes(3, 4), rows(3, 4, dimension=4))
    assert other.known("e", hashes(1, 3)).tolist() == [False, True]


def test_the_whole_directory_can_be_deleted_under_a_running_cache(cache):
    cache.append("e", hashes(1), rows(1))
    shutil.rmtree(cache.directory)
    assert not cache.complete("e", hashes(1))
    assert cache.append("e", hashes(1), rows(1)) == 1


@pytest.mark.parametrize(
    ("vectors", "words"),
    [
        ([[0.0, 1, 2], [3, np.nan, 5]], "row 1"),
        ([[0.0, 1, np.inf], [3, 4, 5]], "row 0"),
        ([[0.0, 1, 2], [3, 1e6, 5]], "row 1"),
        ([[0.0, 1], [2, 3]], "3 dimensions; these have 2"),
        ([[0.0, 1, 2]], "each of the 2 texts"),
        ([0.0, 1], "shape"),
        ([["a", "b"], ["c", "d"]], "table of numbers"),
    ],
)
def test_invalid_vectors_are_named_and_leave_nothing_behind(cache, vectors, words):
    cache.append("e", hashes(1), rows(1))
    with pytest.raises(VectorsInvalid, match=words):
        cache.append("e", hashes(8, 9), vectors)
    assert cache.count("e") == 1


def test_a_key_of_the_wrong_length_is_refused(cache):
    with pytest.raises(VectorsInvalid, match="position 1 has 3"):
        cache.append("e", [bytes(16), b"abc"], rows(1, 2))


def test_artefacts_belong_to_an_encoder_and_keep_to_their_folder(cache):
    cache.artefact_path("e", "model.npz").write_bytes(b"x")
    assert cache.count("e") == 0
    cache.append("e", hashes(1), rows(1))
    assert cache.artefact_path("e", "model.npz").read_bytes() == b"x"
    for name in ("../x", "a/b", "", "keys.bin", ".."):
        with pytest.raises(InvalidInput):
            cache.artefact_path("e", name)


def test_a_kill_at_any_byte_loses_at_most_the_batch_in_flight(cache):
    cache.append("e", hashes(1, 2, 3), rows(1, 2, 3))
    folder = cache.directory / folder_name("e")
    vectors, kept = folder / "vectors.f16", folder / "keys.bin"
    before = vectors.read_bytes(), kept.read_bytes()
    cache.append("e", hashes(4, 5), rows(4, 5))
    after = vectors.read_bytes(), kept.read_bytes()
    states = [(after[0][:size], before[1]) for size in range(len(before[0]), len(after[0]) + 1)]
    states += [(after[0], after[1][:size]) for size in range(len(before[1]), len(after[1]) + 1)]
    for left_over, keys_left in states:
        vectors.write_bytes(left_over)
        kept.write_bytes(keys_left)
        survivor = VectorCache(cache.directory)
        assert survivor.count("e") == len(keys_left) // 16 >= 3
        survivor.append("e", hashes(6, 4, 5), rows(6, 4, 5))
        gathered, found = VectorCache(cache.directory).gather("e", hashes(1, 2, 3, 4, 5, 6))
        assert found.all()
        np.testing.assert_array_equal(gathered, np.float16(rows(1, 2, 3, 4, 5, 6)))


def test_unreadable_metadata_means_begin_anew(cache):
    cache.append("e", hashes(1), rows(1))
    (cache.directory / folder_name("e") / "meta.json").write_text("{")
    assert not cache.complete("e", hashes(1))
    cache.append("e", hashes(2), rows(2))
    gathered, found = cache.gather("e", hashes(1, 2))
    assert found.tolist() == [False, True]
    np.testing.assert_array_equal(gathered[1], np.float16(rows(2))[0])


def test_a_path_that_cannot_be_written_is_explained(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be written"):
        VectorCache(tmp_path / "file").append("e", hashes(1), rows(1))


def _append_many(directory, start):
    cache = VectorCache(directory)
    for number in range(start, start + 60):
        cache.append("e", hashes(number, number + 1000), rows(number, number + 1000))


def test_two_processes_append_without_losing_or_doubling_anything(cache):
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_append_many, args=(cache.directory, start)) for start in (0, 30)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    numbers = [*range(90), *range(1000, 1090)]
    gathered, found = cache.gather("e", hashes(*numbers))
    assert found.all()
    np.testing.assert_array_equal(gathered, np.float16(rows(*numbers)))
    assert cache.count("e") == len(numbers)


def test_a_million_keys_load_quickly(cache):
    generator = np.random.default_rng(0)
    many = np.frombuffer(generator.bytes(16_000_000), "S16")
    asked = [key.ljust(16, b"\0") for key in many[:1000].tolist()]
    cache.append("e", [asked[0]], np.ones((1, 1)))
    folder = cache.directory / folder_name("e")
    (folder / "keys.bin").write_bytes(many.tobytes())
    (folder / "vectors.f16").write_bytes(bytes(2 * len(many)))
    fresh = VectorCache(cache.directory)
    start = time.process_time()
    assert fresh.complete("e", asked)
    assert time.process_time() - start < 5
    assert fresh.count("e") == len(many)
