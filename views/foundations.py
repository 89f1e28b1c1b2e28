"""What a project lacks before finer work pays, above the work on offer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from views.wording import plain

if TYPE_CHECKING:  # see views/planning.py
    from recommend.service import Planned


def show(planned: Planned | None) -> None:
    """The foundations that are missing, each with how much of it is there; nothing when all are laid, or none is known yet."""
    if planned is None or all(gate.met for gate in planned.gates):
        return
    with st.container(border=True, gap="xsmall", key="foundations"):
        st.markdown("**Foundations first**")
        for gate in planned.gates:
            icon = ":green[:material/check_circle:]" if gate.met else ":material/radio_button_unchecked:"
            count = f"**{gate.have:,}** of {gate.need:,}" if not gate.met else f"**{gate.have:,}**"
            st.markdown(f"{icon} {gate.title}: {count}" + (f" &nbsp; :gray[{plain(gate.words)}]" if gate.words else ""))
