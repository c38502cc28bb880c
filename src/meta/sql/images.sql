-- Links of images: see include/meta/images.h. 

-- name: image_link_put
INSERT INTO image_links (repository, image, kind, digest, sha256, media_type, size_bytes, subject, artifact_type, descriptor)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
ON CONFLICT (repository, image, kind, digest) DO UPDATE SET
    sha256 = excluded.sha256, media_type = excluded.media_type, size_bytes = excluded.size_bytes,
    subject = excluded.subject, artifact_type = excluded.artifact_type, descriptor = excluded.descriptor;

-- name: image_link_find
SELECT repository, image, kind, digest, sha256, media_type, size_bytes, subject, artifact_type, descriptor
FROM image_links WHERE repository = ?1 AND image = ?2 AND kind = ?3 AND digest = ?4;

-- name: image_blob_holders
SELECT repository, image, kind, digest, sha256, media_type, size_bytes, subject, artifact_type, descriptor
FROM image_links WHERE digest = ?1 AND kind = 1 ORDER BY repository, image LIMIT ?2;

-- Whichever image has it: the bytes behind an address are the same everywhere, they were hashed when they came.
-- name: image_bytes_of
SELECT sha256 FROM image_links WHERE digest = ?1 LIMIT 1;

-- name: image_link_delete
DELETE FROM image_links WHERE repository = ?1 AND image = ?2 AND kind = ?3 AND digest = ?4;

-- name: image_place_put
INSERT INTO image_places (node_id, repository, image, tag, digest) VALUES (?1, ?2, ?3, ?4, ?5)
ON CONFLICT (node_id) DO UPDATE SET tag = excluded.tag, digest = excluded.digest;

-- name: image_place_digest
SELECT digest FROM image_places WHERE node_id = ?1;

-- A place shows the manifest whose bytes its artifact holds now, so a tag moves in the moment in which the artifact's bytes change, and shows nothing
-- when another surface put something else there. The place's own digest only tells which address to prefer when the bytes have two.
-- name: image_tag_find
SELECT l.repository, l.image, l.kind, l.digest, l.sha256, l.media_type, l.size_bytes, l.subject, l.artifact_type, l.descriptor,
       p.node_id, n.path, p.tag
FROM image_places p
JOIN nodes n ON n.id = p.node_id
JOIN image_links l ON l.repository = p.repository AND l.image = p.image AND l.kind = 2 AND l.sha256 = n.sha256
WHERE p.repository = ?1 AND p.image = ?2 AND p.tag = ?3 AND p.tag <> ''
ORDER BY l.digest <> p.digest LIMIT 1;

-- name: image_places
SELECT l.repository, l.image, l.kind, l.digest, l.sha256, l.media_type, l.size_bytes, l.subject, l.artifact_type, l.descriptor,
       p.node_id, n.path, p.tag
FROM image_links l
JOIN nodes n ON n.sha256 = l.sha256
JOIN image_places p ON p.node_id = n.id AND p.repository = l.repository AND p.image = l.image
WHERE l.repository = ?1 AND l.image = ?2 AND l.kind = 2 AND l.digest = ?3
ORDER BY p.tag = '', p.tag LIMIT ?4;

-- name: image_tags
SELECT p.tag
FROM image_places p JOIN nodes n ON n.id = p.node_id
WHERE p.repository = ?1 AND p.image = ?2 AND p.tag > ?3
  AND EXISTS (SELECT 1 FROM image_links l WHERE l.repository = p.repository AND l.image = p.image AND l.kind = 2 AND l.sha256 = n.sha256)
ORDER BY p.tag LIMIT ?4;

-- name: image_exists
SELECT 1 FROM image_links WHERE repository = ?1 AND image = ?2 LIMIT 1;

-- name: image_catalog
SELECT DISTINCT repository || '/' || image AS name FROM image_places
WHERE repository || '/' || image > ?1 ORDER BY name LIMIT ?2;

-- name: image_referrers
SELECT l.digest, l.descriptor FROM image_links l
WHERE l.repository = ?1 AND l.image = ?2 AND l.kind = 2 AND l.subject = ?3 AND l.subject <> ''
  AND (?4 = '' OR l.artifact_type = ?4) AND l.digest > ?5
  AND EXISTS (SELECT 1 FROM nodes n JOIN image_places p ON p.node_id = n.id
              WHERE n.sha256 = l.sha256 AND p.repository = l.repository AND p.image = l.image)
ORDER BY l.digest LIMIT ?6;

-- The folder of a place that went, unless something is in it: decided and done in one statement, so that no push can come between.
-- name: image_folder_prune
DELETE FROM nodes WHERE path = ?2 AND kind = 0 AND repository_id = (SELECT id FROM repositories WHERE key = ?1)
  AND NOT EXISTS (SELECT 1 FROM nodes c WHERE c.repository_id = nodes.repository_id AND c.folder = nodes.path);
