"""Validation: estimates held against the truth, where the truth is known."""

import streamlit as st

from views import session, validation
from views.wording import plural

project, settings = session.project(), validation.load()
st.title("Validation", anchor=False)
st.markdown(
    "Plateau rates a model from reviewed items alone. Here its figures are held against the truth: projects replayed on data "
    "whose labels are all known, part of which Plateau never sees."
)
if not settings:
    st.info(
        "Nothing is measured yet. Run `python -m benchmarks trajectory` on a labelled file, then `python -m benchmarks report` "
        "with `--validation benchmarks/measured/validation.json`.",
        icon=":material/science:",
    )
    st.stop()

snapshots = session.store().snapshots(project.id) if project else []
validation.own_project(settings, snapshots[-1].reviewed if snapshots else None)

names = {validation.words_of(setting): setting for setting in settings}
with st.container(horizontal=True, vertical_alignment="bottom"):
    chosen = names[st.selectbox("Data", list(names), key="validation_data", width=300)]
    estimate = st.selectbox("Figure", list(validation.ESTIMATES), format_func=validation.ESTIMATES.__getitem__,
                            key="validation_figure", width=260)  # fmt: skip
    policies = validation.policies_of(chosen)
    picked = st.pills("Items chosen", policies, selection_mode="multi", default=policies, format_func=validation.policy_title,
                      key="validation_policies", wrap=True)  # fmt: skip

validation.curves(chosen, estimate, [policy for policy in policies if policy in picked] or policies)
since = st.segmented_control(
    "Errors, in points of 100, from so many reviews on", found := validation.starts(chosen), default=found[0],
    format_func="{:,}".format, key="validation_since", required=True,
)  # fmt: skip
validation.errors(chosen, estimate, since)
st.caption(
    f"Means over {plural(chosen['runs'], 'run')}, each from another hundred random reviews. The truth is that of the current "
    "model on the items held out; a forecast is held against what came of it."
)
with st.expander("How these figures are made", icon=":material/terminal:"):
    st.code(validation.command(settings), language="bash")
