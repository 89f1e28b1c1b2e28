"""What a project lacks before finer work pays, above the work on offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views.wording import plain

if TYPE_CHECKING:  # see views/planning.py
    from recommend.service import Planned


def show(planned: Planned | None) -> None:
    """The foundations with how much of each is there; once there is a rating only what is missing, nothing when all are laid."""
    missing = [] if planned is None else [gate for gate in planned.gates if not gate.met]
    if planned is None or not missing:
        return
    if planned.rated.result.assessment is not None:
        for gate in missing:
            st.caption(f":material/foundation: {gate.title}: **{gate.have:,}** of {gate.need:,}. {plain(gate.words)}")
        return
    with st.container(border=True, gap="xsmall", key="foundations"):
        st.markdown("**Foundations first**")
        for gate in planned.gates:
            icon = ":green[:material/check_circle:]" if gate.met else ":material/radio_button_unchecked:"
            count = f"**{gate.have:,}** of {gate.need:,}" if not gate.met else f"**{gate.have:,}**"
            st.markdown(f"{icon} {gate.title}: {count}" + (f" &nbsp; :gray[{plain(gate.words)}]" if gate.words else ""))
