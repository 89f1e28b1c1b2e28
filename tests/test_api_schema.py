"""The HTTP API keeps to its description, whatever is sent: schemathesis makes requests up from it and looks at the answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from api.app import Limits
from tests.calling import V1, api_of

#: So many requests as they should be, and as many as they should not be, are made up for each route.
EXAMPLES = 5
LEAST_ROUTES = 30
#: How a request that breaks a rule may be refused; 413 where it is too large besides.
REFUSED = (400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx")
#: Routes with rules that no description can hold: labels that exist, items that are there, a label that is not itself.
RULED = (
    "/reviews", "/merge", "/labels", "/predictions", "/move", "/reset", "/revive", "/split", "/preview", "/taxonomy/undo",
)  # fmt: skip


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    return "\n".join(map(json.dumps, value if isinstance(value, list) else [value])).encode()


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_answer_is_as_described_whatever_is_asked(tmp_path: Path, mode: GenerationMode) -> None:
    api = api_of(tmp_path, limits=Limits(rate=1e6, burst=1_000_000))
    api.post("actions", json={"annotator": "Ann"})
    headers = {"Authorization": f"Bearer {api.tokens['admin']}", "Host": "127.0.0.1"}
    schema = schemathesis.openapi.from_asgi(f"{V1}/openapi.json", api.app, headers=headers)
    schema.config.checks.negative_data_rejection.expected_statuses = list(map(str, REFUSED))
    routes = [found.ok() for found in schema.get_all_operations()]
    assert len(routes) >= LEAST_ROUTES
    for route in routes:
        tried(route, mode, headers)


def tried(route: Any, mode: GenerationMode, headers: dict[str, str]) -> None:
    """Send a route what hypothesis makes up, and check the answers; nothing where nothing can be made up."""
    foreign = "/label-studio/" in route.path  # another tool's protocol: it may send what we do not know
    left_out = CHECKS.get_by_names([
        *(["positive_data_acceptance"] if route.method == "post" and (foreign or route.path.endswith(RULED)) else []),
        *(["negative_data_rejection"] if foreign else []),
    ])  # fmt: skip

    @given(case=route.as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=headers, excluded_checks=left_out)

    try:
        asked()
    except Unsatisfiable:
        assert route.path.endswith("/health")
