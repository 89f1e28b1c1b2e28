"""Large answers, a line at a time, and large bodies, kept in a temporary file until they have come whole."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

from fastapi import Request
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from data.errors import StoreError

NDJSON = "application/x-ndjson"
#: The largest body that is taken where a whole file may come, in bytes.
LARGEST_FILE = 500_000_000
#: Of a stream so many lines, of a file so many bytes are sent at once; so many bytes of a body are kept in memory.
_LINES, _MEMORY, _PART = 200, 1_000_000, 256_000


def ndjson(records: Iterable[BaseModel]) -> StreamingResponse:
    """Records as lines of JSON, made as they are sent."""
    return StreamingResponse(_joined(record.model_dump_json() for record in records), media_type=NDJSON)


def _joined(lines: Iterator[str]) -> Iterator[str]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == _LINES:
            yield "\n".join([*batch, ""])
            batch = []
    if batch:
        yield "\n".join([*batch, ""])


def spool() -> IO[bytes]:
    """A file for a body, in memory while it is small."""
    return tempfile.SpooledTemporaryFile(_MEMORY, prefix="plateau-api-")


def kept_file(body: IO[bytes]) -> Path:
    """A body as a temporary file of its own, for whoever deletes it. StoreError when there is no room for it."""
    try:
        handle, name = tempfile.mkstemp(prefix="plateau-api-")
        with os.fdopen(handle, "wb") as out:
            shutil.copyfileobj(body, out)
    except OSError as error:
        raise no_room(error) from error
    return Path(name)


def no_room(error: OSError) -> StoreError:
    """What to say when a temporary file cannot be written."""
    return StoreError(f"The temporary folder cannot take the file ({error.strerror}). Free some space, try again.")


def chunks_of(file: IO[bytes]) -> Iterator[bytes]:
    """What a file holds, from its beginning, in parts."""
    file.seek(0)
    while part := file.read(_PART):
        yield part


async def body_of(request: Request) -> AsyncIterator[IO[bytes]]:
    """A dependency: the whole body as a file at its beginning, gone when the answer is sent."""
    with spool() as kept:
        async for part in request.stream():
            await run_in_threadpool(kept.write, part)
        kept.seek(0)
        yield kept


def lines_of(model: type[BaseModel]) -> dict[str, Any]:
    """How a body of lines is described: as an array, one element a line."""
    return {"required": True, "content": {NDJSON: {"schema": {"type": "array", "items": model.model_json_schema()}}}}


DOCUMENTED = {"content": {NDJSON: {"schema": {"type": "string"}}}, "description": "One JSON object a line."}
