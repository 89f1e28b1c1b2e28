"""Web hooks: what is told, to whom, once, signed, and again when it did not arrive."""

from __future__ import annotations

import base64
import doctest
import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from numpy.typing import NDArray

from data.errors import InvalidInput, NotFound
from data.hooks import Message
from data.records import Project, StopCheck
from data.store import Store
from recommend import __main__ as recommend_cli
from recommend import changes as core
from recommend import hooks, posting
from recommend.changes import MARGIN, Marks, changes
from recommend.postman import Postman, postman
from recommend.trainer import Process, Trainer
from recommend.wire import Answer, Task
from recommend.worker import answer
from tests.builders import messages, stored
from tests.hooking import Listener, listening

SCHEMA = json.loads((Path(__file__).resolve().parent.parent / "schemas" / "notification.schema.json").read_text("utf-8"))
FACTORS = ("all_labels", "underperforming", "coverage", "balance")


def rating(value: float | None, *, half: float = 4.0, **factors: float | None) -> dict[str, Any]:
    """A kept rating with these factors, each with an interval of so many points to either side."""
    return {
        "score": score(value, half), "population": 300,
        "factors": [{"key": key, "title": key, "score": score(factors.get(key, value), half)} for key in FACTORS],
    }  # fmt: skip


def score(value: float | None, half: float) -> dict[str, Any]:
    if value is None:
        return {"value": None, "low": None, "high": None, "reason": "Review more items."}
    return {"value": value, "low": max(value - half, 0.0), "high": min(value + half, 100.0), "reason": ""}


def rate(store: Store, project: Project, value: float | None, answer: str | None = None, **factors: float | None) -> None:
    """Keep a rating, and a stop answer if one is given."""
    kept = rating(value, **factors)
    revision = store.update_settings(project.id, {})
    interval = (kept["score"]["value"], kept["score"]["low"], kept["score"]["high"])
    store.save_snapshot(project.id, revision=revision, model_version=3, interval=interval, reviewed=120, config={}, rating=kept)
    if answer is not None:
        check = StopCheck(0, revision, 3, "", 120, answer, f"Because it is {answer}.", {})
        store.save_stop_check(project.id, check, None)


@pytest.fixture
def place(tmp_path: Path) -> tuple[Store, Project]:
    store = Store(tmp_path / "plateau.db")
    return store, store.create_project("mail")


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def told(sent: list[Message]) -> list[tuple[str, Any, Any]]:
    """Messages as (event, before, after), each checked against the schema."""
    found = []
    for message in sent:
        document = json.loads(message.payload)
        Draft202012Validator(SCHEMA).validate(document)
        found.append((document["event"], document["change"]["before"], document["change"]["after"]))
    return found


def waiting(store: Store, project: Project) -> list[tuple[str, Any, Any]]:
    return told(store.messages(project.id)[::-1])


@pytest.mark.parametrize("module", [hooks, posting, core])
def test_the_examples_are_true(module: Any) -> None:
    found = doctest.testmod(module)
    assert found.attempted >= 1
    assert found.failed == 0


def test_a_band_that_is_crossed_is_told_once(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    rate(store, project, 68.0)
    hooks.add_hook(store, project.id, listener.url, events=["band"])
    assert hooks.note(store, project.id) == 0
    rate(store, project, 71.5)
    assert hooks.note(store, project.id) == 1
    assert hooks.note(store, project.id) == 0
    rate(store, project, 74.0)
    assert hooks.note(store, project.id) == 0
    assert waiting(store, project) == [("band", "average", "good")]
    document = json.loads(store.messages(project.id)[0].payload)
    assert document["rating"] == {"value": 71.5, "low": 67.5, "high": 75.5, "band": "good"}
    assert document["text"] == "mail: The rating is Good now: 71.5 (67.5 to 75.5); it was Average."


def test_a_rating_at_the_edge_does_not_tell_for_ever(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    rate(store, project, 69.9)
    hooks.add_hook(store, project.id, listener.url, events=["band"])
    for value in (70.1, 69.8, 70.2, 69.5):
        rate(store, project, value)
        hooks.note(store, project.id)
    assert waiting(store, project) == [("band", "average", "good")]
    rate(store, project, 70.0 - MARGIN - 0.1)
    hooks.note(store, project.id)
    assert waiting(store, project)[1:] == [("band", "good", "average")]


def test_the_first_rating_and_its_loss_are_told(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0, "keep_going")
    hooks.note(store, project.id)
    assert waiting(store, project) == [("band", "none", "excellent"), ("stop", "cannot_tell", "keep_going")]
    rate(store, project, None)
    hooks.note(store, project.id)
    assert waiting(store, project)[2:] == [("band", "excellent", "none"), ("stop", "keep_going", "cannot_tell")]
    assert json.loads(store.messages(project.id)[0].payload)["text"] == "mail: Whether to stop: Cannot tell yet."


def test_a_factor_that_falls_in_small_steps_is_told_when_they_add_up(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    rate(store, project, 75.0, coverage=80.0)
    hooks.add_hook(store, project.id, listener.url, events=["factor"])
    for coverage in (77.0, 75.0, 72.0):
        rate(store, project, 75.0, coverage=coverage)
        assert hooks.note(store, project.id) == 0
    assert hooks.note(store, project.id) == 0
    rate(store, project, 75.0, coverage=70.0)
    assert hooks.note(store, project.id) == 1
    ((event, before, after),) = waiting(store, project)
    assert (event, before, after) == ("factor", pytest.approx([78.507, 74.507, 82.507]), [70.0, 66.0, 74.0])
    assert json.loads(store.messages(project.id)[0].payload)["change"]["factor"] == "coverage"
    rate(store, project, 75.0, coverage=68.0)
    assert hooks.note(store, project.id) == 0


def falls(values: NDArray[np.float64]) -> int:
    """How many falls of one factor are told over these values, whose standard error is 3 points."""
    marks, count = Marks(), 0
    for value in values:
        found, marks = changes(marks, rating(75.0, half=1.645 * 3, coverage=float(value)), None)
        count += sum(change.factor == "coverage" for change in found)
    return count


def test_a_factor_that_only_varies_by_chance_hardly_ever_falls_and_one_that_falls_is_told() -> None:
    rng, alike = np.random.default_rng(0), 0.8
    noise = np.empty((500, 20))
    noise[:, 0] = rng.normal(size=500)
    for step in range(1, 20):
        noise[:, step] = alike * noise[:, step - 1] + np.sqrt(1 - alike**2) * rng.normal(size=500)
    still = 60 + 3 * noise
    assert np.mean([falls(values) > 0 for values in still]) < 0.05
    fallen = still[:100] - np.where(np.arange(20) < 10, 0, 20)
    assert np.mean([falls(values) > 0 for values in fallen]) > 0.95


def test_another_stop_answer_is_told_in_its_own_words(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    rate(store, project, 75.0, "keep_going")
    hooks.add_hook(store, project.id, listener.url, events=["stop"])
    rate(store, project, 76.0, "plateau")
    hooks.note(store, project.id)
    assert waiting(store, project) == [("stop", "keep_going", "plateau")]
    assert "Because it is plateau." in json.loads(store.messages(project.id)[0].payload)["text"]


values = st.one_of(st.none(), st.floats(0, 100))
ratings = st.builds(
    lambda value, half, found: rating(value, half=half, **found),
    values,
    st.floats(0, 20),
    st.fixed_dictionaries(dict.fromkeys(FACTORS, values)),
)


@given(st.lists(st.tuples(ratings, st.sampled_from([None, "ready", "plateau", "keep_going"])), min_size=1, max_size=6))
def test_what_is_told_leads_from_what_was_told_before_to_what_is_so(steps: list[tuple[Mapping[str, Any], str | None]]) -> None:
    marks = Marks()
    for kept, said in steps:
        found, after = changes(marks, kept, said)
        for change in found:
            if change.event == "band":
                assert (change.before, change.after) == (marks.band, after.band)
            elif change.event == "stop":
                assert (change.before, change.after) == (marks.stop, said or "cannot_tell")
            else:
                assert change.after[0] < change.before[0]
                assert tuple(change.after) == tuple(after.factors[str(change.factor)])
            assert change.before != change.after
        again = Marks(**json.loads(json.dumps(asdict(after))))
        assert changes(again, kept, said)[0] == []
        marks = again


def test_several_who_note_at_once_keep_each_message_once(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0, "ready")
    threads = [threading.Thread(target=hooks.note, args=(Store(store.path), project.id)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waiting(store, project)) == 2


def test_a_message_is_signed_and_says_which_it_is(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    secret = "whsec_" + base64.b64encode(b"a key of some length").decode()
    hooks.add_hook(store, project.id, listener.url, secret=secret)
    rate(store, project, 95.0)
    (sent,) = posting.notify(store, project.id)
    assert (sent.state, sent.status, sent.error) == ("sent", 200, "")
    ((head, body),) = listener.came
    assert head["webhook-id"] == sent.uid == json.loads(body)["id"]
    content = f"{head['webhook-id']}.{head['webhook-timestamp']}.{body}".encode()
    wanted = base64.b64encode(hmac.new(b"a key of some length", content, hashlib.sha256).digest()).decode()
    assert head["webhook-signature"] == f"v1,{wanted}"
    assert posting.notify(store, project.id) == []
    assert secret not in body


def test_without_a_secret_nothing_is_signed(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    posting.notify(store, project.id)
    assert "webhook-signature" not in listener.came[0][0]


def test_what_did_not_arrive_is_tried_again_as_the_same_message(
    place: tuple[Store, Project], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    listener.answers = [500, 302]
    monkeypatch.setattr(posting, "PAUSES", (0, 0))
    (first,) = posting.notify(store, project.id)
    assert (first.state, first.status, first.attempts) == ("waiting", 500, 1)
    (second,) = posting.notify(store, project.id)
    assert (second.state, second.status) == ("waiting", 302)
    assert "points elsewhere" in second.error
    (third,) = posting.notify(store, project.id)
    assert (third.state, third.attempts) == ("sent", 3)
    assert {head["webhook-id"] for head, _ in listener.came} == {first.uid}
    assert len(listener.came) == 3


def test_what_did_not_arrive_is_not_tried_again_at_once(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    listener.answers = [500]
    (message,) = posting.notify(store, project.id)
    assert posting.notify(store, project.id) == []
    assert store.next_message_at() == message.next_at > posting.now()
    assert len(listener.came) == 1


@pytest.mark.parametrize(("status", "attempts"), [(503, len(posting.PAUSES) + 1), (410, 1)])
def test_what_never_arrives_is_given_up(
    place: tuple[Store, Project], listener: Listener, monkeypatch: pytest.MonkeyPatch, status: int, attempts: int
) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    listener.answers = [status] * 20
    monkeypatch.setattr(posting, "PAUSES", (0,) * len(posting.PAUSES))
    while posting.notify(store, project.id):
        pass
    (message,) = store.messages(project.id)
    assert (message.state, message.attempts, len(listener.came)) == ("failed", attempts, attempts)
    assert store.next_message_at() is None


def test_nobody_there_is_said_in_words(place: tuple[Store, Project]) -> None:
    store, project = place
    hooks.add_hook(store, project.id, "http://127.0.0.1:9/nobody")
    rate(store, project, 95.0)
    (message,) = posting.notify(store, project.id)
    assert (message.state, message.status) == ("waiting", None)
    assert message.error.startswith("No answer (ConnectionError).")


def test_a_message_that_somebody_delivers_is_not_delivered_by_another(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    hooks.note(store, project.id)
    assert store.claim_message(posting.now(), posting._later(60)) is not None
    assert posting.post_due(Store(store.path)) == []
    assert listener.came == []


def test_the_postman_tells_in_the_background_and_rests(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    man = Postman()
    man.wake(store)
    assert man.idle(20)
    assert len(listener.came) == 1
    man.wake(store)
    assert man.idle(20)
    assert len(listener.came) == 1


def test_the_postman_tries_again_by_himself(
    place: tuple[Store, Project], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    monkeypatch.setattr(posting, "PAUSES", (0.05, 0.05))
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    listener.answers = [500, 500]
    man = Postman()
    man.wake(store)
    assert man.idle(20)
    assert [head["webhook-id"] for head, _ in listener.came] == [store.messages(project.id)[0].uid] * 3


def test_an_unforeseen_error_keeps_the_postman_for_no_longer_than_a_pause(
    place: tuple[Store, Project], listener: Listener, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store, project = place
    hooks.add_hook(store, project.id, listener.url)
    rate(store, project, 95.0)
    failing = [ValueError("a defect"), InvalidInput("not now")]

    def breaks(*given: Any) -> int:
        if failing:
            raise failing.pop(0)
        return hooks.note(*given)

    monkeypatch.setattr("recommend.postman.note", breaks)
    monkeypatch.setattr("recommend.postman.LATER", 0.05)
    man = Postman()
    man.wake(store)
    assert man.idle(20)
    assert len(listener.came) == 1
    said = capsys.readouterr().err
    assert "ValueError: a defect" in said
    assert "Web hooks wait: not now" in said


def test_who_answers_a_byte_at_a_time_holds_up_nobody_else(
    place: tuple[Store, Project], listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = place
    monkeypatch.setattr(posting, "DEADLINE", 0.5)
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            with suppress(OSError):
                caller, _ = server.accept()
                with caller:
                    while not ended.wait(0.05):
                        caller.sendall(b"H")

        threading.Thread(target=drip, daemon=True).start()
        hooks.add_hook(store, project.id, f"http://127.0.0.1:{server.getsockname()[1]}/")
        hooks.add_hook(store, project.id, listener.url)
        rate(store, project, 95.0)
        begun = time.monotonic()
        slow, quick = posting.notify(store, project.id)
        ended.set()
    assert time.monotonic() - begun < 5
    assert (slow.state, slow.status, slow.error[:26], quick.state) == ("waiting", None, "No whole answer within 0 s", "sent")


@pytest.mark.parametrize("secret", ["whsec_", "whsec_not base64", "whsec_k?y", "whsec_é", "whsec_abc"])
def test_a_secret_that_is_no_key_is_refused(place: tuple[Store, Project], listener: Listener, secret: str) -> None:
    store, project = place
    with pytest.raises(InvalidInput, match="base64"):
        hooks.add_hook(store, project.id, listener.url, secret=secret)
    assert store.hooks(project.id) == []


class Here(Process):
    """Trains in this process."""

    def ask(self, task: Task) -> Answer:
        return answer(task)


def test_after_a_training_the_hooks_are_told_by_themselves(tmp_path: Path, listener: Listener) -> None:
    store, project = stored(tmp_path)
    hooks.add_hook(store, project.id, listener.url, events=["band"])
    Trainer(Here()).renew(store, project.id)
    assert postman().idle(20, store)
    assert [json.loads(body)["change"]["before"] for _, body in listener.came] == ["none"]


def test_a_database_that_is_gone_is_not_made_anew(place: tuple[Store, Project]) -> None:
    store, _ = place
    store.path.unlink()
    man = Postman()
    man.wake(store)
    assert man.idle(20)
    assert not store.path.exists()


@pytest.mark.parametrize(
    "url", ["", "example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "http://a:b@example.org/", "http://x:port/",
            "https://example.org/a b", "http://[::1/", "https://example.org/" + "x" * 2_000],
)  # fmt: skip
def test_an_address_that_cannot_be_told_anything_is_refused(place: tuple[Store, Project], url: str) -> None:
    store, project = place
    with pytest.raises(InvalidInput):
        hooks.add_hook(store, project.id, url)
    assert store.hooks(project.id) == []


def test_a_hook_is_told_of_events_that_there_are_and_once(place: tuple[Store, Project], listener: Listener) -> None:
    store, project = place
    for events in ([], ["band", "weather"]):
        with pytest.raises(InvalidInput):
            hooks.add_hook(store, project.id, listener.url, events=events)
    hooks.add_hook(store, project.id, listener.url)
    with pytest.raises(InvalidInput, match="already"):
        hooks.add_hook(store, project.id, listener.url)
    with pytest.raises(NotFound):
        store.add_hook(99, listener.url, "", ["band"], {})


def run(capsys: pytest.CaptureFixture[str], store: Store, *words: str, code: int = 0) -> Any:
    assert recommend_cli.main(["hooks", *words, "--json", "--db", str(store.path), "--project", "mail"]) == code
    printed = capsys.readouterr().out
    return json.loads(printed) if printed else None


def test_the_command_line_adds_tests_lists_and_removes(
    place: tuple[Store, Project], listener: Listener, capsys: pytest.CaptureFixture[str]
) -> None:
    store, project = place
    number = run(capsys, store, "add", "--url", listener.url, "--secret", "s3cret", "--on", "band, stop")["hook"]
    assert store.hook(project.id, number).events == ("band", "stop")
    run(capsys, store, "test", "--hook", str(number))
    document = json.loads(listener.came[0][1])
    Draft202012Validator(SCHEMA).validate(document)
    assert document["event"] == "test"
    (found,) = run(capsys, store, "list")
    assert (found["signed"], found["last"]["state"], found["last"]["status"]) == (True, "sent", 200)
    assert "s3cret" not in json.dumps(found)
    listener.answers = [500]
    run(capsys, store, "test", "--hook", str(number), code=1)
    assert recommend_cli.main(["hooks", "list", "--db", str(store.path), "--project", "mail"]) == 0
    assert "Not delivered (test" in capsys.readouterr().out
    run(capsys, store, "remove", "--hook", str(number))
    assert (store.hooks(project.id), store.messages(project.id)) == ([], [])
    run(capsys, store, "test", "--hook", str(number), code=2)


def test_no_text_of_an_item_goes_out(tmp_path: Path, listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    store, project = stored(tmp_path)
    hooks.add_hook(store, project.id, listener.url)
    assert recommend_cli.main(["stop", "--db", str(store.path), "--project", "mail"]) == 0
    assert {json.loads(body)["event"] for _, body in listener.came} == {"band", "stop"}
    sent = "".join(body for _, body in listener.came)
    assert not [text for text, _ in messages(300) if text in sent]
    assert not [number for number in range(300) if f"n{number}" in sent]  # a word of each text that no other has
    assert "Delivered (band" in capsys.readouterr().err
