"""What the Label page draws: the item, its labels, and the keys."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import streamlit as st

from data.errors import NotFound, Taken
from data.records import Item, Label, Project, Review, StoredAction
from data.store import Store
from views import actionlist, afterwards, desk, pairing, planning, session
from views.desk import Work
from views.gauge import prose
from views.media import address, picture
from views.wording import FACTORS, KIND_ICONS, duration, plain, plural, title_of

PAIR_SHORTCUTS = "1 to 4 answer · S skips · U undoes · ← → move without deciding"
SHORTCUTS = "Enter confirms · 1 to 9 tick · S skips · U undoes · ← → move without deciding"


def work_on(store: Store, project: Project, action_id: int) -> None:
    """Open an action and hand over to the desk."""
    try:
        store.start_action(project.id, action_id, session.annotator())
    except (NotFound, Taken) as error:
        session.leave_action()
        st.info(plain(str(error)), icon=":material/info:")
        actionlist.choose(store, project)
        return
    with st.spinner("Preparing suggestions…"):
        work = desk.open_work(store, project.id, action_id)
    if work.action.kind == "search":
        terms(store, project, work.action)
    table(project, work)


def terms(store: Store, project: Project, action: StoredAction) -> None:
    """The words that are searched for, to be changed."""
    with st.form(f"search_{action.id}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input("Words to search for, separated by commas", ", ".join(action.terms), max_chars=200,
                              key=f"search_terms_{action.id}")  # fmt: skip
        again = st.form_submit_button("Search again", icon=":material/search:")
    if not again:
        return
    with session.explained(), st.spinner("Searching…"):
        from recommend.searching import clean_terms, search_again

        planned = planning.latest(store, project.id)
        found = search_again(store, project.id, session.annotator(), planned, action, clean_terms(typed))
        session.take_action(found.id)
        st.rerun()


@st.fragment
def table(project: Project, work: Work) -> None:
    """The item in view with its labels; only this part is drawn anew at a click."""
    session.show_failure()
    with session.explained():
        _draw(session.store(), project, work)


def _draw(store: Store, project: Project, work: Work) -> None:
    work = desk.as_it_counts(store, project.id, work)
    done = desk.decided(store, work, session.annotator())
    position = desk.place(work, done)
    pair = work.action.kind == "merge"
    if position is None:
        if pair:
            pairing.sides(store, project, work)
            pairing.decision(store, project, work)
        afterwards.finished(store, project, work, done)
        return
    item = store.item(project.id, work.items[position].id)  # as it stands: an import may have changed its text
    mine = done.get(item.id)
    offered = desk.show(store, project, work, item, mine)
    labels = {label.id: label for label in store.labels(project.id)}
    _head(work, position, len(done))
    if pair:
        pairing.sides(store, project, work)
    with st.container(border=True, key="item"):
        _item(item, mine, store.path.absolute().parent)
        if work.action.kind == "resolve":
            answers(store, project, item, labels)
    if pair:
        pairing.answers(project, work, position, labels)
        _keys(project, work, position)
        pairing.decision(store, project, work)
    else:
        _choices(project, work, item, labels, offered)
        _keys(project, work, position, tuple(offered))


def _head(work: Work, position: int, done: int) -> None:
    action = work.action
    with st.container(gap="xsmall"):
        st.markdown(
            f"### {KIND_ICONS.get(action.kind, '')} {title_of(action.kind)}: {plain(action.theme)} &nbsp; "
            f":gray-badge[{FACTORS.get(action.factor, action.factor)}]"
        )
        asks = " The review's labels are ticked; confirm them or change them." if work.doubts and action.kind != "merge" else ""
        st.caption(plain(action.reason) + asks)
        left = action.predicted_seconds * (len(work.items) - done) / max(len(work.items), 1)
        st.progress(done / max(len(work.items), 1),
                    text=f"**{position + 1} of {len(work.items)}** · {done} decided · about {duration(left)} left")  # fmt: skip


def _item(item: Item, mine: Review | None, folder: Path) -> None:
    if item.media:
        _media(item, item.media, folder)
    if item.text:
        st.html(prose(item.text))
    facts = [item.uid, *([_day(item.at)] if item.at else []), *(f"{key}: {value}" for key, value in item.metadata.items())]
    st.caption(" · ".join(plain(str(fact)[:80]) for fact in facts[:8]))
    if mine is not None:
        st.caption(f":material/done: You {mine.state} this one already; confirm again to change it.")


def answers(store: Store, project: Project, item: Item, labels: Mapping[int, Label]) -> None:
    """What each annotator has said of an item, side by side."""
    now = desk.serving(store.labels(project.id, retired=True))
    given = [review for review in store.standing_reviews([item.id]).get(item.id, []) if review.state == "reviewed"]
    with st.grid(3, min_column_width=180):
        for review in given:
            names = [plain(labels[label_id].name) for label_id in desk.translated(review.assigned, now)]
            with st.container(border=True, gap="xsmall"):
                st.caption(f":material/person: {plain(review.annotator)} · {_day(review.at)}")
                st.markdown("  \n".join(f"**{name}**" for name in names) or ":gray[no label]")


def _media(item: Item, media: str, folder: Path) -> None:
    """The item's picture; an address as a link, which is never fetched here; a note about anything else."""
    content = picture(media, folder)
    if content is not None:
        st.image(content, width=480, alt=item.text[:120] or item.uid)
    elif link := address(media):
        st.html(link)
    else:
        st.caption(
            f":material/hide_image: {plain(media[:80])} is no picture below the folder of the database, or its media folder."
        )


def _day(moment: str) -> str:
    try:
        return datetime.fromisoformat(moment).strftime("%-d %B %Y")
    except ValueError:
        return moment


def _choices(project: Project, work: Work, item: Item, labels: dict[int, Label], offered: list[int]) -> None:
    """The labels offered as buttons with a digit each, and a search for all others."""
    chances = {s.label_id: s.probability for s in work.suggested.get(item.id, ())}
    chosen = desk.ticked()
    with st.container(horizontal=True, key="choices"):
        for number, label_id in enumerate(offered, start=1):
            on = label_id in chosen
            asked = work.doubts and label_id in work.action.label_ids
            chance = f" :small[{chances[label_id]:.0%}]" if label_id in chances else ""
            st.button(
                f"{plain(labels[label_id].name)}{' **?**' if asked else ''}{chance}",
                key=f"label_{item.id}_{label_id}", type="primary" if on else "secondary",
                icon=":material/check_box:" if on else ":material/check_box_outline_blank:",
                shortcut=str(number) if number <= desk.DIGITS else None, on_click=desk.toggle,
                args=(label_id, project.single_label),
                help=plain(labels[label_id].description) or None, wrap=True,
            )  # fmt: skip
    key = f"label_search_{item.id}_{st.session_state.get('desk_adds', 0)}"
    others = [label.name for label in labels.values() if label.id not in offered]
    st.selectbox(
        "Another label", others, index=None, key=key, placeholder="Search all labels, or type a new one…",
        accept_new_options=True, label_visibility="collapsed", on_change=desk.add_label, args=(project, key), width=460,
    )  # fmt: skip


def _keys(project: Project, work: Work, position: int, offered: tuple[int, ...] | None = None) -> None:
    """The buttons that decide an item or move on; without ``offered`` labels it is decided by other buttons."""
    count = len(desk.ticked())
    words = f"Confirm {plural(count, 'label')}" if count else "Confirm: no label applies"
    with st.container(horizontal=True, vertical_alignment="center", key="keys"):
        if offered is not None:
            st.button(words, key="confirm", type="primary", shortcut="Enter", icon=":material/done:", on_click=desk.confirm,
                      args=(project, work, position, offered))  # fmt: skip
        st.button("Skip", key="skip", shortcut="S", on_click=desk.skip, args=(project, work, position))
        st.button("Undo", key="undo", shortcut="U", icon=":material/undo:", on_click=desk.undo, args=(project, work))
        st.button("Back", key="back", shortcut="Left", on_click=desk.move, args=(work, position - 1), disabled=position == 0)
        st.button("Forward", key="forward", shortcut="Right", on_click=desk.move, args=(work, position + 1),
                  disabled=position == len(work.items) - 1)  # fmt: skip
        if st.button("Leave", key="leave", type="tertiary", help="What you decided is kept; go on later from the Overview."):
            session.leave_action()
            st.rerun()
    st.caption(SHORTCUTS if offered is not None else PAIR_SHORTCUTS)
