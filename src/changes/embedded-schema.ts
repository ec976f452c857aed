/** Migrations of the embedded store; see openSqlite. */
export const MIGRATIONS = [
  `
  CREATE TABLE version (
    sequence INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    digest TEXT NOT NULL,
    origin TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    approved_by TEXT,
    note TEXT NOT NULL,
    at INTEGER NOT NULL,
    UNIQUE (kind, name, version)
  ) STRICT;
  CREATE TABLE version_file (
    sequence INTEGER NOT NULL REFERENCES version,
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (sequence, path)
  ) STRICT;
  CREATE TABLE proposal (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    base INTEGER NOT NULL,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    department TEXT,
    note TEXT NOT NULL,
    proposed_at INTEGER NOT NULL,
    decided_by TEXT,
    decided_at INTEGER,
    decision_note TEXT,
    version INTEGER
  ) STRICT;
  CREATE INDEX proposal_at ON proposal (proposed_at, number);
  CREATE INDEX proposal_of ON proposal (kind, name, proposed_at);
  CREATE TABLE proposal_file (
    proposal INTEGER NOT NULL REFERENCES proposal,
    path TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (proposal, path)
  ) STRICT;
  CREATE TABLE taken (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT;
  `,
  // What was settled before this was kept was carried out at once; it must not be done again.
  `
  CREATE TABLE carried_out (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
  ) STRICT;
  INSERT INTO carried_out SELECT kind, name, max(version) FROM version WHERE kind = 'conflict' GROUP BY kind, name;
  `,
] as const;
