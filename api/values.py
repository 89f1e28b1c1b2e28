"""JSON as it may come from outside: what no other program could read again is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, JsonValue

from data.readable import readable

Json = Annotated[JsonValue, AfterValidator(readable)]
Object = dict[str, Json]
