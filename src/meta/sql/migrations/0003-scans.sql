-- What scans found, by blob; policies and watches as their JSON; violations by artifact.
-- Severities and verdicts are the numbers of format/report.h. A scan's state: 1 queued, 2 running, 3 done, 4 failed. role 0: a layer, 1: an artifact.

CREATE TABLE scans (
    id INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    state INTEGER NOT NULL,
    role INTEGER NOT NULL,
    scanner_version BIGINT NOT NULL,
    path TEXT NOT NULL,
    mime TEXT NOT NULL,
    verdict INTEGER NOT NULL,
    format TEXT NOT NULL,
    count_info BIGINT NOT NULL,
    count_low BIGINT NOT NULL,
    count_medium BIGINT NOT NULL,
    count_high BIGINT NOT NULL,
    count_critical BIGINT NOT NULL,
    queued_ms BIGINT NOT NULL,
    finished_ms BIGINT NOT NULL,
    advisories TEXT NOT NULL,
    trouble TEXT NOT NULL
);
CREATE INDEX scans_by_state ON scans (state, queued_ms, id);
CREATE INDEX scans_by_verdict ON scans (verdict);

CREATE TABLE scan_documents (
    scan_id BIGINT PRIMARY KEY REFERENCES scans (id) ON DELETE CASCADE,
    report TEXT NOT NULL,
    target TEXT NOT NULL
);

CREATE TABLE components (
    id INTEGER PRIMARY KEY,
    scan_id BIGINT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    eco TEXT NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    namespace TEXT NOT NULL,
    path TEXT NOT NULL,
    licenses TEXT NOT NULL,
    is_declared_only INTEGER NOT NULL
);
CREATE INDEX components_by_scan ON components (scan_id);
CREATE INDEX components_by_name ON components (eco, name, version);

CREATE TABLE findings (
    id INTEGER PRIMARY KEY,
    scan_id BIGINT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity INTEGER NOT NULL,
    title TEXT NOT NULL,
    component TEXT NOT NULL,
    version TEXT NOT NULL,
    eco TEXT NOT NULL,
    advisory TEXT NOT NULL,
    aliases TEXT NOT NULL,
    fixed TEXT NOT NULL,
    cvss DOUBLE PRECISION NOT NULL,
    cvss_vector TEXT NOT NULL,
    member TEXT NOT NULL,
    call TEXT NOT NULL,
    advice TEXT NOT NULL
);
CREATE INDEX findings_by_scan ON findings (scan_id, kind);
CREATE INDEX findings_by_severity ON findings (kind, severity DESC, id);

CREATE TABLE policies (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    modified_ms BIGINT NOT NULL
);

CREATE TABLE watches (
    name TEXT PRIMARY KEY,
    json TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    modified_ms BIGINT NOT NULL
);

CREATE TABLE violations (
    id INTEGER PRIMARY KEY,
    node_id BIGINT NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    sha256 BLOB NOT NULL,
    watch TEXT NOT NULL,
    policy TEXT NOT NULL,
    rule TEXT NOT NULL,
    severity INTEGER NOT NULL,
    blocks INTEGER NOT NULL,
    fails_build INTEGER NOT NULL,
    kind TEXT NOT NULL,
    finding TEXT NOT NULL,
    summary TEXT NOT NULL,
    advisory TEXT NOT NULL,
    component TEXT NOT NULL,
    version TEXT NOT NULL,
    fixed TEXT NOT NULL,
    created_ms BIGINT NOT NULL,
    UNIQUE (node_id, watch, policy, finding)
);
CREATE INDEX violations_by_node ON violations (node_id, blocks, severity);
