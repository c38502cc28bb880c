-- Statements of policies, watches and violations.

-- name: policy_insert
INSERT INTO policies (name, json, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?3);

-- name: policy_replace
UPDATE policies SET json = ?2, modified_ms = ?3 WHERE name = ?1;

-- name: policy_list
SELECT name, json, created_ms, modified_ms FROM policies ORDER BY name;

-- name: policy_delete
DELETE FROM policies WHERE name = ?1;

-- name: watch_insert
INSERT INTO watches (name, json, created_ms, modified_ms) VALUES (?1, ?2, ?3, ?3);

-- name: watch_replace
UPDATE watches SET json = ?2, modified_ms = ?3 WHERE name = ?1;

-- name: watch_list
SELECT name, json, created_ms, modified_ms FROM watches ORDER BY name;

-- name: watch_delete
DELETE FROM watches WHERE name = ?1;

-- name: violation_of_node
SELECT v.id, v.node_id, v.sha256, r.key, n.path, v.watch, v.policy, v.rule, v.severity, v.blocks, v.fails_build, v.kind, v.finding,
       v.summary, v.advisory, v.component, v.version, v.fixed, v.created_ms
FROM violations v JOIN nodes n ON n.id = v.node_id JOIN repositories r ON r.id = n.repository_id
WHERE v.node_id = ?1 ORDER BY v.id;

-- name: violation_put
INSERT INTO violations (node_id, sha256, watch, policy, rule, severity, blocks, fails_build, kind, finding, summary, advisory, component,
                        version, fixed, created_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
ON CONFLICT (node_id, watch, policy, finding) DO UPDATE SET sha256 = excluded.sha256, rule = excluded.rule,
    severity = excluded.severity, blocks = excluded.blocks, fails_build = excluded.fails_build, kind = excluded.kind,
    summary = excluded.summary, advisory = excluded.advisory, component = excluded.component, version = excluded.version,
    fixed = excluded.fixed;

-- name: violation_delete
DELETE FROM violations WHERE id = ?1;

-- name: violation_find
SELECT v.id, v.node_id, v.sha256, r.key, n.path, v.watch, v.policy, v.rule, v.severity, v.blocks, v.fails_build, v.kind, v.finding,
       v.summary, v.advisory, v.component, v.version, v.fixed, v.created_ms
FROM violations v JOIN nodes n ON n.id = v.node_id JOIN repositories r ON r.id = n.repository_id
WHERE v.id = ?1;

-- name: violation_list
SELECT v.id, v.node_id, v.sha256, r.key, n.path, v.watch, v.policy, v.rule, v.severity, v.blocks, v.fails_build, v.kind, v.finding,
       v.summary, v.advisory, v.component, v.version, v.fixed, v.created_ms
FROM violations v JOIN nodes n ON n.id = v.node_id JOIN repositories r ON r.id = n.repository_id
WHERE v.id > ?1 AND (?2 = '' OR r.key = ?2) AND (?3 = '' OR n.path = ?3) AND (?4 = '' OR v.watch = ?4) AND (?5 = '' OR v.policy = ?5)
      AND v.severity >= ?6 AND v.blocks >= ?7
ORDER BY v.id LIMIT ?8;

-- name: violation_worst
SELECT v.id, v.node_id, v.sha256, r.key, n.path, v.watch, v.policy, v.rule, v.severity, v.blocks, v.fails_build, v.kind, v.finding,
       v.summary, v.advisory, v.component, v.version, v.fixed, v.created_ms
FROM violations v JOIN nodes n ON n.id = v.node_id JOIN repositories r ON r.id = n.repository_id
WHERE (v.severity < ?1 OR (v.severity = ?1 AND v.id > ?2)) AND (?3 = '' OR r.key = ?3) AND (?4 = '' OR n.path = ?4)
ORDER BY v.severity DESC, v.id LIMIT ?5;

-- name: violation_count
SELECT COUNT(*) FROM violations;

-- name: violation_blocking
SELECT v.id, v.node_id, v.sha256, r.key, n.path, v.watch, v.policy, v.rule, v.severity, v.blocks, v.fails_build, v.kind, v.finding,
       v.summary, v.advisory, v.component, v.version, v.fixed, v.created_ms
FROM violations v JOIN nodes n ON n.id = v.node_id JOIN repositories r ON r.id = n.repository_id
WHERE v.node_id = ?1 AND v.sha256 = ?2 AND v.blocks = 1 ORDER BY v.severity DESC, v.id LIMIT 1;

-- name: violation_blocking_count
SELECT COUNT(*) FROM violations WHERE node_id = ?1 AND sha256 = ?2 AND blocks = 1;
