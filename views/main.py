"""The pages: each session runs this script, which draws the frame and then the page that is open."""

import streamlit as st

from data.errors import PlateauError
from views import session
from views.gauge import logo
from views.wording import plain

st.set_page_config(page_title="Plateau", page_icon=logo(dark=False, word=False), layout="wide")

dark = st.context.theme.type == "dark"
st.logo(logo(dark=dark), size="large", icon_image=logo(dark=dark, word=False))


def to_overview() -> None:
    """The Overview stands at ``/``; who comes by ``/overview`` is brought there with all else that the address says."""
    st.switch_page(session.OVERVIEW, query_params=st.query_params.to_dict())


pages = {
    "Steer": [
        st.Page("overview_page.py", title="Overview", icon=":material/landscape:", url_path="start", default=True,
                help="How good the model is, what to do next, and whether it is enough."),
        st.Page(to_overview, title="Overview", url_path="overview", visibility="hidden"),
        st.Page("progress_page.py", title="Progress", icon=":material/show_chart:", url_path="progress",
                help="How the model came to be what it is, when each label was learned, and whether promises are kept."),
        st.Page("whatif_page.py", title="What if", icon=":material/alt_route:", url_path="whatif",
                help="What the same reviews would have cost, chosen in another way."),
    ],
    "Work": [
        st.Page("label_page.py", title="Label", icon=":material/label:", url_path="label",
                help="Work through one action, one item at a time."),
        st.Page("map_page.py", title="Map", icon=":material/scatter_plot:", url_path="map",
                help="All items at a glance, like ones together, and what the labels do not know yet."),
        st.Page("quality_page.py", title="Doubts", icon=":material/rule:", url_path="quality",
                help="Reviews that look wrong, near-identical items judged differently, labels taken for each other."),
    ],
    "Understand": [
        st.Page("labels_page.py", title="Labels", icon=":material/sell:", url_path="labels",
                help="How well each label is known, what is wrong with it, and what to do about it."),
        st.Page("fit_page.py", title="Model fit", icon=":material/tune:", url_path="fit",
                help="Whether the model is too simple or too rich for its data, and whether a better encoder would help."),
        st.Page("versions_page.py", title="Versions", icon=":material/commit:", url_path="versions",
                help="Every model there was, any two side by side, and the way back to an earlier one."),
        st.Page("validation_page.py", title="Validation", icon=":material/verified:", url_path="validation",
                help="How far these figures are from the truth, where the truth is known."),
    ],
    "Set up": [
        st.Page("targets_page.py", title="Targets", icon=":material/target:", url_path="targets",
                help="When the model is good enough, what counts how much, and what other targets would change."),
        st.Page("data_page.py", title="Data", icon=":material/database:", url_path="data",
                help="Bring messages in, take results out, look after the labels."),
        st.Page("taxonomy_page.py", title="Taxonomy", icon=":material/account_tree:", url_path="taxonomy",
                help="Create, rename, nest, merge, retire and reset labels; every change can be taken back."),
        st.Page("models_page.py", title="Models", icon=":material/compare_arrows:", url_path="models",
                help="Your own model's predictions: how good it is beside Plateau's own, and who plans and suggests."),
        st.Page("people_page.py", title="People", icon=":material/group:", url_path="people",
                help="Who has judged what, how far people agree, and whose judgement has shifted."),
        st.Page("history_page.py", title="History", icon=":material/history:", url_path="history",
                help="Every decision: who, when, where, and the way back to it."),
    ],
}  # fmt: skip
page = st.navigation(pages, expanded=True)

try:
    session.apply_choice()
    with st.sidebar:
        session.pick_project()
    session.show_not_found()
    page.run()
except PlateauError as error:  # a locked, full or damaged database, say: the next click tries again
    st.error(plain(str(error)), icon=":material/error:")
