/** Schema of the index in a file (embedded-index.ts). Times are ms since the epoch, hours since it. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE position (
     only INTEGER PRIMARY KEY CHECK (only = 1),
     segment INTEGER NOT NULL, offset INTEGER NOT NULL, seq INTEGER NOT NULL, hash TEXT NOT NULL
   ) STRICT;
   CREATE TABLE entries (
     seq INTEGER PRIMARY KEY,
     at INTEGER NOT NULL, event TEXT NOT NULL, code TEXT, department TEXT, service TEXT,
     holder TEXT, certificate BLOB, reference TEXT, trace TEXT, actor TEXT,
     segment INTEGER NOT NULL, offset INTEGER NOT NULL, length INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX entries_at ON entries (at);
   CREATE INDEX entries_event ON entries (event) WHERE event <> 'call';
   CREATE INDEX entries_code ON entries (code) WHERE code IS NOT NULL;
   CREATE INDEX entries_service ON entries (service) WHERE service IS NOT NULL;
   CREATE INDEX entries_department ON entries (department) WHERE department IS NOT NULL;
   CREATE INDEX entries_holder ON entries (holder, event) WHERE holder IS NOT NULL;
   CREATE INDEX entries_certificate ON entries (certificate) WHERE certificate IS NOT NULL;
   CREATE INDEX entries_reference ON entries (reference) WHERE reference IS NOT NULL;
   CREATE INDEX entries_trace ON entries (trace) WHERE trace IS NOT NULL;
   CREATE INDEX entries_actor ON entries (actor) WHERE actor IS NOT NULL;
   CREATE TABLE hours (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     calls INTEGER NOT NULL, refusals INTEGER NOT NULL, upstream_failures INTEGER NOT NULL, broken INTEGER NOT NULL,
     answered INTEGER NOT NULL, server_errors INTEGER NOT NULL, duration REAL NOT NULL,
     histogram TEXT NOT NULL, certificates BLOB NOT NULL,
     PRIMARY KEY (hour, department, service)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE hour_codes (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     outcome TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (hour, department, service, outcome, code)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE hour_certificates (
     hour INTEGER NOT NULL, certificate BLOB NOT NULL, last_seq INTEGER NOT NULL,
     calls INTEGER NOT NULL, refusals INTEGER NOT NULL, addresses BLOB NOT NULL,
     PRIMARY KEY (hour, certificate)
   ) STRICT, WITHOUT ROWID;`,
  // What was read before is not counted here: counted-since.ts.
  `CREATE TABLE hour_authorities (
     hour INTEGER NOT NULL, authority TEXT NOT NULL, acting TEXT NOT NULL,
     sign_ins INTEGER NOT NULL, calls INTEGER NOT NULL, authorizations INTEGER NOT NULL, exchanges INTEGER NOT NULL,
     refusals INTEGER NOT NULL, certificates BLOB NOT NULL,
     PRIMARY KEY (hour, authority, acting)
   ) STRICT, WITHOUT ROWID;
   ALTER TABLE position ADD COLUMN counted_seq INTEGER NOT NULL DEFAULT 0;
   ALTER TABLE position ADD COLUMN counted_from INTEGER;
   ALTER TABLE position ADD COLUMN counted_since INTEGER;`,
  // As hours; `hour` is the one the day begins in (whole-days.ts). Filled by fillDays.
  `CREATE TABLE days (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     calls INTEGER NOT NULL, refusals INTEGER NOT NULL, upstream_failures INTEGER NOT NULL, broken INTEGER NOT NULL,
     answered INTEGER NOT NULL, server_errors INTEGER NOT NULL, duration REAL NOT NULL,
     histogram TEXT NOT NULL, certificates BLOB NOT NULL,
     PRIMARY KEY (hour, department, service)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE day_codes (
     hour INTEGER NOT NULL, department TEXT NOT NULL, service TEXT NOT NULL,
     outcome TEXT NOT NULL, code TEXT NOT NULL, count INTEGER NOT NULL,
     PRIMARY KEY (hour, department, service, outcome, code)
   ) STRICT, WITHOUT ROWID;`,
];
