-- Which blobs and manifests an image has, under which digests (links), and which artifact shows which manifest (places).
-- `digest` is the address as clients write it, "sha256:..." or "sha512:..."; `sha256` names the bytes. kind 1 is a blob, 2 a manifest.

CREATE TABLE image_links (
    repository TEXT NOT NULL REFERENCES repositories (key) ON DELETE CASCADE,
    image TEXT NOT NULL,
    kind INTEGER NOT NULL CHECK (kind IN (1, 2)),
    digest TEXT NOT NULL,
    sha256 BLOB NOT NULL CHECK (length(sha256) = 32),
    media_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    subject TEXT NOT NULL,
    artifact_type TEXT NOT NULL,
    descriptor TEXT NOT NULL,
    PRIMARY KEY (repository, image, kind, digest)
);
CREATE INDEX image_links_by_digest ON image_links (digest);
CREATE INDEX image_links_by_blob ON image_links (sha256);
CREATE INDEX image_links_by_subject ON image_links (repository, image, subject, digest) WHERE subject <> '';

CREATE TABLE image_places (
    node_id BIGINT PRIMARY KEY REFERENCES nodes (id) ON DELETE CASCADE,
    repository TEXT NOT NULL,
    image TEXT NOT NULL,
    tag TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE INDEX image_places_by_tag ON image_places (repository, image, tag);
CREATE INDEX image_places_by_digest ON image_places (repository, image, digest);
