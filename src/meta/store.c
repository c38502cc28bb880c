/*
 * store.c - opening the metadata, and its totals.
 */
#include "rows.h"

#include "base/clock.h"
#include "meta/users.h"
#include "os/file.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

extern const db_schema meta_schema; /* generated from sql/ */

AUTO_FOR(meta *, meta_close)

static bool was_seeded(meta *m, bool *seeded, err *e)
{
    AUTO_ARENA arena a;
    arena_init(&a, 16384);
    str value;
    err why;
    *seeded = meta_setting_find(m, STR("seeded"), &a, &value, &why);
    if (*seeded || why.code == ERR_NOT_FOUND) return true;
    if (e) *e = why;
    return false;
}

/* A new server has somewhere to put models and images. Who deletes these does not get them back at the next start. */
static bool seed(meta *m, err *e)
{
    bool seeded;
    if (!was_seeded(m, &seeded, e)) return false;
    if (seeded) return true;

    int64_t now = clock_wall_ms();
    const meta_repository first[] = {
        {STR("ml-models"), STR("local"), STR("generic"), STR("Models and data sets"), now},
        {STR("docker-local"), STR("local"), STR("docker"), STR("Container images"), now},
    };
    for (size_t i = 0; i < COUNT_OF(first); i++) {
        err why;
        /* There already: a start that was cut off before it noted that it is done. */
        if (meta_repository_create(m, &first[i], &why) || why.code == ERR_CONFLICT) continue;
        if (e) *e = why;
        return false;
    }
    return meta_setting_put(m, STR("seeded"), STR("1"), e);
}

static bool path_in(const char *folder, char path[PATH_MAX])
{
    return snprintf(path, PATH_MAX, "%s/assay.db", folder) < PATH_MAX;
}

bool meta_is_new(const char *folder)
{
    char path[PATH_MAX];
    return path_in(folder, path) && access(path, F_OK) != 0;
}

bool meta_open(const char *folder, meta **out, err *e)
{
    char path[PATH_MAX];
    if (!path_in(folder, path))
        return err_set(e, ERR_URI_TOO_LONG, "the data folder's path is too long: '%s'", folder);
    if (!dir_make_all(folder, 0700, e)) return false;

    AUTO(meta_close) meta *m = calloc(1, sizeof(*m));
    if (!m) return err_set(e, ERR_MEMORY, "no memory for the metadata store");
    if (!db_open(path, &meta_schema, &m->db, e)) return err_wrap(e, "opening the metadata");
    if (!seed(m, e)) return false;
    *out = TAKE(m);
    return true;
}

void meta_close(meta *m)
{
    if (!m) return;
    db_close(m->db);
    free(m);
}

db *meta_db(meta *m)
{
    return m->db;
}

static bool totals_row(void *ctx, const db_row *row, err *e UNUSED)
{
    *(meta_totals *)ctx = (meta_totals){(uint64_t)db_row_int(row, 0), (uint64_t)db_row_int(row, 1),
                                        (uint64_t)db_row_int(row, 2), (uint64_t)db_row_int(row, 3)};
    return true;
}

bool meta_totals_read(meta *m, meta_totals *out, err *e)
{
    db_conn *c = db_reader(m->db, e);
    return c && db_each(c, "totals", DB_NO_ARGS, totals_row, out, e);
}
