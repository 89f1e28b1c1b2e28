"""The desk in a real browser: keys, what is on disk when, and what becomes of a decision that the server never answered."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import pytest

from benchmarks.desk import STOPWATCH
from data.records import ImportRow, Project, ReviewDraft, StoredAction
from data.store import Store
from tests.serving import CHROMIUM, QUIET, ROOT, Server, serving, until
from views.deskcomponent import SCRIPT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium program here"),
]
ITEMS = 50
ACTION = StoredAction(
    id=0, kind="discover", theme="parcels", reason="Nobody has looked at these.", factor="coverage", label_ids=(), item_ids=(),
    chances=(), candidates=ITEMS, predicted_gain=1.0, predicted_seconds=150.0, model_version=1, revision=0, state="started",
    created_at="", done_at=None, rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


@dataclass
class Place:
    """A project of sixty messages, served, with a browser page."""

    server: Server
    store: Store
    project: Project
    labels: dict[str, int]
    page: Any

    def action(self, count: int, **changes: Any) -> StoredAction:
        """An action of the items that nobody has reviewed, with a suggestion each."""
        reviewed = {review.item_id for review in self.store.reviews(self.project.id)}
        items = tuple(item for item in self.store.item_hashes(self.project.id)[0] if item not in reviewed)[:count]
        assert len(items) == count
        late, broken = self.labels["Late"], self.labels["Broken"]
        shown = {
            "model_version": 1, "items": {str(item): [[late, 0.9, True], [broken, 0.3, False]] for item in items},
            "words": {str(late): ["parcel"]},
        }  # fmt: skip
        action = replace(ACTION, item_ids=items, chances=(None,) * count, shown=shown, **changes)
        return self.store.add_action(self.project.id, action, "me")

    def open(self, action: StoredAction) -> None:
        self.page.goto(f"{self.server.address}/label?project=Letters&action={action.id}")
        self.page.locator("#desk .item").wait_for()

    def tick(self, *names: str) -> None:
        """Tick these labels, and no others, by their digits: a person looks at what is ticked before pressing anything.

        What is ticked at first may differ from item to item, since the model learns in the background; while an item is in
        view it stays.
        """
        chips = self.page.locator("#desk .chip [role=checkbox]").evaluate_all(
            "found => found.map(chip => [chip.ariaKeyShortcuts, chip.querySelector('.words').textContent, chip.ariaChecked])"
        )
        assert {name for _, name, _ in chips} >= set(names)
        self.press(*(key for key, name, checked in chips if (checked == "true") != (name in names)))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, number: int, count: int) -> None:
        """Wait for an item to be in view, and for the server to have drawn it."""
        self.page.locator("#desk .progress strong").get_by_text(f"{number} of {count}", exact=True).wait_for()
        self.page.locator("#desk:not([data-ahead])").wait_for()

    def reviews(self, action: StoredAction) -> dict[int, tuple[int, ...]]:
        """The labels assigned in an action, by item."""
        return {r.item_id: r.assigned for r in self.store.reviews(self.project.id) if r.action_id == action.id}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("desk")
    store = Store(folder / "plateau.db")
    project = store.create_project("Letters")
    rows = [ImportRow(f"m{k}", f"Letter {k}: the Parcel is {'late' if k % 2 else 'broken'}, parcels are.") for k in range(90)]
    store.import_rows(project.id, rows)
    for name in ("Late", "Broken", "Praise"):
        store.add_label(project.id, name, f"Letters of {name.lower()}.")
    with serving(store.path, folder / "server.log") as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture
def place(server: Server, browser: Any) -> Iterator[Place]:
    """A page of its own for each test, with nothing kept of those before."""
    store = Store(server.database)
    (project,) = store.projects()
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(60_000)
    playwright.expect.set_options(timeout=60_000)
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield Place(server, store, project, {label.name: label.id for label in store.labels(project.id)}, page)
    page.close()
    assert failures == []


def test_fifty_items_by_keyboard_alone(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    action = place.action(ITEMS)
    late, broken = place.labels["Late"], place.labels["Broken"]
    expected: dict[int, tuple[int, ...]] = {}
    taken: list[float] = []
    quick: list[dict[str, bool]] = []
    place.page.on("response", lambda reply: quick.append(reply.json()) if reply.url.endswith("/desk") else None)
    place.open(action)
    place.page.evaluate(STOPWATCH)
    for k in range(ITEMS):
        if k == 20:  # takes back three, and decides them again
            for number in (20, 19, 18):
                place.press("u")
                place.at(number, ITEMS)
            assert len(place.reviews(action)) == 17
            for number in (19, 20, 21):
                place.press("Enter")
                place.at(number, ITEMS)
            assert place.reviews(action) == expected
        if k == 25:
            taken += place.page.evaluate("window.taken")
            place.page.reload()
            place.at(26, ITEMS)
            place.page.evaluate(STOPWATCH)
        place.tick(*[["Late"], ["Late", "Broken"], [], ["Broken"]][k % 4])
        chosen = [(late,), (late, broken), (), (broken,)][k % 4]
        if k == 30:
            place.tick("Late")
            place.press("/")
            place.page.keyboard.type("Weather")
            place.page.get_by_role("option", name="Create “Weather” for everybody").wait_for()
            place.press("Enter")
            place.page.get_by_role("checkbox", name="Weather, applies").wait_for()
            chosen = (late, next(label.id for label in place.store.labels(place.project.id) if label.name == "Weather"))
        expected[action.item_ids[k]] = chosen
        place.press("Enter")
        if k + 1 < ITEMS:
            place.at(k + 2, ITEMS)
            assert place.reviews(action) == expected  # on disk before the next item shows
    place.page.get_by_role("heading", name="Done", exact=True).wait_for()
    assert place.reviews(action) == expected
    taken += place.page.evaluate("window.taken")
    assert len(taken) >= ITEMS
    assert {"kept": True} in quick  # the short way is there, and used
    with capsys.disabled():
        worst = sorted(taken)[int(0.95 * len(taken))]
        sys.stdout.write(f"\nKey to next item: median {median(taken):.0f} ms, 95 % within {worst:.0f} ms ({len(taken)} keys)\n")
    reviews = place.store.reviews(place.project.id)
    assert all(review.view == "desk" and review.seconds is not None and 0 <= review.seconds < 30 for review in reviews)
    confirmed = {review.item_id: review.confirmed for review in reviews}
    assert [confirmed[item] for item in action.item_ids[:4]] == [(late,), (late, broken), (), (broken,)]


def test_keys_typed_in_a_field_pressed_twice_or_with_a_modifier_decide_nothing(place: Place) -> None:
    action = place.action(3)
    place.open(action)
    place.at(1, 3)
    place.press("n")
    place.page.keyboard.type("skip us 123?")
    place.press("Control+s", "Alt+Enter")
    place.press("Enter", "m", "Shift+Digit2")
    place.at(1, 3)
    assert place.reviews(action) == {}
    second = place.page.locator("#desk .chip").nth(1)  # which label that is, the model may have changed its mind about
    assert "off" in (second.get_attribute("class") or "")
    off = place.labels[second.locator(".words").inner_text()]
    for repeat in ("false", "false", "true"):  # two presses at once, and a key held down
        place.page.evaluate(
            f"document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: 'Enter', bubbles: true, repeat: {repeat}}}))"
        )
    place.at(2, 3)
    (review,) = [r for r in place.store.reviews(place.project.id) if r.action_id == action.id]
    assert (review.note, review.uncertain) == ("skip us 123?", True)
    assert off in review.dismissed
    place.press("s")
    place.at(3, 3)
    assert [r.state for r in place.store.reviews(place.project.id) if r.action_id == action.id] == ["reviewed", "skipped"]


def test_what_a_screen_reader_and_a_keyboard_meet(place: Place) -> None:
    expect, page = playwright.expect, place.page
    place.open(place.action(2))
    item = page.get_by_role("article", name="Item 1 of 2")
    expect(item).to_be_focused()
    expect(page.get_by_role("progressbar", name="Decided")).to_have_attribute("aria-valuemax", "2")
    expect(page.get_by_role("checkbox", name="Late, 90% likely, applies")).to_be_checked()
    expect(page.locator("#desk mark")).to_have_text(["Parcel"])  # whole words, in any case
    expect(page.locator("#desk mark")).to_have_attribute("title", re.compile("words that speak for the ticked label"))
    expect(page.locator("#desk .chip small").first).to_have_attribute("title", re.compile("how likely the model thinks"))
    page.get_by_role("checkbox", name="Broken").focus()
    place.press("Space")
    expect(page.get_by_role("checkbox", name="Broken, 30% likely, applies")).to_be_focused()
    place.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    for words in ("Marked: words that speak", "Per cent: how likely", "Labels without a tick count as not applying"):
        expect(page.get_by_role("dialog", name="Keys")).to_contain_text(words)
    place.press("Enter", "Escape")  # nothing is decided behind the list
    expect(page.get_by_role("dialog", name="Keys")).to_have_count(0)
    place.press("/")
    expect(page.get_by_role("combobox", name="Search all labels")).to_be_focused()
    page.keyboard.type("praise")
    expect(page.get_by_role("option", name="Praise Letters of praise.")).to_have_attribute("aria-selected", "true")
    place.press("Escape")
    expect(item).to_be_focused()
    place.press("Enter")
    expect(page.get_by_role("article", name="Item 2 of 2")).to_be_focused()
    expect(page.locator("#desk [aria-live=polite]")).to_contain_text("Saved. Item 2 of 2: Letter")


def test_the_label_in_question_stands_apart_under_what_is_to_be_done(place: Place) -> None:
    expect, page = playwright.expect, place.page
    place.open(place.action(2, kind="teach", theme="Broken", label_ids=(place.labels["Broken"],)))
    expect(page.get_by_role("heading", name="Say which of 2 items are about “Broken”")).to_be_visible()
    expect(page.locator("#desk .kind .badge").first).to_have_text("Teach label")
    expect(page.get_by_role("group", name="Is it about Broken?").get_by_role("checkbox")).to_have_text([re.compile("1.*Broken")])
    others = page.get_by_role("group", name="Other labels, if they apply")
    expect(others.get_by_role("checkbox")).to_have_text([re.compile("2.*Late")])
    expect(page.locator("#desk .side")).to_contain_text(
        "Labels without a tick count as not applying, also those that are not shown."
    )


def test_a_digit_takes_an_answer_where_people_differ(place: Place) -> None:
    expect, page = playwright.expect, place.page
    action = place.action(1, kind="resolve", theme="Late", label_ids=(place.labels["Late"],))
    for who, name in (("ada", "Praise"), ("jo", "Late")):
        place.store.record_review(place.project.id, ReviewDraft(action.item_ids[0], (place.labels[name],), who))
    place.open(action)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(0)
    place.press("2")
    expect(page.get_by_role("checkbox", checked=True)).to_have_text([re.compile("Late")])
    page.get_by_role("button", name="Take ada's answer").click()
    expect(page.get_by_role("checkbox", checked=True)).to_have_text([re.compile("Praise")])
    place.press("3")  # the labels' digits follow those of the answers
    expect(page.get_by_role("checkbox", checked=True)).to_have_text([re.compile("3.*Late"), re.compile("Praise")])
    place.press("1", "Enter")
    page.get_by_role("heading", name="Done", exact=True).wait_for()
    assert place.reviews(action) == {action.item_ids[0]: (place.labels["Praise"],)}


def test_on_a_narrow_screen_the_confirm_bar_leaves_room_for_everything(place: Place) -> None:
    page = place.page
    page.set_viewport_size({"width": 420, "height": 800})
    place.open(place.action(2))
    for name in ("label", "note", "uncertain", "leave"):
        box = page.locator(f'#desk [data-name^="{name}"]').last
        box.focus()
        bottom = box.evaluate("node => node.getBoundingClientRect().bottom")
        assert bottom <= page.locator("#desk .confirming").evaluate("node => node.getBoundingClientRect().top")


def test_a_message_can_never_become_markup_and_a_long_one_folds(place: Place) -> None:
    expect, page = playwright.expect, place.page
    text = "<img src=x onerror=\"document.title='gone'\"> & <b>bold</b> " + "word " * 300
    place.store.import_rows(place.project.id, [ImportRow("markup", text)])
    item = next(item for item in place.store.iter_items(place.project.id) if item.uid == "markup")
    place.open(place.store.add_action(place.project.id, replace(ACTION, item_ids=(item.id,), chances=(None,)), "me"))
    prose = page.locator("#desk .prose")
    expect(prose).to_contain_text("<img src=x onerror=\"document.title='gone'\"> & <b>bold</b> word")
    assert page.locator("#desk .prose img, #desk .prose b").count() == 0
    short = len(prose.inner_text())
    place.press("e")
    expect(prose).to_contain_text("Show less")
    assert len(prose.inner_text()) > short + 400


def test_a_decision_that_is_refused_keeps_its_item_its_ticks_and_the_reason(place: Place) -> None:
    expect, page = playwright.expect, place.page
    action = place.action(2)
    place.open(action)
    gone = place.store.add_label(place.project.id, "Gone").id
    place.press("ArrowRight")
    place.at(2, 2)
    place.press("/")
    page.keyboard.type("Gone")
    place.press("Enter")
    page.get_by_role("checkbox", name="Gone, applies").wait_for()
    place.store.retire_label(place.project.id, gone)
    place.press("2", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not saved. A label of this decision has gone out of use")
    expect(page.get_by_role("checkbox", name="Broken, 30% likely, applies")).to_be_visible()
    assert place.reviews(action) == {}
    place.press("Enter")
    place.at(1, 2)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert place.reviews(action) == {action.item_ids[1]: (place.labels["Late"], place.labels["Broken"])}


def test_a_dead_server_loses_no_decision(place: Place) -> None:
    expect, page = playwright.expect, place.page
    action = place.action(3)
    place.open(action)
    place.at(1, 3)
    place.server.kill()
    place.press("2", "Enter")
    expect(page.locator("#desk .banner.late")).to_contain_text("Not saved yet")
    place.press("Enter", "s", "ArrowRight")  # nothing else happens meanwhile
    place.server.start()
    place.at(2, 3)
    assert list(place.reviews(action).values()) == [(place.labels["Late"], place.labels["Broken"])]
    expect(page.locator("#desk .banner.late")).to_have_count(0)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('plateau:'))") == []


def test_a_decision_outlives_its_page(place: Place) -> None:
    page = place.page
    action = place.action(3)
    place.open(action)
    place.at(1, 3)
    place.server.kill()
    place.press("1", "Enter")
    page.locator("#desk .banner.late").wait_for()
    page.goto("about:blank")
    place.server.start()
    assert place.reviews(action) == {}
    place.open(action)
    place.at(2, 3)
    until(lambda: place.reviews(action) == {action.item_ids[0]: ()}, 20)


def test_what_is_not_confirmed_outlives_moving_leaving_and_reloading(place: Place) -> None:
    expect, page = playwright.expect, place.page
    action = place.action(3)
    place.open(action)
    place.press("Shift+Digit1", "2", "m", "n")
    page.keyboard.type("two parcels")
    kept = page.get_by_text("Not confirmed yet: your ticks and note are kept.")
    place.press("Enter", "ArrowRight")
    place.at(2, 3)
    expect(kept).to_have_count(0)
    comings = (
        lambda: place.press("ArrowLeft"), page.reload, lambda: page.get_by_role("link", name="People").click(),
        lambda: page.locator("#desk").get_by_role("button", name="Leave").click(),
    )  # fmt: skip
    for coming in comings:
        coming()
        if coming is not comings[0] and coming is not comings[1]:
            page.locator("#desk .item").wait_for(state="hidden")
            place.open(action)
        place.at(1, 3)
        expect(kept).to_be_visible()
        expect(page.get_by_role("checkbox", name="Late, 90% likely, does not apply")).to_be_visible()
        expect(page.get_by_role("checkbox", name="Broken, 30% likely, applies")).to_be_visible()
        expect(page.get_by_role("button", name="Uncertain")).to_have_attribute("aria-pressed", "true")
        expect(page.get_by_role("textbox", name="Note")).to_have_value("two parcels")
    place.press("Enter")
    place.at(2, 3)
    (review,) = [r for r in place.store.reviews(place.project.id) if r.action_id == action.id]
    assert (review.assigned, review.note, review.uncertain) == ((place.labels["Broken"],), "two parcels", True)
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('plateau-draft:'))") == []


def test_a_decision_made_meanwhile_wins_over_what_was_not_confirmed(place: Place) -> None:
    action = place.action(2)
    place.open(action)
    place.press("2", "ArrowRight")
    place.at(2, 2)
    place.store.record_review(place.project.id, ReviewDraft(action.item_ids[0], (place.labels["Praise"],), "jo"))
    place.press("ArrowLeft")
    place.at(1, 2)
    ticked = place.page.get_by_role("checkbox", checked=True)  # what the model suggests may have changed
    playwright.expect(ticked).to_have_text([re.compile("Praise")])


def test_somebody_else_who_decides_the_same_item_is_not_overwritten(place: Place) -> None:
    action = place.action(2)
    place.open(action)
    place.at(1, 2)
    place.store.record_review(place.project.id, ReviewDraft(action.item_ids[0], (place.labels["Praise"],), "jo"))
    place.press("Enter")
    playwright.expect(place.page.get_by_role("alert")).to_contain_text("Not saved.")
    assert place.reviews(action) == {}


# The scripts' own parts


@pytest.fixture(scope="module")
def scripts(browser: Any) -> Any:
    """A page that has the component's module as ``desk``."""
    page = browser.new_page()
    page.evaluate("""async (source) => {
        window.desk = await import(URL.createObjectURL(new Blob([source], { type: 'text/javascript' })));
    }""", SCRIPT)  # fmt: skip
    return page


def test_time_counts_only_while_somebody_looks_and_touches(scripts: Any) -> None:
    told = scripts.evaluate("""() => {
        let now = 0, looked = true;
        const clock = new desk.Clock(() => now, () => looked);
        clock.show(1);
        now = 4000; clock.touch();                       // 4 s
        now = 104000; const idle = clock.seconds(1);     // 30 s more: nothing was touched after that
        now = 105000; clock.touch();
        now = 107000; looked = false; clock.touch();     // 2 s, then another tab
        now = 150000; looked = true; clock.touch();
        now = 151000; clock.show(2);                     // 1 s
        now = 153000; clock.show(1);
        now = 154000;
        const both = [clock.seconds(1), clock.take(2), clock.take(2)];
        const taken = clock.take(1);
        clock.giveBack(1, taken);
        return [idle, ...both, clock.seconds(1)];
    }""")
    assert told == [34, 38, 2, 0, 38]


def test_drafts_that_nobody_comes_back_to_go(scripts: Any) -> None:
    told = scripts.evaluate("""() => {
        const kept = new Map();
        const storage = {
            get length() { return kept.size; }, key: (k) => [...kept.keys()][k], getItem: (name) => kept.get(name) ?? null,
            setItem: (name, value) => kept.set(name, value), removeItem: (name) => kept.delete(name) };
        const month = 31 * 24 * 3600 * 1000;
        kept.set("plateau-draft:old:1", JSON.stringify({ draft: {}, own: 0, seen: 0, at: Date.now() - month }));
        kept.set("plateau-draft:broken:1", "{");
        kept.set("plateau:desk:1", "an unsaved decision");
        new desk.Drafts(storage, "desk").put({ id: 1, own: 0, seen: 0 }, { note: "x" });
        const drafts = new desk.Drafts(storage, "desk");
        return [[...kept.keys()].sort(), drafts.of({ id: 1, own: 0, seen: 0 }), drafts.of({ id: 1, own: 2, seen: 0 }), kept.size,
            new desk.Drafts(null, "desk").of({ id: 1, own: 0, seen: 0 })];
    }""")
    assert told == [["plateau-draft:desk:1", "plateau:desk:1"], {"note": "x"}, None, 1, None]


def test_whole_words_are_marked_in_any_case(scripts: Any) -> None:
    marked = scripts.evaluate(
        "(words) => desk.pieces('Übergabe: the PARCEL, parcels; a+b (späte)', words)", ["parcel", "a+b", "späte", "über"]
    )
    assert marked == [["Übergabe: the ", False], ["PARCEL", True], [", parcels; ", False], ["a+b", True], [" (", False],
                      ["späte", True], [")", False]]  # fmt: skip
    assert scripts.evaluate("desk.pieces('as it is', [])") == [["as it is", False]]


def test_a_long_text_folds_after_a_word(scripts: Any) -> None:
    assert scripts.evaluate("desk.foldAt('word '.repeat(200), 900)") == 1000
    assert scripts.evaluate("desk.foldAt('word '.repeat(400), 900)") == 899
    assert scripts.evaluate("desk.foldAt('x'.repeat(4000), 900)") == 900


def test_search_finds_labels_by_name_and_description_and_offers_what_is_new(scripts: Any) -> None:
    labels = [[1, "Delivery > Late", "It came late."], [2, "Late fee", ""], [3, "Praise", "They like the delivery"]]
    asked = """([labels, typed]) => {
        const { found, more, fresh } = desk.search(labels, typed);
        return [found.map(([id]) => id), more, fresh];
    }"""
    assert scripts.evaluate(asked, [labels, "late"]) == [[2, 1], 0, "late"]
    assert scripts.evaluate(asked, [labels, "delivery"]) == [[1, 3], 0, "delivery"]
    assert scripts.evaluate(asked, [labels, " late  FEE "]) == [[2], 0, ""]
    assert scripts.evaluate(asked, [labels, ""]) == [[1, 2, 3], 0, ""]
    many = [[k, f"Label {k:03}", ""] for k in range(100)]
    assert scripts.evaluate(asked, [many, "label"])[1] == 60


def test_names_close_to_a_new_label_are_named_and_never_taken_for_it(scripts: Any) -> None:
    labels = [[1, "Delivery > Late", ""], [2, "Deliveries", ""], [3, "Praise", ""]]
    asked = (
        "([labels, typed]) => { const { found, near, fresh } = desk.search(labels, typed); "
        "return [found.map(([id]) => id), fresh, near.map(([id]) => id)]; }"
    )
    assert scripts.evaluate(asked, [labels, "delivry"]) == [[], "delivry", [2, 1]]
    assert scripts.evaluate(asked, [labels, "Shipping > Lates"]) == [[], "Shipping > Lates", [1]]
    assert scripts.evaluate(asked, [labels, "Weather"]) == [[], "Weather", []]
    assert scripts.evaluate("[desk.likeness('', ''), desk.likeness('Late', 'late'), desk.likeness('abc', 'abd')]") == [0, 1, 0.5]


#: A desk of its own on the page of the scripts, what it has sent, and how the server draws an item in a session.
DESK = """
    const sent = [], root = document.createElement('div');
    const table = new desk.Desk(root);
    const drawn = (session, id, visit, more = {}) => table.receive({
        desk: 'p:1:5:me', done: false, session, handled: [], failed: null, told: null, title: '', sides: [], counts_as: {},
        labels: { 1: ['Late', ''], 2: ['Broken', ''] }, offered: [{ id: 1, chance: '', asked: false }], ticked: [1],
        dismissed: [], note: '', uncertain: false, single: false, pair: [], words: {},
        head: { icon: '', factor: '', reason: '', position: 1, count: 9, decided: 0, left: '' }, ...more,
        item: { id, visit, own: 0, seen: 0, text: 'x', media: null, facts: [], said: '', answers: [], ...more.item },
    }, (name, event) => sent.push(event));
    const said = ({ item, assigned, note, uncertain, seen }) => [item, assigned, note, uncertain, seen];
"""


def test_what_was_ticked_on_an_item_is_never_said_of_another_after_a_restart(scripts: Any) -> None:
    last, number = scripts.evaluate(f"""() => {{ {DESK}
        drawn('one', 101, 1);
        table.tick(2, true);
        table.draft.note = 'of item 101';
        table.draft.uncertain = true;
        table.decide('decide');
        drawn('two', 102, 1);  // killed after it wrote and before it answered: visits begin anew
        drawn('two', 102, 1, {{ handled: [sent[1].number] }});
        table.decide('decide');
        table.close();
        return [said(sent[2]), sent[1].number === sent[0].number];
    }}""")
    assert (last, number) == ([102, [1], "", False, 0], True)


def test_what_was_ticked_on_an_item_in_view_outlives_a_restart_and_hides_no_newer_answer(scripts: Any) -> None:
    before, told = scripts.evaluate(f"""() => {{ {DESK}
        drawn('one', 101, 7);
        table.tick(2, true);
        drawn('two', 101, 1, {{ item: {{ seen: 40 }} }});  // somebody else has judged it meanwhile
        table.decide('decide');
        const failed = {{ number: sent[0].number, words: 'Somebody else has judged this item.' }};
        drawn('two', 101, 1, {{ failed, item: {{ seen: 40 }} }});
        table.decide('decide');
        table.close();
        return sent.map(said);
    }}""")
    assert before == [101, [1, 2], "", False, 0]
    assert told == [101, [1, 2], "", False, 40]


#: The same with another item at hand, on a page that has an address and an answer of the short way.
AHEAD = (
    DESK
    + """
    document.body.append(root);
    const base = Object.assign(document.createElement('base'), { href: 'https://desk.test/' });
    if (!document.querySelector('base')) document.head.append(base);
    const asked = [];
    window.fetch = async (url, { body }) => { asked.push(JSON.parse(body).event.number); return answer(); };
    const { head, item, offered } = (() => { drawn('one', 102, 0); return table.data; })();
    const given = { ticked: [2], dismissed: [], note: '', uncertain: false };
    const next = { head: { ...head, position: 2, decided: 1 }, item, offered, ...given };
    const until = async (done) => {
        for (let k = 0; !done(); k += 1) {
            if (k === 4000) throw new Error(`not so after ${k} looks: ${done}`);
            await new Promise((resolve) => setTimeout(resolve, 5));
        }
    };
    const shown = () => root.querySelector('.progress strong').textContent;
    table.draft = null;
    drawn('one', 101, 1, { next });
"""
)


def test_the_next_item_shows_once_the_decision_is_kept_and_waits_for_the_server_to_follow(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        table.decide('decide');
        const before = [shown(), sent.length];
        await until(() => sent.length);
        const first = [shown(), sent[0].number === asked[0], [...table.draft.ticked]];
        table.shownAt = Infinity;
        table.decide('decide');  // the same key once more, too soon to be meant for an item that has only just come
        const bounced = [table.queue.length, sent.length];
        table.shownAt = -Infinity;
        table.tick(1, true);
        table.decide('decide');
        table.decide('decide');
        drawn('one', 101, 1, {{ next }});  // drawn before the server knew
        const waits = [shown(), table.queue.length, sent.length];
        drawn('one', 102, 2, {{ ...next, handled: [sent[0].number] }});
        await until(() => sent.length === 2);
        table.close(); root.remove();
        return [before, first, bounced, waits, said(sent[1]), sent[1].again === undefined];
    }}""")
    assert told == [["1 of 9", 0], ["2 of 9", True, [2]], [0, 1], ["2 of 9", 1, 1], [102, [2, 1], "", False, 0], True]


def test_a_server_started_anew_is_waited_for_and_the_desk_says_so(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        const marks = () => [root.hasAttribute('aria-busy'), 'ahead' in root.dataset];
        table.decide('decide');
        await until(() => sent.length);
        const before = marks();
        drawn('two', 102, 1, {{ ...next }});  // killed once the decision was written, before it was told of it
        const waits = [marks(), said(sent[1]), sent[1].again];
        drawn('two', 102, 1, {{ ...next, handled: [sent[1].number] }});
        const after = marks();
        table.close(); root.remove();
        return [before, waits, after, [...table.draft.ticked]];
    }}""")
    assert told == [[False, True], [[True, False], [101, [1], "", False, 0], True], [False, False], [2]]


def test_two_undos_in_a_hurry_take_back_two_and_none_waits_for_a_decision_that_is_refused(scripts: Any) -> None:
    told = scripts.evaluate(f"""() => {{ {DESK}
        drawn('one', 103, 1);
        for (let k = 0; k < 3; k += 1) table.act({{ kind: 'undo' }});
        const first = sent.length;
        drawn('one', 102, 2, {{ handled: [sent[0].number] }});
        drawn('one', 101, 3, {{ handled: sent.map(({{ number }}) => number) }});
        const both = sent.map(({{ kind }}) => kind);
        table.decide('decide');
        table.act({{ kind: 'undo' }});
        drawn('one', 101, 3, {{ failed: {{ number: sent[2].number, words: 'No.' }} }});  // what was not saved is not to be undone
        table.close();
        return [first, both, sent.length, new Set(sent.map(({{ number }}) => number)).size];
    }}""")
    assert told == [1, ["undo", "undo"], 3, 3]


def test_ticks_on_an_item_that_somebody_has_decided_meanwhile_give_way_to_what_was_decided(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        table.decide('decide');
        await until(() => sent.length);
        table.tick(1, true);
        drawn('one', 102, 2, {{ ...next, ticked: [], item: {{ seen: 7 }}, handled: [sent[0].number] }});
        table.close(); root.remove();
        return [[...table.draft.ticked], table.draft.seen];
    }}""")
    assert told == [[], 7]


def test_a_queued_decision_on_an_item_that_is_not_in_view_after_all_is_sent_as_one_that_got_lost(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        table.decide('decide');
        await until(() => sent.length);
        table.shownAt = -Infinity;
        table.decide('decide');
        drawn('one', 103, 2, {{ handled: [sent[0].number] }});
        table.close(); root.remove();
        return [said(sent[1]), sent[1].again];
    }}""")
    assert told == [[102, [2], "", False, 0], True]


@pytest.mark.parametrize("answer", ["({ json: async () => ({ kept: false }) })", "Promise.reject(new TypeError('no way'))"])
def test_a_decision_that_the_short_way_does_not_keep_goes_the_long_way(scripts: Any, answer: str) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => {answer}; {AHEAD}
        table.decide('decide');
        await until(() => sent.length);
        const before = [shown(), table.ahead, sent[0].again === undefined];
        drawn('one', 102, 2, {{ ...next, next, handled: [sent[0].number] }});
        table.decide('decide');
        await until(() => sent.length === 2);
        table.close(); root.remove();
        return [...before, asked.length];
    }}""")
    assert told == ["1 of 9", False, True, 1 if "reject" in answer else 2]


def test_the_short_way_is_given_up_once_the_long_way_is_taken(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{
        let signal = null;
        const answer = () => new Promise((resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        {AHEAD}
        const ask = window.fetch;
        window.fetch = (url, options) => {{ signal = options.signal; return ask(url, options); }};
        table.decide('decide');
        const before = signal.aborted;
        await until(() => sent.length);
        await new Promise((resolve) => setTimeout(resolve, 0));
        table.close(); root.remove();
        return [before, signal.aborted, shown(), sent.length, table.shunned === -Infinity];
    }}""")
    assert told == [False, True, "1 of 9", 1, True]


def test_what_was_said_of_a_wait_goes_when_the_answer_comes(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        const waiting = () => root.querySelector('.banner.late') !== null;
        table.decide('decide');
        await until(() => sent.length);
        table.late(); table.late();
        const before = waiting();
        drawn('one', 102, 2, {{ ...next, handled: [sent[0].number] }});
        table.close(); root.remove();
        return [before, waiting(), shown()];
    }}""")
    assert told == [True, False, "2 of 9"]


def test_an_item_that_was_shown_ahead_comes_back_after_the_action_was_done(scripts: Any) -> None:
    told = scripts.evaluate(f"""async () => {{ const answer = () => ({{ json: async () => ({{ kept: true }}) }}); {AHEAD}
        table.decide('decide');
        await until(() => sent.length);
        table.receive({{ desk: 'p:1:5:me', done: true, session: 'one', handled: [sent[0].number], failed: null, told: null }},
            (name, event) => sent.push(event));  // somebody else has decided the other one
        drawn('one', 102, 2, {{ ...next, item: {{}}, handled: [sent[0].number] }});
        table.close(); root.remove();
        return [shown(), table.draft.visit];
    }}""")
    assert told == ["2 of 9", 2]


def test_an_enter_in_a_hurry_at_the_last_item_starts_nothing(scripts: Any) -> None:
    heard = scripts.evaluate(f"""async () => {{ {DESK}
        const heard = [], listener = ({{ key, repeat }}) => heard.push([key, repeat]);
        document.addEventListener('keydown', listener);  // as the page listens for the keys of its buttons
        const press = (key, repeat = false) => document.body.dispatchEvent(
            new KeyboardEvent('keydown', {{ key, repeat, bubbles: true, cancelable: true }}));
        drawn('one', 101, 1, {{ done: true }});
        press('Enter');  // opened as done: nothing was in a hurry
        drawn('one', 101, 1);
        drawn('one', 101, 1, {{ done: true }});
        press('Enter');
        press('u');
        await new Promise((resolve) => setTimeout(resolve, 850));
        press('Enter', true);
        press('Enter');
        table.close();
        press('Enter', true);
        document.removeEventListener('keydown', listener);
        return heard;
    }}""")
    assert heard == [["Enter", False], ["u", False], ["Enter", False], ["Enter", True]]


def test_the_component_asks_nobody_for_anything() -> None:
    folder = ROOT / "views" / "frontend"
    assert folder.is_dir()
    assert [path.name for path in sorted(folder.iterdir()) if "http" in path.read_text("utf-8")] == []
