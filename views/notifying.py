"""The web hooks of a project: who is told of what, how that went last, and a message to try it."""

from __future__ import annotations

import streamlit as st

from data.errors import InvalidInput
from data.hooks import Hook, Message
from data.records import Project
from data.store import Store
from recommend.changes import EVENTS
from recommend.hooks import add_hook, host_of, note_test
from recommend.hooks_cli import last_words
from recommend.postman import postman
from views import session
from views.wording import plain

NEWS = {"band": "The rating crosses a band", "factor": "A factor falls beyond chance", "stop": "The stop answer changes"}


def part(store: Store, project: Project) -> None:
    """The hooks there are, and a form for another one."""
    st.subheader("Web hooks", anchor=False)
    st.caption(
        "Another program, a chat channel say, is told when something changes while nobody looks. No text of any item is sent. "
        "What is sent is described in `schemas/notification.schema.json`."
    )
    if any(_on_its_way(message) for _, message in _last(store, project)):
        _watched(store, project)
    else:
        _rows(store, project)
    with st.form("hook_form", border=True):
        st.text_input("Address", key="hook_url", placeholder="https://example.org/hooks/plateau", max_chars=2000)
        st.text_input("Secret", key="hook_secret", type="password", max_chars=200,
                      help="Signs what is sent, so that the other side knows it is from here. Optional.")  # fmt: skip
        st.multiselect("Tell of", EVENTS, default=EVENTS, key="hook_events", format_func=NEWS.__getitem__)
        st.form_submit_button("Add the web hook", icon=":material/add_link:", on_click=_add, args=(project,), key="hook_add")


def _last(store: Store, project: Project) -> list[tuple[Hook, Message | None]]:
    return [(hook, next(iter(store.messages(project.id, hook.id, 1)), None)) for hook in store.hooks(project.id)]


def _on_its_way(message: Message | None) -> bool:
    return message is not None and message.state == "waiting" and not message.error


@st.fragment(run_every="1s")
def _watched(store: Store, project: Project) -> None:
    """The same rows, drawn anew until what is on its way has arrived or failed."""
    if not any(_on_its_way(message) for _, message in _last(store, project)):
        st.rerun()
    _rows(store, project)


def _rows(store: Store, project: Project) -> None:
    for hook, message in _last(store, project):
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"hook_{hook.id}"):
            st.markdown(f"**{plain(host_of(hook.url))}**  \n{about(hook, message)}", width="stretch")
            st.button("Send a test", key=f"hook_test_{hook.id}", icon=":material/send:", on_click=_test, args=(hook,))
            st.button("Remove", key=f"hook_remove_{hook.id}", icon=":material/delete:", on_click=_remove, args=(hook,))


def about(hook: Hook, message: Message | None) -> str:
    """What a hook is told of, and how its last message went, in words."""
    told = ", or ".join(NEWS[name][0].lower() + NEWS[name][1:] for name in EVENTS if name in hook.events)
    state = "A message is on its way." if _on_its_way(message) else plain(last_words(message))
    return f"Told when {told}. {'Signed. ' if hook.secret else ''}{state}"


@session.callback
def _add(project: Project) -> None:
    said = st.session_state
    add_hook(session.store(), project.id, said["hook_url"], secret=said["hook_secret"].strip(), events=said["hook_events"])
    said["hook_url"] = said["hook_secret"] = ""
    st.toast("The web hook is told from now on. Send a test to see whether it arrives.", icon=":material/check:")


@session.callback
def _test(hook: Hook) -> None:
    store = session.store()
    if not note_test(store, store.hook(hook.project_id, hook.id)):
        raise InvalidInput("Something else was told at this moment. Press the button again.")
    postman().wake(store)


@session.callback
def _remove(hook: Hook) -> None:
    session.store().remove_hook(hook.project_id, hook.id)
