"""Plateau: how good is the model, what to label next, and when to stop. Run it with ``streamlit run app.py``.

The pages stand at ``/``, the HTTP API at ``/api``, and what the desk asks for beside its page at ``/desk``, in one process.
"""

from pathlib import Path

import streamlit as st
from starlette.routing import Route

from api.app import app_from_environment
from views import deskquick

routes = [Route("/api/{rest:path}", app_from_environment()), Route("/desk", deskquick.answer, methods=["POST"])]
app = st.App(Path(__file__).parent / "views" / "main.py", routes=routes)
