"""Projects: creating, finding, settings, revisions."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlite_utils import Database

from data.errors import InvalidInput, NotFound
from data.records import PROFILES, Project, now
from data.store.connection import Connection, dumps, next_revision, raise_revision

MAX_NAME = 200
_COLUMNS = "id, name, single_label, profile, settings, revision, created_at"


def _project(row: tuple[Any, ...]) -> Project:
    return Project(row[0], row[1], bool(row[2]), row[3], json.loads(row[4]), row[5], row[6])


def clean_name(name: str, what: str) -> str:
    """Trim a name and check it: not empty, printable, at most 200 characters. Quotes and slashes are fine."""
    cleaned = " ".join(name.split())
    if not cleaned:
        raise InvalidInput(f"A {what} needs a name; this one is empty. Type at least one character.")
    if len(cleaned) > MAX_NAME:
        raise InvalidInput(f"A {what}'s name has at most {MAX_NAME} characters; this one has {len(cleaned)}. Shorten it.")
    if "\x00" in cleaned:
        raise InvalidInput(f"A {what}'s name cannot hold NUL characters. Remove them.")
    return cleaned


def check_profile(profile: str) -> None:
    """Refuse a profile that there is not."""
    if profile not in PROFILES:
        raise InvalidInput(f"A project's profile is {' or '.join(PROFILES)}; not {profile!r}. Choose one of them.")


def ensure_project(db: Database, name: str, single_label: bool, profile: str = "analytics") -> Project:
    """The project with this name, created in the open transaction if there is none."""
    name = clean_name(name, "project")
    check_profile(profile)
    db.conn.execute(
        "INSERT INTO projects (name, single_label, profile, settings, revision, created_at) "
        "VALUES (?, ?, ?, '{}', 0, ?) ON CONFLICT (name) DO NOTHING",
        [name, single_label, profile, now()],
    )
    return _project(db.conn.execute(f"SELECT {_COLUMNS} FROM projects WHERE name = ?", [name]).fetchone())


class Projects(Connection):
    """The part of the store that keeps projects."""

    def create_project(self, name: str, *, single_label: bool = False, profile: str = "analytics") -> Project:
        """Create a project; creating one that exists already returns it unchanged."""
        with self.write() as db:
            return ensure_project(db, name, single_label, profile)

    def projects(self) -> list[Project]:
        """Every project, oldest first."""
        with self.read() as db:
            return [_project(row) for row in db.conn.execute(f"SELECT {_COLUMNS} FROM projects ORDER BY id")]

    def project(self, key: int | str) -> Project:
        """The project with this number or name; NotFound names those that exist."""
        column = "id" if isinstance(key, int) else "name"
        with self.read() as db:
            row = db.conn.execute(f"SELECT {_COLUMNS} FROM projects WHERE {column} = ?", [key]).fetchone()
            names = [name for (name,) in db.conn.execute("SELECT name FROM projects ORDER BY id LIMIT 20")]
        if row is None:
            there = ", ".join(repr(name) for name in names) or "none yet: import a file first"
            raise NotFound(f"There is no project {key!r}. Projects here: {there}.")
        return _project(row)

    def revision(self, project_id: int) -> int:
        """How many writes the project has seen."""
        with self.read() as db:
            return next_revision(db, project_id) - 1

    def update_settings(
        self, project_id: int, changes: Mapping[str, Any], *, merge: Mapping[str, Mapping[str, Any]] | None = None
    ) -> int:
        """Put these settings among the project's own; a value of None removes its key. Returns the revision.

        ``merge`` adds entries to settings that are mappings, whatever another writer has put into them meanwhile.
        """
        with self.write() as db:
            revision = raise_revision(db, project_id)
            (text,) = db.conn.execute("SELECT settings FROM projects WHERE id = ?", [project_id]).fetchone()
            before = json.loads(text)
            inner = {key: {**(before.get(key) or {}), **entries} for key, entries in (merge or {}).items()}
            merged = {k: v for k, v in {**before, **changes, **inner}.items() if v is not None}
            db.conn.execute("UPDATE projects SET settings = ? WHERE id = ?", [dumps(merged), project_id])
            return revision

    def set_targets(
        self, project_id: int, profile: str, changes: Mapping[str, Any], important: Collection[int] | None = None
    ) -> int:
        """Set the profile, these settings (None removes one) and which labels in use are important, all as one revision.

        ``important`` None leaves the labels as they are. Returns the revision; what changes nothing raises none.
        """
        check_profile(profile)
        with self.write() as db:
            (text, held) = db.conn.execute("SELECT settings, profile FROM projects WHERE id = ?", [project_id]).fetchone()
            settings = {key: value for key, value in {**json.loads(text), **changes}.items() if value is not None}
            marked = 0 if important is None else mark_important(db, project_id, important)
            if (settings, profile) == (json.loads(text), held) and not marked:
                return next_revision(db, project_id) - 1
            values = [dumps(settings), profile, project_id]
            db.conn.execute("UPDATE projects SET settings = ?, profile = ? WHERE id = ?", values)
            return raise_revision(db, project_id)


def mark_important(db: Database, project_id: int, important: Collection[int]) -> int:
    """Let these labels of those in use be important and no others; how many that changes."""
    listed = json.dumps(sorted(important))
    return db.conn.execute(
        "UPDATE labels SET important = 1 - important WHERE project_id = ? AND retired_at IS NULL AND merged_into IS NULL "
        "AND important <> (id IN (SELECT value FROM json_each(?)))",
        [project_id, listed],
    ).rowcount
