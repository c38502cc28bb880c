-- What a model is, as names and values, so that models can be found by class, framework, licence and parameters.

CREATE TABLE model_facts (
    id INTEGER PRIMARY KEY,
    scan_id BIGINT NOT NULL REFERENCES scans (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    value TEXT NOT NULL
);
CREATE INDEX model_facts_by_scan ON model_facts (scan_id, name);
CREATE INDEX model_facts_by_value ON model_facts (name, value);
