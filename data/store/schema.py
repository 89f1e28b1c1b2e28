"""The tables, as migrations that are applied in order and never edited after release."""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from data.records import now

MIGRATIONS = Migrations("plateau")
#: What is true of a review that nobody has taken back.
STANDING = "reviews.state <> 'undone' AND reviews.id NOT IN (SELECT undoes FROM reviews WHERE undoes IS NOT NULL)"

_TABLES = """
CREATE TABLE projects (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, single_label INTEGER NOT NULL, profile TEXT NOT NULL,
    settings TEXT NOT NULL, revision INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE labels (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), name TEXT NOT NULL,
    description TEXT NOT NULL, created_at TEXT NOT NULL, important INTEGER NOT NULL,
    retired_at TEXT, merged_into INTEGER REFERENCES labels(id), UNIQUE (project_id, name)
);
CREATE TABLE label_events (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id),
    label_id INTEGER NOT NULL REFERENCES labels(id), at TEXT NOT NULL, kind TEXT NOT NULL, before TEXT, after TEXT
);
CREATE TABLE items (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), uid TEXT NOT NULL,
    text TEXT NOT NULL, hash BLOB NOT NULL, media TEXT, metadata TEXT NOT NULL, at TEXT,
    UNIQUE (project_id, uid)
);
CREATE TABLE reviews (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id),
    item_id INTEGER NOT NULL REFERENCES items(id), annotator TEXT NOT NULL, state TEXT NOT NULL,
    assigned TEXT NOT NULL, dismissed TEXT NOT NULL, confirmed TEXT NOT NULL, partial INTEGER NOT NULL,
    at TEXT NOT NULL, seconds REAL, source TEXT NOT NULL, action_id INTEGER, list_rank INTEGER, list_size INTEGER,
    candidates INTEGER, model_version INTEGER, revision INTEGER NOT NULL, undoes INTEGER UNIQUE REFERENCES reviews(id)
);
CREATE INDEX reviews_by_item ON reviews (item_id, annotator, id);
CREATE INDEX reviews_by_project ON reviews (project_id, id);
CREATE TABLE predictions (
    item_id INTEGER NOT NULL REFERENCES items(id), model_version TEXT NOT NULL, at TEXT NOT NULL,
    scores TEXT NOT NULL, PRIMARY KEY (item_id, model_version)
) WITHOUT ROWID;
CREATE TABLE model_versions (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), version INTEGER NOT NULL,
    revision INTEGER NOT NULL, created_at TEXT NOT NULL, config TEXT NOT NULL, UNIQUE (project_id, version)
);
CREATE TABLE snapshots (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), revision INTEGER NOT NULL,
    model_version INTEGER NOT NULL, created_at TEXT NOT NULL, value REAL, low REAL, high REAL,
    reviewed INTEGER NOT NULL, config TEXT NOT NULL, rating TEXT NOT NULL,
    UNIQUE (project_id, revision, config)
);
CREATE TABLE actions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects(id), kind TEXT NOT NULL,
    theme TEXT NOT NULL, reason TEXT NOT NULL, factor TEXT NOT NULL, label_ids TEXT NOT NULL, item_ids TEXT NOT NULL,
    candidates INTEGER NOT NULL, predicted_gain REAL, predicted_seconds REAL NOT NULL, model_version INTEGER NOT NULL,
    revision INTEGER NOT NULL, state TEXT NOT NULL, created_at TEXT NOT NULL, done_at TEXT, rating_before REAL,
    realised_gain REAL, seconds REAL
);
CREATE INDEX actions_by_project ON actions (project_id, state, id);
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), kind TEXT NOT NULL,
    state TEXT NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL, message TEXT NOT NULL,
    pid INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
"""


@MIGRATIONS()
def m001_tables(db: Database) -> None:
    """Projects, labels, items, reviews, predictions, models, ratings, actions, jobs."""
    for statement in _TABLES.split(";"):
        if statement.strip():
            db.execute(statement)


@MIGRATIONS()
def m002_chances(db: Database) -> None:
    """How likely each item was to be drawn into its list. Of earlier lists that is known of Shuffle's alone: even for all."""
    db.execute("ALTER TABLE reviews ADD COLUMN chance REAL")
    db.execute("ALTER TABLE actions ADD COLUMN chances TEXT")
    db.execute("UPDATE reviews SET chance = 1.0 * list_size / candidates WHERE source = 'shuffle' AND list_size <= candidates")


@MIGRATIONS()
def m003_stop_checks(db: Database) -> None:
    """What each stop answer rested on, one row a revision, with the model's decisions while later ones are held against them."""
    db.execute(
        "CREATE TABLE stop_checks (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), "
        "revision INTEGER NOT NULL, model_version INTEGER NOT NULL, created_at TEXT NOT NULL, reviewed INTEGER NOT NULL, "
        "answer TEXT NOT NULL, headline TEXT NOT NULL, figures TEXT NOT NULL, decisions BLOB, UNIQUE (project_id, revision))"
    )


@MIGRATIONS()
def m004_simulations(db: Database) -> None:
    """What-if simulations."""
    db.execute(
        "CREATE TABLE simulations (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), "
        "revision INTEGER NOT NULL, created_at TEXT NOT NULL, settings TEXT NOT NULL, result TEXT NOT NULL)"
    )


@MIGRATIONS()
def m005_promises(db: Database) -> None:
    """What an action promised, so that it can be held to it. Of earlier actions only the predicted gain is known."""
    db.execute("ALTER TABLE actions ADD COLUMN promise TEXT")


@MIGRATIONS()
def m006_terms(db: Database) -> None:
    """The words by which the items of a search were found."""
    db.execute("ALTER TABLE actions ADD COLUMN terms TEXT NOT NULL DEFAULT '[]'")


@MIGRATIONS()
def m007_people(db: Database) -> None:
    """Who holds which items, who started an action and what it showed; notes, doubts and views of reviews."""
    db.execute("ALTER TABLE reviews ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE reviews ADD COLUMN uncertain INTEGER NOT NULL DEFAULT 0")
    db.execute("ALTER TABLE reviews ADD COLUMN view TEXT NOT NULL DEFAULT ''")
    db.execute("ALTER TABLE actions ADD COLUMN annotator TEXT")
    db.execute("ALTER TABLE actions ADD COLUMN shown TEXT")
    db.execute(
        "CREATE TABLE leases (project_id INTEGER NOT NULL REFERENCES projects(id), "
        "item_id INTEGER NOT NULL REFERENCES items(id), annotator TEXT NOT NULL, action_id INTEGER NOT NULL, "
        "until TEXT NOT NULL, PRIMARY KEY (item_id, annotator)) WITHOUT ROWID"
    )
    db.execute("CREATE INDEX leases_by_project ON leases (project_id, until)")


@MIGRATIONS()
def m008_actions(db: Database) -> None:
    """What was decided in an action is found by the action, not by reading all of the project's reviews."""
    db.execute("CREATE INDEX reviews_by_action ON reviews (action_id, annotator, id)")


@MIGRATIONS()
def m009_api(db: Database) -> None:
    """Who may use the HTTP API, what was answered to requests that may come again, and what long requests brought."""
    db.execute(
        "CREATE TABLE api_tokens (id INTEGER PRIMARY KEY, name TEXT NOT NULL, scope TEXT NOT NULL, salt BLOB NOT NULL, "
        "hash BLOB NOT NULL, created_at TEXT NOT NULL, revoked_at TEXT)"
    )
    db.execute(
        "CREATE TABLE api_answers (token_id INTEGER NOT NULL REFERENCES api_tokens(id), key TEXT NOT NULL, "
        "request BLOB NOT NULL, at TEXT NOT NULL, pid INTEGER NOT NULL, status INTEGER, headers TEXT, body BLOB, "
        "PRIMARY KEY (token_id, key)) WITHOUT ROWID"
    )
    db.execute(
        "CREATE TABLE job_results (job_id INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE, result TEXT NOT NULL)"
    )


@MIGRATIONS()
def m010_hooks(db: Database) -> None:
    """Web hooks, what each was told last, and the messages to them until they are delivered."""
    db.execute(
        "CREATE TABLE hooks (id INTEGER PRIMARY KEY AUTOINCREMENT, project_id INTEGER NOT NULL REFERENCES projects(id), "
        "url TEXT NOT NULL, secret TEXT NOT NULL, events TEXT NOT NULL, marks TEXT NOT NULL, created_at TEXT NOT NULL)"
    )
    db.execute(
        "CREATE TABLE messages (id INTEGER PRIMARY KEY, hook_id INTEGER NOT NULL REFERENCES hooks(id), "
        "project_id INTEGER NOT NULL REFERENCES projects(id), uid TEXT NOT NULL UNIQUE, event TEXT NOT NULL, "
        "payload TEXT NOT NULL, state TEXT NOT NULL, attempts INTEGER NOT NULL, created_at TEXT NOT NULL, next_at TEXT NOT NULL, "
        "tried_at TEXT, status INTEGER, error TEXT NOT NULL DEFAULT '')"
    )
    db.execute("CREATE INDEX messages_due ON messages (state, next_at)")


@MIGRATIONS()
def m011_outside(db: Database) -> None:
    """Which judgements came from which ones of another tool."""
    db.execute(
        "CREATE TABLE outside_reviews (project_id INTEGER NOT NULL REFERENCES projects(id), origin TEXT NOT NULL, "
        "key TEXT NOT NULL, stamp TEXT NOT NULL, review_id INTEGER REFERENCES reviews(id), "
        "PRIMARY KEY (project_id, origin, key, stamp)) WITHOUT ROWID"
    )


@MIGRATIONS()
def m012_watched(db: Database) -> None:
    """What became of files that were found by watching a folder."""
    db.execute(
        "CREATE TABLE watched (project_id INTEGER NOT NULL REFERENCES projects(id), digest TEXT NOT NULL, path TEXT NOT NULL, "
        "state TEXT NOT NULL, manner TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (project_id, digest)) WITHOUT ROWID"
    )


@MIGRATIONS()
def m013_studies(db: Database) -> None:
    """Heavy analyses as they were kept, and what people have marked and noted of model versions."""
    db.execute(
        "CREATE TABLE studies (project_id INTEGER NOT NULL REFERENCES projects(id), kind TEXT NOT NULL, key TEXT NOT NULL, "
        "revision INTEGER NOT NULL, model_version INTEGER NOT NULL, created_at TEXT NOT NULL, result TEXT NOT NULL, arrays BLOB, "
        "PRIMARY KEY (project_id, kind, key))"
    )
    db.execute(
        "CREATE TABLE version_marks (project_id INTEGER NOT NULL REFERENCES projects(id), version INTEGER NOT NULL, "
        "starred INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (project_id, version)) WITHOUT ROWID"
    )


@MIGRATIONS()
def m014_taxonomy(db: Database) -> None:
    """Since when a label is learned anew; who changed the taxonomy, and each change as one step that can be taken back."""
    db.execute("ALTER TABLE labels ADD COLUMN reset_at TEXT")
    db.execute("ALTER TABLE label_events ADD COLUMN annotator TEXT NOT NULL DEFAULT ''")
    db.execute(
        "CREATE TABLE label_steps (id INTEGER PRIMARY KEY, project_id INTEGER NOT NULL REFERENCES projects(id), "
        "at TEXT NOT NULL, annotator TEXT NOT NULL, kind TEXT NOT NULL, label_id INTEGER NOT NULL REFERENCES labels(id), "
        "words TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, rests_on TEXT NOT NULL, action_id INTEGER, "
        "undoes INTEGER UNIQUE REFERENCES label_steps(id))"
    )
    db.execute("CREATE INDEX label_steps_by_project ON label_steps (project_id, id)")


@MIGRATIONS()
def m015_items(db: Database) -> None:
    """A project's items are read in the order of their numbers, page by page, without sorting those that are left each time."""
    db.execute("CREATE INDEX items_by_project ON items (project_id, id)")


@MIGRATIONS()
def m016_marks(db: Database) -> None:
    """When the predictions of each model version changed last, so that whoever has read them knows whether to read them again."""
    db.execute(
        "CREATE TABLE prediction_marks (project_id INTEGER NOT NULL REFERENCES projects(id), model_version TEXT NOT NULL, "
        "mark TEXT NOT NULL, PRIMARY KEY (project_id, model_version)) WITHOUT ROWID"
    )
    db.execute(
        "INSERT INTO prediction_marks SELECT DISTINCT i.project_id, p.model_version, '0 ' || ? FROM predictions p "
        "JOIN items i ON i.id = p.item_id",
        [now()],
    )


#: The migrations that this Plateau knows; a database with others was written by a newer one.
_STEPS = (
    m001_tables, m002_chances, m003_stop_checks, m004_simulations, m005_promises, m006_terms, m007_people, m008_actions,
    m009_api, m010_hooks, m011_outside, m012_watched, m013_studies, m014_taxonomy,
    m015_items, m016_marks,
)  # fmt: skip
KNOWN = frozenset(migration.__name__ for migration in _STEPS)
