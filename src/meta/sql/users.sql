-- Users and tokens.

-- name: user_insert
INSERT INTO users (name, password_hash, is_admin, created_ms) VALUES (?1, ?2, ?3, ?4);

-- name: user_find
SELECT id, name, password_hash, is_admin FROM users WHERE name = ?1;

-- name: user_list
SELECT id, name, password_hash, is_admin FROM users ORDER BY name;

-- name: user_count
SELECT COUNT(*) FROM users;

-- name: user_password
UPDATE users SET password_hash = ?2 WHERE name = ?1;

-- name: user_delete
DELETE FROM users WHERE name = ?1;

-- name: token_insert
INSERT INTO tokens (hash, refresh_hash, user_id, scope, description, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7);

-- name: token_find
SELECT t.id, u.name, u.is_admin, t.scope, t.description, t.created_ms, t.expires_ms, t.refresh_hash IS NOT NULL
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.hash = ?1;

-- name: token_find_by_refresh
SELECT t.id, u.name, u.is_admin, t.scope, t.description, t.created_ms, t.expires_ms, t.refresh_hash IS NOT NULL
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.refresh_hash = ?1;

-- name: token_get
SELECT t.id, u.name, u.is_admin, t.scope, t.description, t.created_ms, t.expires_ms, t.refresh_hash IS NOT NULL
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id = ?1;

-- name: token_list
SELECT t.id, u.name, u.is_admin, t.scope, t.description, t.created_ms, t.expires_ms, t.refresh_hash IS NOT NULL
FROM tokens t JOIN users u ON u.id = t.user_id WHERE t.id > ?1 ORDER BY t.id LIMIT ?2;

-- name: token_delete
DELETE FROM tokens WHERE id = ?1;

-- name: token_delete_expired
DELETE FROM tokens WHERE expires_ms > 0 AND expires_ms < ?1;

-- name: setting_find
SELECT value FROM settings WHERE name = ?1;

-- name: setting_put
INSERT INTO settings (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
