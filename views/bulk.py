"""All items of a theme at once: a list with the exceptions unticked, the labels chosen once, one confirmation.

What is said is kept as it was meant: the labels given were judged on the items ticked, and no others; unless the person has
read them all. Of an item left unticked nothing is said.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence

import streamlit as st

from data.errors import InvalidInput
from data.records import Item, Project, Review, ReviewDraft, hides_others
from data.store import Store
from data.store.labels import clean_label
from data.store.leases import readings_of
from views import afterwards, desk, planning, session
from views.desk import Work
from views.media import picture
from views.wording import FACTORS, KIND_ICONS, plain, plural, title_of

#: Kinds of work whose items are alike, and new: one answer may fit most of them.
KINDS = frozenset({"discover", "confirm", "teach", "rebalance", "low_confidence", "search"})
#: So many items are listed at once; of a text so many characters are shown before it is unfolded.
PAGE, FOLDED = 50, 320
#: Active time is counted up to so many seconds for each item ticked: longer ones are a pause.
MOST_AN_ITEM = 20.0
EVEN = 0.5


def choice(work: Work) -> bool:
    """Whether to work on all items at once; a button, where the theme makes it sensible, changes to the other way and back."""
    if work.action.kind not in KINDS:
        return False
    if asked := st.query_params.get("way"):
        st.session_state["way"] = asked
    together = st.session_state.get("way") == "all"
    if work.action.state != "started":
        return together
    st.button(
        "One by one" if together else "All at once", key="way_change", shortcut="B", on_click=_change, args=(not together,),
        icon=":material/crop_portrait:" if together else ":material/checklist:", type="tertiary",
        help="Label item by item." if together else "List all items, untick the exceptions, and confirm once.",
    )  # fmt: skip
    return together


def _change(together: bool) -> None:
    st.session_state["way"] = st.query_params["way"] = "all" if together else "one"
    st.session_state.pop("bulk_since", None)


def _leave_list() -> None:
    """Change to one by one from within the list, which is drawn anew by itself otherwise."""
    _change(together=False)
    st.session_state["bulk_around"] = True


@st.fragment
def table(project: Project, work: Work) -> None:
    """The list of an action's items; only this part is drawn anew at a click."""
    if st.session_state.pop("bulk_around", False):  # what stands around the list was drawn for another state of the action
        st.rerun()
    session.show_failure()
    with session.explained():
        _draw(session.store(), project, work)


def _draw(store: Store, project: Project, work: Work) -> None:
    work, who = desk.as_it_counts(store, project.id, work), session.annotator()
    done = desk.decided(store, work, who)
    if desk.next_place(work, done, -1) is None:
        afterwards.finished(store, project, work, done, undo=undo)
        return
    standing = store.standing_reviews([item.id for item in work.items])
    listed, left = listing(work, standing, who, _left(work))
    _head(work, len(done))
    if listed:
        _form(store, project, work, listed, standing)
    else:
        _rest(work, left)
    with st.container(horizontal=True):
        st.button("Undo", key="bulk_undo", shortcut="U", icon=":material/undo:", on_click=undo, args=(project, work),
                  help="Takes back all that was confirmed last.")  # fmt: skip
        if st.button("Leave", key="bulk_leave", type="tertiary", help="What you decided is kept; go on later."):
            session.leave_action()
            st.rerun()


def listing(
    work: Work, standing: dict[int, list[Review]], annotator: str, left: Sequence[int]
) -> tuple[list[Item], list[Item]]:  # fmt: skip
    """The items to list now, and the undecided ones that are ``left`` for one by one.

    Those that the person has judged before, in whatever action, are never listed: what was said of them is not to be lost.
    """
    judged = {r.item_id for given in standing.values() for r in given if r.annotator == annotator and r.state == "reviewed"}
    decided = {
        r.item_id for given in standing.values() for r in given if r.annotator == annotator and r.action_id == work.action.id
    }
    open_ = [item for item in work.items if item.id not in decided]
    listed = [item for item in open_ if item.id not in judged and item.id not in left]
    return listed[:PAGE], [item for item in open_ if item not in listed]


def preset(work: Work, items: Sequence[Item], single: bool) -> list[int]:
    """The labels to give unless others are chosen: the action's own, else those suggested for more than half of the items."""
    found = list(work.action.label_ids)
    if not found:
        counts = Counter(s.label_id for item in items for s in work.suggested.get(item.id, ()) if s.probability >= EVEN)
        found = [label_id for label_id, count in counts.most_common() if 2 * count > len(items)]
    return found[:1] if single else found


def likely(work: Work, item: Item, labels: Sequence[int]) -> bool:
    """Whether an item is ticked at first: one of the labels is as likely on it as not, or none is chosen yet."""
    chances = {s.label_id: s.probability for s in work.suggested.get(item.id, ())}
    return not labels or any(chances.get(label_id, 0.0) >= EVEN for label_id in labels)


def _left(work: Work) -> list[int]:
    """Items left unticked at a confirmation, for one by one."""
    owner, items = st.session_state.get("bulk_left", (None, ()))
    return list(items) if owner == work.action.id else []


def _head(work: Work, done: int) -> None:
    action = work.action
    st.markdown(
        f"### {KIND_ICONS.get(action.kind, '')} {title_of(action.kind)}: {plain(action.theme)} &nbsp; "
        f":gray-badge[{FACTORS.get(action.factor, action.factor)}]"
    )
    st.caption(plain(action.reason))
    st.progress(done / len(work.items), text=f"**{done} of {len(work.items)}** decided")


def _form(store: Store, project: Project, work: Work, listed: Sequence[Item], standing: dict[int, list[Review]]) -> None:
    """The labels to give, the items with their ticks, and the button that confirms them."""
    who = session.annotator()
    labels = store.labels(project.id, retired=True)
    now = desk.serving(labels)
    names = {label.id: label.name for label in labels if now.get(label.id) == label.id}
    usual = [label_id for label_id in preset(work, listed, project.single_label) if label_id in names]
    others = {} if hides_others(work.action.kind, readings_of(project.settings)) else standing
    _since(work, listed)
    drawn = _choose(work, names, usual, now)
    seen = {item.id: max((r.id for r in standing.get(item.id, ()) if r.annotator != who), default=0) for item in listed}
    _tick_all(work, listed)
    with st.form(_key(work, "form"), border=False):
        st.multiselect(
            "Labels to give to the ticked items", [*names.values()], key=_key(work, "labels"), accept_new_options=True,
            max_selections=1 if project.single_label else None, persist_state="session",
            placeholder="Search all labels, or type a new one…",
        )  # fmt: skip
        for item in listed:
            _row(store, work, item, names, ticked=likely(work, item, usual), given=others.get(item.id, ()))
        st.checkbox("I have read the ticked items: nothing else applies to them", key=_key(work, "all"),
                    help="Otherwise only the labels above count as judged, and of all others nothing is said.")  # fmt: skip
        st.form_submit_button(
            "Confirm the ticked items", key=_key(work, "confirm"), type="primary", icon=":material/done_all:",
            shortcut="Ctrl+Enter", on_click=confirm, args=(project, work, tuple(item.id for item in listed), seen, drawn),
        )  # fmt: skip


def _choose(work: Work, names: Mapping[int, str], usual: Sequence[int], now: Mapping[int, int]) -> dict[str, int]:
    """Choose the labels to give, at first the ``usual`` ones, and return which label each name stands for.

    A label chosen earlier is chosen under the name it has by now, or no longer when it went out of use.
    """
    key, drawn = _key(work, "labels"), st.session_state.get(_key(work, "drawn"), {})
    chosen = st.session_state.setdefault(key, [names[label_id] for label_id in usual])
    left = [name for name in chosen if name not in drawn or drawn[name] in now]
    by_now = list(dict.fromkeys(names[now[drawn[name]]] if name in drawn else name for name in left))
    if by_now != chosen:  # setting it otherwise would undo what is chosen and not yet sent
        st.session_state[key] = by_now
    st.session_state[_key(work, "drawn")] = found = {name: label_id for label_id, name in names.items()}
    return found


def _row(
    store: Store, work: Work, item: Item, names: dict[int, str], *, ticked: bool, given: Sequence[Review]
) -> None:  # fmt: skip
    """One item: its tick, its text folded, what is suggested for it, and what others have said of it as far as it is shown."""
    text = " ".join(item.text.split())
    with st.container(border=True, gap="xsmall"):
        st.session_state.setdefault(_key(work, item.id), ticked)
        st.checkbox(plain(shortened(text) or item.uid), key=_key(work, item.id))
        said = [
            f"{plain(names[s.label_id])} **{100 * s.probability:.0f} %**"
            for s in work.suggested.get(item.id, ())
            if s.label_id in names
        ]
        if said:
            st.caption(" · ".join(said))
        for review in given:
            if review.annotator != session.annotator() and review.state == "reviewed":
                labels = ", ".join(plain(names[k]) for k in review.assigned if k in names) or "no label"
                st.caption(f":material/person: {plain(review.annotator)}: {labels}")
        if item.media and (content := picture(item.media, store.path.absolute().parent)) is not None:
            st.image(content, width=160, alt=shortened(text) or item.uid)
        if len(text) > FOLDED:
            with st.expander("Whole text"):
                st.text(item.text)


def shortened(text: str) -> str:
    """The beginning of a long text, up to a whole word.

    >>> shortened("short"), shortened("word " * 90)[-6:]
    ('short', 'word …')
    """
    return text if len(text) <= FOLDED else text[:FOLDED].rsplit(" ", 1)[0] + " …"


def _tick_all(work: Work, listed: Sequence[Item]) -> None:
    with st.container(horizontal=True):
        for word, value, shortcut in (("Tick all", True, "A"), ("Untick all", False, "N")):
            st.button(word, key=f"bulk_tick_{value}", shortcut=shortcut, on_click=_set_ticks, args=(work, listed, value))
        st.caption(f"{plural(len(listed), 'item')} listed. What is left unticked stays for one by one.")


def _set_ticks(work: Work, listed: Sequence[Item], value: bool) -> None:
    st.session_state.update({_key(work, item.id): value for item in listed})


def _rest(work: Work, left: Sequence[Item]) -> None:
    """What to do with the items that were left unticked."""
    st.info(f"{plural(len(left), 'item')} left to decide one by one.", icon=":material/rule:")
    with st.container(horizontal=True):
        st.button("Go through them one by one", key="bulk_rest", type="primary", shortcut="Enter", icon=":material/play_arrow:",
                  on_click=_leave_list)  # fmt: skip
        st.button("List them again", key="bulk_again", on_click=lambda: st.session_state.pop("bulk_left", None))


def _key(work: Work, part: object) -> str:
    return f"bulk_{work.action.id}_{part}"


def _since(work: Work, listed: Sequence[Item]) -> None:
    """Note since when this list is on screen."""
    shown = (work.action.id, listed[0].id)
    if st.session_state.get("bulk_since", (None, 0.0))[0] != shown:
        st.session_state["bulk_since"] = (shown, time.monotonic())


def active_seconds(ticked: int) -> float | None:
    """Seconds that the list has been worked on, at most :data:`MOST_AN_ITEM` for each item ticked; None when unknown."""
    if "bulk_since" not in st.session_state:
        return None
    return float(min(max(time.monotonic() - st.session_state["bulk_since"][1], 0.0), MOST_AN_ITEM * ticked))


@session.callback
def confirm(project: Project, work: Work, listed: tuple[int, ...], seen: dict[int, int], drawn: dict[str, int]) -> None:
    """Give the labels to the ticked items, all or none, and list those that follow; ``drawn`` are the labels by name."""
    store = session.store()
    ticked = [item_id for item_id in listed if st.session_state.get(_key(work, item_id))]
    read = bool(st.session_state.get(_key(work, "all")))
    if not ticked:
        raise InvalidInput("No item is ticked. Tick those that the labels apply to, or change to one by one.")
    labels, new = _given(store, project, work, drawn)
    if not labels and not new and not read:
        raise InvalidInput("No label is chosen. Choose the labels to give, or say that you have read them all: nothing applies.")
    spent = active_seconds(len(ticked))
    seconds = None if spent is None else spent / len(ticked)
    drafts = [draft(project, work, item_id, labels, seconds=seconds, read=read, seen=seen[item_id]) for item_id in ticked]
    store.record_reviews(project.id, drafts, new)
    st.session_state.pop("bulk_since", None)
    st.session_state["bulk_left"] = (work.action.id, [*_left(work), *(item_id for item_id in listed if item_id not in ticked)])
    done = desk.decided(store, work, session.annotator())
    if desk.next_place(work, done, -1) is None:
        store.end_action(project.id, work.action.id, "done", sum(review.seconds or 0.0 for review in done.values()))
    planning.nudge(store, project.id)


def _given(store: Store, project: Project, work: Work, drawn: Mapping[str, int]) -> tuple[tuple[int, ...], list[str]]:
    """The labels chosen, as they count by now, and the names of those that the list did not have."""
    known = {name.casefold(): label_id for name, label_id in drawn.items()}
    chosen = [clean_label(str(name)) for name in st.session_state.get(_key(work, "labels")) or ()]
    now = desk.serving(store.labels(project.id, retired=True))
    label_ids = [known[name.casefold()] for name in chosen if name.casefold() in known]
    if any(label_id not in now for label_id in label_ids):  # rather refuse it than leave out a part of it
        raise InvalidInput("A label chosen has gone out of use meanwhile. Look at the labels and confirm again.")
    return desk.translated(label_ids, now), [name for name in chosen if name.casefold() not in known]


def draft(
    project: Project, work: Work, item_id: int, labels: tuple[int, ...], *, seconds: float | None, read: bool, seen: int
) -> ReviewDraft:  # fmt: skip
    """The judgement of one ticked item: of the labels given alone, or of all where the item was ``read``.

    With one label an item, giving it says that no other applies.
    """
    action, position = work.action, next(k for k, item in enumerate(work.items) if item.id == item_id)
    suggested = [s.label_id for s in work.suggested.get(item_id, ())]
    whole = read or project.single_label
    return ReviewDraft(
        item_id=item_id, assigned=labels, annotator=session.annotator(), partial=not whole, seconds=seconds, source=action.kind,
        dismissed=tuple(label for label in suggested if label not in labels) if whole else (),
        confirmed=tuple(label for label in labels if label in suggested), action_id=action.id, list_rank=position + 1,
        list_size=len(work.items), candidates=action.candidates, chance=action.chances[position],
        model_version=action.model_version or None, view="bulk", seen=seen,
    )  # fmt: skip


@session.callback
def undo(project: Project, work: Work) -> None:
    """Take back all that was confirmed last in this action, and list it again with its ticks as they were."""
    undone = session.store().undo_batch(project.id, session.annotator(), work.action.id, view="bulk")
    if undone:
        st.session_state.update({_key(work, item_id): False for item_id in _left(work)})
        st.session_state.update({_key(work, review.item_id): True for review in undone})
        st.session_state["bulk_around"] = True
        planning.request(session.store(), project.id)
    for key in ("bulk_left", "bulk_since"):
        st.session_state.pop(key, None)
    nothing = "There is nothing left to undo in this action."
    session.tell(f"{plural(len(undone), 'decision')} taken back." if undone else nothing, ":material/undo:")
