-- Statements of models: the facts that scans told of them, and the listing made of these.

-- name: model_fact_delete
DELETE FROM model_facts WHERE scan_id = ?1;

-- name: model_fact_insert
INSERT INTO model_facts (scan_id, name, value) VALUES (?1, ?2, ?3);

-- Artifacts that are models, the newest first. ?1 least verdict, ?2 repository, ?3 words in lower case, ?4 ?5 name and value of a fact (empty: any),
-- ?6 node of the row before, ?7 rows.
-- name: model_list
SELECT r.key, n.path, s.format, n.sha256, s.verdict, b.size_bytes, n.modified_ms,
       COALESCE((SELECT f.value FROM model_facts f WHERE f.scan_id = s.id AND f.name = 'class' ORDER BY f.id LIMIT 1), ''),
       COALESCE((SELECT f.value FROM model_facts f WHERE f.scan_id = s.id AND f.name = 'framework' ORDER BY f.id LIMIT 1), ''),
       COALESCE((SELECT f.value FROM model_facts f WHERE f.scan_id = s.id AND f.name = 'framework_version' ORDER BY f.id LIMIT 1), ''),
       COALESCE((SELECT f.value FROM model_facts f WHERE f.scan_id = s.id AND f.name = 'license' ORDER BY f.id LIMIT 1), ''),
       COALESCE((SELECT f.value FROM model_facts f WHERE f.scan_id = s.id AND f.name = 'tensor_parameters' ORDER BY f.id LIMIT 1), ''),
       n.id
FROM nodes n JOIN scans s ON s.sha256 = n.sha256 JOIN blobs b ON b.sha256 = n.sha256 JOIN repositories r ON r.id = n.repository_id
WHERE n.id < ?6 AND s.role >= 1 AND s.state = 3 AND s.verdict >= ?1 AND (?2 = '' OR r.key = ?2)
      AND (?4 = '' OR EXISTS (SELECT 1 FROM model_facts f WHERE f.scan_id = s.id AND f.name = ?4 AND f.value = ?5))
      AND (?3 = '' OR lower(n.path) LIKE ?3 ESCAPE '!'
           OR EXISTS (SELECT 1 FROM model_facts f WHERE f.scan_id = s.id AND lower(f.value) LIKE ?3 ESCAPE '!'))
ORDER BY n.id DESC LIMIT ?7;
