-- Statements of scans: the queue, the documents, components, findings, and the listings made of them.

-- name: scan_find
SELECT sha256, state, role, scanner_version, path, mime, verdict, format, count_info, count_low, count_medium, count_high, count_critical,
       queued_ms, finished_ms, advisories, trouble, id
FROM scans WHERE sha256 = ?1;

-- name: scan_insert
INSERT INTO scans (sha256, state, role, scanner_version, path, mime, verdict, format, count_info, count_low, count_medium, count_high,
                   count_critical, queued_ms, finished_ms, advisories, trouble)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, '', 0, 0, 0, 0, 0, ?7, 0, '', '');

-- name: scan_restart
UPDATE scans SET state = ?2, role = ?3, scanner_version = ?4, path = ?5, mime = ?6, queued_ms = ?7, trouble = '' WHERE sha256 = ?1;

-- name: scan_forget
UPDATE scans SET scanner_version = 0 WHERE sha256 = ?1 AND role = 0 AND state IN (3, 4);

-- name: scan_oldest
SELECT sha256, state, role, scanner_version, path, mime, verdict, format, count_info, count_low, count_medium, count_high, count_critical,
       queued_ms, finished_ms, advisories, trouble, id
FROM scans WHERE state = 1 ORDER BY queued_ms, id LIMIT 1;

-- name: scan_run
UPDATE scans SET state = 2, scanner_version = ?2 WHERE sha256 = ?1;

-- name: scan_requeue
UPDATE scans SET state = 1 WHERE state = 2 OR (state IN (3, 4) AND scanner_version < ?1);

-- name: scan_finish
UPDATE scans SET state = ?2, trouble = ?3, finished_ms = ?4 WHERE sha256 = ?1 AND role = ?5;

-- name: scan_place
SELECT COUNT(*) FROM scans q, scans s
WHERE s.sha256 = ?1 AND s.state = 1 AND q.state = 1 AND (q.queued_ms < s.queued_ms OR (q.queued_ms = s.queued_ms AND q.id <= s.id));

-- name: scan_set_result
UPDATE scans SET verdict = ?2, format = ?3, advisories = ?4, count_info = ?5, count_low = ?6, count_medium = ?7, count_high = ?8,
                 count_critical = ?9
WHERE sha256 = ?1;

-- name: scan_stale
SELECT sha256 FROM scans WHERE state = 3 AND role >= 1 AND advisories <> ?1 AND sha256 > ?2 ORDER BY sha256 LIMIT ?3;

-- name: scan_documents_find
SELECT d.report, d.target FROM scans s JOIN scan_documents d ON d.scan_id = s.id WHERE s.sha256 = ?1;

-- name: scan_documents_put
INSERT INTO scan_documents (scan_id, report, target) VALUES (?1, ?2, ?3)
ON CONFLICT (scan_id) DO UPDATE SET report = excluded.report, target = excluded.target;

-- name: scan_target_set
UPDATE scan_documents SET target = ?2 WHERE scan_id = ?1;

-- name: component_delete
DELETE FROM components WHERE scan_id = ?1;

-- name: component_insert
INSERT INTO components (scan_id, eco, name, version, namespace, path, licenses, is_declared_only) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8);

-- name: finding_delete
DELETE FROM findings WHERE scan_id = ?1;

-- name: finding_insert
INSERT INTO findings (scan_id, code, kind, severity, title, component, version, eco, advisory, aliases, fixed, cvss, cvss_vector, member,
                      call, advice)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16);

-- One row per artifact and vulnerability, worst first. ?1 repository, ?2 mask of severities, ?3 fix (0 any, 1 yes, 2 no), ?4 words in lower case,
-- ?5 ?6 ?7 severity, finding and node of the row before (severity 9: from the start), ?8 rows.
-- name: vulnerability_list
SELECT f.id, f.code, f.kind, f.severity, f.title, f.component, f.version, f.eco, f.advisory, f.aliases, f.fixed, f.cvss, f.cvss_vector,
       f.member, f.call, f.advice, r.key, n.path, n.sha256, n.id, v.id, v.blocks
FROM findings f JOIN scans s ON s.id = f.scan_id JOIN nodes n ON n.sha256 = s.sha256 JOIN repositories r ON r.id = n.repository_id
     LEFT JOIN violations v ON v.id = (SELECT w.id FROM violations w
                                       WHERE w.node_id = n.id AND w.finding = f.advisory || ' ' || f.component || ' ' || f.version
                                       ORDER BY w.blocks DESC, w.severity DESC, w.id LIMIT 1)
WHERE f.kind = 'vulnerability' AND s.role >= 1 AND (?1 = '' OR r.key = ?1) AND (?2 & (1 << f.severity)) <> 0
      AND (?3 = 0 OR (?3 = 1 AND f.fixed <> '') OR (?3 = 2 AND f.fixed = ''))
      AND (?4 = '' OR lower(f.component || ' ' || f.advisory || ' ' || f.aliases || ' ' || f.title) LIKE ?4 ESCAPE '!')
      AND (f.severity < ?5 OR (f.severity = ?5 AND (f.id > ?6 OR (f.id = ?6 AND n.id > ?7))))
ORDER BY f.severity DESC, f.id, n.id LIMIT ?8;

-- name: vulnerability_totals
SELECT f.severity, COUNT(*)
FROM findings f JOIN scans s ON s.id = f.scan_id JOIN nodes n ON n.sha256 = s.sha256 JOIN repositories r ON r.id = n.repository_id
WHERE f.kind = 'vulnerability' AND s.role >= 1 AND (?1 = '' OR r.key = ?1)
      AND (?2 = 0 OR (?2 = 1 AND f.fixed <> '') OR (?2 = 2 AND f.fixed = ''))
      AND (?3 = '' OR lower(f.component || ' ' || f.advisory || ' ' || f.aliases || ' ' || f.title) LIKE ?3 ESCAPE '!')
GROUP BY f.severity;

-- name: threat_list
SELECT r.key, n.path, s.format,
       COALESCE((SELECT f.title FROM findings f WHERE f.scan_id = s.id AND f.kind = 'model_threat' ORDER BY f.severity DESC, f.id LIMIT 1), ''),
       n.sha256, s.verdict, n.modified_ms, n.id
FROM scans s JOIN nodes n ON n.sha256 = s.sha256 JOIN repositories r ON r.id = n.repository_id
WHERE s.role >= 1 AND s.state = 3 AND s.verdict >= ?1 AND (?2 = '' OR r.key = ?2)
      AND (s.verdict < ?3 OR (s.verdict = ?3 AND n.id > ?4))
ORDER BY s.verdict DESC, n.id LIMIT ?5;

-- name: scan_totals
SELECT (SELECT COUNT(*) FROM scans WHERE state = 1), (SELECT COUNT(*) FROM scans WHERE state = 2),
       (SELECT COUNT(*) FROM nodes n JOIN scans s ON s.sha256 = n.sha256 WHERE s.state = 3 AND s.role >= 1),
       (SELECT COUNT(*) FROM components c JOIN scans s ON s.id = c.scan_id WHERE s.role >= 1),
       (SELECT COUNT(*) FROM nodes n JOIN scans s ON s.sha256 = n.sha256 WHERE s.state = 3 AND s.role >= 1 AND s.verdict >= ?1);
