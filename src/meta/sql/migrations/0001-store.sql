-- Repositories hold nodes (folders and artifacts); an artifact's bytes are a blob, shared by all nodes with the same content.
-- AUTOINCREMENT where the id of a deleted row must not come back under another meaning. Digests are raw bytes, times are milliseconds since 1970 UTC, text compares by bytes.

CREATE TABLE repositories (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    package_type TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms BIGINT NOT NULL
);

CREATE TABLE blobs (
    sha256 BLOB PRIMARY KEY CHECK (length(sha256) = 32),
    sha1 BLOB CHECK (sha1 IS NULL OR length(sha1) = 20),
    md5 BLOB CHECK (md5 IS NULL OR length(md5) = 16),
    size_bytes BIGINT NOT NULL,
    created_ms BIGINT NOT NULL
);

-- kind 0 is a folder, 1 an artifact. The root of a repository is the folder with path '' and no parent.
CREATE TABLE nodes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository_id BIGINT NOT NULL REFERENCES repositories (id) ON DELETE CASCADE,
    folder TEXT,
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (0, 1)),
    sha256 BLOB REFERENCES blobs (sha256),
    mime TEXT NOT NULL,
    created_by TEXT NOT NULL,
    modified_by TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    modified_ms BIGINT NOT NULL,
    UNIQUE (repository_id, path),
    CHECK ((kind = 1) = (sha256 IS NOT NULL))
);
CREATE INDEX nodes_by_folder ON nodes (repository_id, folder, kind, name);
CREATE INDEX nodes_by_blob ON nodes (sha256);

CREATE TABLE properties (
    node_id BIGINT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (node_id, name, value)
);
CREATE INDEX properties_by_value ON properties (name, value);

CREATE TABLE downloads (
    node_id BIGINT PRIMARY KEY REFERENCES nodes (id) ON DELETE CASCADE,
    count BIGINT NOT NULL,
    last_ms BIGINT NOT NULL
);

CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    is_admin INTEGER NOT NULL,
    created_ms BIGINT NOT NULL
);

-- Tokens are kept as SHA-256 only. expires_ms 0: does not end.
CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    refresh_hash BLOB UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    description TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    expires_ms BIGINT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_id);

-- Append-only: no statement updates or deletes rows here. Names are kept as text, so that rows outlive what they speak of.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY,
    at_ms BIGINT NOT NULL,
    user_name TEXT NOT NULL,
    action TEXT NOT NULL,
    repository TEXT NOT NULL,
    path TEXT NOT NULL,
    detail TEXT NOT NULL
);

CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
