-- Violations are listed worst first.

CREATE INDEX violations_by_severity ON violations (severity DESC, id);
