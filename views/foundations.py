"""What a project lacks before finer work pays, above the work on offer."""

from __future__ import annotations

import streamlit as st

from recommend.serving import Served
from views.wording import plain


def show(served: Served | None) -> None:
    """The foundations with how much of each is there; once there is a rating only what is missing, nothing when all are laid."""
    missing = [] if served is None else [gate for gate in served.gates if not gate.met]
    if served is None or not missing:
        return
    if served.probability is not None:
        for gate in missing:
            st.caption(f":material/foundation: {gate.title}: **{gate.have:,}** of {gate.need:,}. {plain(gate.words)}")
        return
    with st.container(border=True, gap="xsmall", key="foundations"):
        st.markdown("**Foundations first**")
        for gate in served.gates:
            icon = ":green[:material/check_circle:]" if gate.met else ":material/radio_button_unchecked:"
            count = f"**{gate.have:,}** of {gate.need:,}" if not gate.met else f"**{gate.have:,}**"
            st.markdown(f"{icon} {gate.title}: {count}" + (f" &nbsp; :gray[{plain(gate.words)}]" if gate.words else ""))
