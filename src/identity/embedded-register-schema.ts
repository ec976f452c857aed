/**
 * Schema of the embedded register. Names, numbers and conflicting readings are sealed (AES-256-GCM, bound to row and
 * column); numbers are found by keyed hash. Times are ms since the epoch.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE IF NOT EXISTS key_check (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    hash_key BLOB NOT NULL,
    field_key BLOB NOT NULL
  ) STRICT;

  CREATE TABLE IF NOT EXISTS identities (
    id INTEGER PRIMARY KEY,
    unified_id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('citizen', 'enterprise')),
    name BLOB NOT NULL,
    registered_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS identities_by_kind ON identities (kind);

  -- stated: a certificate holds the number; otherwise it follows from one that does.
  CREATE TABLE IF NOT EXISTS identifiers (
    hash BLOB PRIMARY KEY,
    identity INTEGER NOT NULL REFERENCES identities (id),
    type TEXT NOT NULL,
    value BLOB NOT NULL,
    stated INTEGER NOT NULL CHECK (stated IN (0, 1)),
    authority TEXT NOT NULL,
    learned_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS identifiers_by_identity ON identifiers (identity);

  CREATE TABLE IF NOT EXISTS certificates (
    thumbprint TEXT PRIMARY KEY,
    identity INTEGER NOT NULL REFERENCES identities (id),
    authority TEXT NOT NULL,
    reading BLOB NOT NULL,
    first_used INTEGER NOT NULL,
    last_used INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS certificates_by_identity ON certificates (identity);

  CREATE TABLE IF NOT EXISTS conflicts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    thumbprint TEXT NOT NULL,
    authority TEXT NOT NULL,
    reason TEXT NOT NULL,
    reading BLOB,
    meets TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    times INTEGER NOT NULL,
    UNIQUE (thumbprint, reason)
  ) STRICT;
  `,
  `
  ALTER TABLE certificates ADD COLUMN not_after INTEGER;
  `,
  `
  ALTER TABLE conflicts ADD COLUMN not_after INTEGER;
  ALTER TABLE conflicts ADD COLUMN state TEXT NOT NULL DEFAULT 'open'
    CHECK (state IN ('open', 'joined', 'kept-refused'));
  ALTER TABLE conflicts ADD COLUMN settled_at INTEGER;
  ALTER TABLE conflicts ADD COLUMN joined TEXT;
  CREATE INDEX conflicts_by_state ON conflicts (state, id);

  -- Which identities a conflict meets, as in its column "meets": to be found by.
  CREATE TABLE conflict_meets (
    unified_id TEXT NOT NULL,
    conflict INTEGER NOT NULL REFERENCES conflicts (id),
    PRIMARY KEY (unified_id, conflict)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX conflict_meets_by_conflict ON conflict_meets (conflict);
  INSERT INTO conflict_meets (unified_id, conflict)
    SELECT DISTINCT m.value, c.id FROM conflicts c, json_each(c.meets) m;

  -- Unified ids of identities that were merged into another.
  CREATE TABLE aliases (
    unified_id TEXT PRIMARY KEY,
    identity INTEGER NOT NULL REFERENCES identities (id),
    merged_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX aliases_by_identity ON aliases (identity);
  `,
  `
  -- Role and holder, sealed.
  ALTER TABLE certificates ADD COLUMN acting BLOB;
  `,
];
