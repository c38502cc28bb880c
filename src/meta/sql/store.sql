-- Statements of repositories and nodes. Written for SQLite and PostgreSQL alike (docs/decisions/0004-portable-sql.md): ?1 is a parameter,
-- upserts use ON CONFLICT, nothing depends on rowid or on loose types.

-- name: repository_insert
INSERT INTO repositories (key, kind, package_type, description, created_ms) VALUES (?1, ?2, ?3, ?4, ?5);

-- name: repository_find
SELECT id, key, kind, package_type, description, created_ms FROM repositories WHERE key = ?1;

-- name: repository_list
SELECT id, key, kind, package_type, description, created_ms FROM repositories ORDER BY key;

-- name: repository_delete
DELETE FROM repositories WHERE key = ?1;

-- name: repository_update
UPDATE repositories SET description = ?2 WHERE key = ?1;

-- name: blob_upsert
INSERT INTO blobs (sha256, sha1, md5, size_bytes, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (sha256) DO UPDATE SET sha1 = COALESCE(blobs.sha1, excluded.sha1), md5 = COALESCE(blobs.md5, excluded.md5);

-- name: blob_find
SELECT sha256, sha1, md5, size_bytes FROM blobs WHERE sha256 = ?1;

-- name: node_insert
INSERT INTO nodes (repository_id, folder, name, path, kind, sha256, mime, created_by, modified_by, created_ms, modified_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?9);

-- name: node_replace
UPDATE nodes SET sha256 = ?2, mime = ?3, modified_by = ?4, modified_ms = ?5 WHERE id = ?1;

-- name: node_kind
SELECT id, kind FROM nodes WHERE repository_id = ?1 AND path = ?2;

-- name: node_find
SELECT n.id, r.key, n.path, n.kind, n.sha256, b.sha1, b.md5, b.size_bytes, n.mime, n.created_by, n.modified_by, n.created_ms,
       n.modified_ms, d.count
FROM repositories r JOIN nodes n ON n.repository_id = r.id LEFT JOIN blobs b ON b.sha256 = n.sha256 LEFT JOIN downloads d ON d.node_id = n.id
WHERE r.key = ?1 AND n.path = ?2;

-- name: node_children
SELECT n.id, r.key, n.path, n.kind, n.sha256, b.sha1, b.md5, b.size_bytes, n.mime, n.created_by, n.modified_by, n.created_ms,
       n.modified_ms, d.count
FROM repositories r JOIN nodes n ON n.repository_id = r.id LEFT JOIN blobs b ON b.sha256 = n.sha256 LEFT JOIN downloads d ON d.node_id = n.id
WHERE r.key = ?1 AND n.folder = ?2 AND (n.kind, n.name) > (?3, ?4)
ORDER BY n.kind, n.name LIMIT ?5;

-- name: node_by_digest
SELECT n.id, r.key, n.path, n.kind, n.sha256, b.sha1, b.md5, b.size_bytes, n.mime, n.created_by, n.modified_by, n.created_ms,
       n.modified_ms, d.count
FROM nodes n JOIN repositories r ON r.id = n.repository_id JOIN blobs b ON b.sha256 = n.sha256 LEFT JOIN downloads d ON d.node_id = n.id
WHERE n.sha256 = ?1
ORDER BY r.key, n.path;

-- Everything whose path lies between two bounds: "a/" and "a0" hold all that is below "a", for '0' follows '/'. Kinds from ?5 on.
-- name: node_between
SELECT n.id, r.key, n.path, n.kind, n.sha256, b.sha1, b.md5, b.size_bytes, n.mime, n.created_by, n.modified_by, n.created_ms,
       n.modified_ms, d.count
FROM repositories r JOIN nodes n ON n.repository_id = r.id LEFT JOIN blobs b ON b.sha256 = n.sha256 LEFT JOIN downloads d ON d.node_id = n.id
WHERE r.key = ?1 AND n.path > ?2 AND n.path < ?3 AND n.kind >= ?5
ORDER BY n.path LIMIT ?4;

-- The same for the root, which has no upper bound.
-- name: node_after
SELECT n.id, r.key, n.path, n.kind, n.sha256, b.sha1, b.md5, b.size_bytes, n.mime, n.created_by, n.modified_by, n.created_ms,
       n.modified_ms, d.count
FROM repositories r JOIN nodes n ON n.repository_id = r.id LEFT JOIN blobs b ON b.sha256 = n.sha256 LEFT JOIN downloads d ON d.node_id = n.id
WHERE r.key = ?1 AND n.path > ?2 AND n.kind >= ?4
ORDER BY n.path LIMIT ?3;

-- name: node_delete
DELETE FROM nodes WHERE repository_id = ?1 AND path = ?2;

-- name: node_delete_between
DELETE FROM nodes WHERE repository_id = ?1 AND path > ?2 AND path < ?3;

-- name: node_delete_all
DELETE FROM nodes WHERE repository_id = ?1 AND folder IS NOT NULL;

-- name: property_list
SELECT name, value FROM properties WHERE node_id = ?1 ORDER BY name, value;

-- name: property_insert
INSERT INTO properties (node_id, name, value) VALUES (?1, ?2, ?3) ON CONFLICT (node_id, name, value) DO NOTHING;

-- name: property_delete
DELETE FROM properties WHERE node_id = ?1 AND name = ?2;

-- name: property_delete_all
DELETE FROM properties WHERE node_id = ?1;

-- name: property_count
SELECT COUNT(*) FROM properties WHERE node_id = ?1;

-- name: download_count
INSERT INTO downloads (node_id, count, last_ms) VALUES (?1, 1, ?2)
ON CONFLICT (node_id) DO UPDATE SET count = downloads.count + 1, last_ms = excluded.last_ms;

-- name: download_find
SELECT count, last_ms FROM downloads WHERE node_id = ?1;

-- name: totals
SELECT (SELECT COUNT(*) FROM repositories), (SELECT COUNT(*) FROM nodes WHERE kind = 1), (SELECT COUNT(*) FROM blobs),
       (SELECT COALESCE(SUM(size_bytes), 0) FROM blobs);

-- name: audit_insert
INSERT INTO audit (at_ms, user_name, action, repository, path, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6);

-- name: audit_list
SELECT id, at_ms, user_name, action, repository, path, detail FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2;
