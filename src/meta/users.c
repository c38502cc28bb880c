/*
 * users.c - rows of users, tokens and settings.
 */
#include "meta/users.h"

#include "rows.h"

#include "base/clock.h"

/* One statement in a transaction of its own. */
typedef struct single {
    const char *statement;
    const db_value *args;
    size_t count;
    uint64_t changed;
    int64_t new_id;
} single;

static bool single_work(db_conn *c, void *ctx, err *e)
{
    single *s = ctx;
    return db_run(c, s->statement, s->args, s->count, &s->changed, &s->new_id, e);
}

static bool write_one(meta *m, single *s, err *e)
{
    return db_write(m->db, single_work, s, e);
}

/* --- users --------------------------------------------------------------------------------------------------------------- */

bool meta_user_create(meta *m, const meta_user *u, err *e)
{
    err why;
    const db_value args[] = {DB_TEXT(u->name), DB_TEXT(u->password_hash), DB_INT(u->is_admin),
                             DB_INT(u->created_ms ? u->created_ms : clock_wall_ms())};
    single s = {"user_insert", args, COUNT_OF(args), 0, 0};
    if (write_one(m, &s, &why)) return true;
    if (why.code == ERR_CONFLICT)
        return err_set(e, ERR_CONFLICT, "a user is named '%.*s' already", STR_ARG(u->name));
    if (e) *e = why;
    return false;
}

static bool collect_users(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    meta_user *u = row_list_add(rows, e);
    if (!u) return false;
    u->id = db_row_int(row, 0);
    u->is_admin = db_row_int(row, 3) != 0;
    return row_text(row, 1, rows->a, &u->name, e) && row_text(row, 2, rows->a, &u->password_hash, e);
}

bool meta_user_find(meta *m, str name, arena *a, meta_user *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_user)};
    if (!db_each(c, "user_find", DB_ARGS(DB_TEXT(name)), collect_users, &rows, e)) return false;
    if (rows.count == 0) return err_set(e, ERR_NOT_FOUND, "no user is named '%.*s'", STR_ARG(name));
    *out = *(meta_user *)rows.items;
    return true;
}

static bool count_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(uint64_t *)ctx = (uint64_t)db_row_int(row, 0);
    return true;
}

bool meta_user_count(meta *m, uint64_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    return c && db_each(c, "user_count", DB_NO_ARGS, count_row, count, e);
}

bool meta_user_set_password(meta *m, str name, str password_hash, err *e)
{
    const db_value args[] = {DB_TEXT(name), DB_TEXT(password_hash)};
    single s = {"user_password", args, COUNT_OF(args), 0, 0};
    if (!write_one(m, &s, e)) return false;
    return s.changed > 0 || err_set(e, ERR_NOT_FOUND, "no user is named '%.*s'", STR_ARG(name));
}

bool meta_user_delete(meta *m, str name, err *e)
{
    const db_value args[] = {DB_TEXT(name)};
    single s = {"user_delete", args, COUNT_OF(args), 0, 0};
    if (!write_one(m, &s, e)) return false;
    return s.changed > 0 || err_set(e, ERR_NOT_FOUND, "no user is named '%.*s'", STR_ARG(name));
}

/* --- tokens -------------------------------------------------------------------------------------------------------------- */

bool meta_token_create(meta *m, const meta_token *t, digest hash, digest refresh_hash, int64_t *id, err *e)
{
    meta_user owner = {0};
    AUTO_ARENA arena a;
    arena_init(&a, 64 * 1024);
    if (!meta_user_find(m, t->user, &a, &owner, e)) return false;

    const db_value args[] = {value_of_digest(&hash), value_of_digest(&refresh_hash), DB_INT(owner.id),
                             DB_TEXT(t->scope),      DB_TEXT(t->description),        DB_INT(t->created_ms),
                             DB_INT(t->expires_ms)};
    single s = {"token_insert", args, COUNT_OF(args), 0, 0};
    if (!write_one(m, &s, e)) return false;
    if (id) *id = s.new_id;
    return true;
}

static bool collect_tokens(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    meta_token *t = row_list_add(rows, e);
    if (!t) return false;
    t->id = db_row_int(row, 0);
    t->is_admin = db_row_int(row, 2) != 0;
    t->created_ms = db_row_int(row, 5);
    t->expires_ms = db_row_int(row, 6);
    t->is_refreshable = db_row_int(row, 7) != 0;
    return row_text(row, 1, rows->a, &t->user, e) && row_text(row, 3, rows->a, &t->scope, e) &&
           row_text(row, 4, rows->a, &t->description, e);
}

static bool token_one(meta *m, const char *statement, db_value key, arena *a, meta_token *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_token)};
    if (!db_each(c, statement, &key, 1, collect_tokens, &rows, e)) return false;
    if (rows.count == 0) return err_set(e, ERR_NOT_FOUND, "no such token");
    *out = *(meta_token *)rows.items;
    return true;
}

bool meta_token_find(meta *m, digest hash, arena *a, meta_token *out, err *e)
{
    return token_one(m, "token_find", value_of_digest(&hash), a, out, e);
}

bool meta_token_find_by_refresh(meta *m, digest refresh_hash, arena *a, meta_token *out, err *e)
{
    return token_one(m, "token_find_by_refresh", value_of_digest(&refresh_hash), a, out, e);
}

bool meta_token_get(meta *m, int64_t id, arena *a, meta_token *out, err *e)
{
    return token_one(m, "token_get", DB_INT(id), a, out, e);
}

bool meta_token_list(meta *m, int64_t after, size_t limit, arena *a, meta_token **out, size_t *count, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(meta_token)};
    if (!db_each(c, "token_list", DB_ARGS(DB_INT(after), DB_INT(limit)), collect_tokens, &rows, e))
        return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}

bool meta_token_delete(meta *m, int64_t id, err *e)
{
    const db_value args[] = {DB_INT(id)};
    single s = {"token_delete", args, COUNT_OF(args), 0, 0};
    if (!write_one(m, &s, e)) return false;
    return s.changed > 0 || err_set(e, ERR_NOT_FOUND, "no token has the id %lld", (long long)id);
}

bool meta_token_delete_expired(meta *m, int64_t before_ms, err *e)
{
    const db_value args[] = {DB_INT(before_ms)};
    single s = {"token_delete_expired", args, COUNT_OF(args), 0, 0};
    return write_one(m, &s, e);
}

/* --- settings ------------------------------------------------------------------------------------------------------------ */

static bool collect_text(void *list, const db_row *row, err *e)
{
    row_list *rows = list;
    str *text = row_list_add(rows, e);
    return text && row_text(row, 0, rows->a, text, e);
}

bool meta_setting_find(meta *m, str name, arena *a, str *value, err *e)
{
    db_conn *c = db_reader(m->db, e);
    if (!c) return false;
    row_list rows = {.a = a, .item_bytes = sizeof(str)};
    if (!db_each(c, "setting_find", DB_ARGS(DB_TEXT(name)), collect_text, &rows, e)) return false;
    if (rows.count == 0) return err_set(e, ERR_NOT_FOUND, "no setting is named '%.*s'", STR_ARG(name));
    *value = *(str *)rows.items;
    return true;
}

bool meta_setting_put(meta *m, str name, str value, err *e)
{
    const db_value args[] = {DB_TEXT(name), DB_TEXT(value)};
    single s = {"setting_put", args, COUNT_OF(args), 0, 0};
    return write_one(m, &s, e);
}
