"""Map: all items at a glance, like ones together, and what the labels do not know yet."""

import streamlit as st

from views import freshness, mapchoice, mapview, planning, session, training, welcome

store, project = session.store(), session.project()
session.show_failure()
if project is None:
    welcome.no_project(store)
    st.stop()

st.title("Map", anchor=False)
st.caption("Every item is a point, and like items lie together. Draw around some of them to label them, or to make them a label.")
if not store.count_items(project.id):
    st.markdown("There is nothing to map yet.")
    if st.button("Import messages", key="go_import_items", type="primary", icon=":material/upload_file:"):
        st.switch_page(session.DATA)
    st.stop()

study = mapview.drawn_map(store, project)
if study is None:
    st.stop()
served = planning.latest(store, project.id)
training.serving(store, project)
scene = mapview.scene(store, project, study, served)
left, right = st.columns([7, 3], gap="medium")
with left:
    mapview.draw(store, project, study, scene)
with right:
    theme = mapview.choose_theme(scene.themes)
    drawn = mapview.outline()
    rows = mapchoice.chosen(scene.ground, drawn, theme)
    mapchoice.unexplained(store, project, scene)
with left:
    mapview.tell(project.id, scene.ground.item_ids, drawn, None if drawn or theme is None else theme.number)
    if len(rows):
        mapchoice.selection(store, project, scene, rows, None if drawn else theme)
    elif drawn:
        st.info("No item lies inside what you drew. Draw around some points.", icon=":material/info:")
    mapchoice.all_themes(scene.themes)

if freshness.wants_plan(project, served):
    with session.explained(), st.spinner("Reading what the model knows of the items…"):
        planning.renew(store, project.id)
        st.rerun()
