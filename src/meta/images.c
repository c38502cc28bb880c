/*
 * images.c - links and places of images, as typed functions over sql/images.sql.
 */
#include "meta/images.h"

#include "rows.h"

/* --- rows ---------------------------------------------------------------------------------------------------------------- */

/* Columns 0 to 9 of every statement that gives links. */
static bool link_of_row(const db_row *row, arena *a, meta_image_link *out, err *e)
{
    meta_image_link link = {.kind = (meta_image_kind)db_row_int(row, 2),
                            .size_bytes = (uint64_t)db_row_int(row, 6)};
    if (!row_digest(row, 4, DIGEST_SHA256, &link.sha256, e) ||
        !row_text(row, 0, a, &link.image.repository, e) || !row_text(row, 1, a, &link.image.name, e) ||
        !row_text(row, 3, a, &link.digest, e) || !row_text(row, 5, a, &link.media_type, e) ||
        !row_text(row, 7, a, &link.subject, e) || !row_text(row, 8, a, &link.artifact_type, e) ||
        !row_text(row, 9, a, &link.descriptor, e))
        return false;
    *out = link;
    return true;
}

static bool place_of_row(const db_row *row, arena *a, meta_image_place *out, err *e)
{
    meta_image_place place = {.node = db_row_int(row, 10)};
    if (!link_of_row(row, a, &place.link, e) || !row_text(row, 11, a, &place.path, e) ||
        !row_text(row, 12, a, &place.tag, e))
        return false;
    *out = place;
    return true;
}

static bool collect_links(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    meta_image_link *link = row_list_add(list, e);
    return link && link_of_row(row, list->a, link, e);
}

static bool collect_places(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    meta_image_place *place = row_list_add(list, e);
    return place && place_of_row(row, list->a, place, e);
}

static bool collect_texts(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    str *text = row_list_add(list, e);
    return text && row_text(row, 0, list->a, text, e);
}

static bool collect_referrers(void *ctx, const db_row *row, err *e)
{
    row_list *list = ctx;
    meta_image_referrer *r = row_list_add(list, e);
    return r && row_text(row, 0, list->a, &r->digest, e) && row_text(row, 1, list->a, &r->descriptor, e);
}

/* Run a reading statement and collect its rows. */
static bool read_into(meta *m, const char *statement, const db_value *args, size_t arg_count,
                      bool (*row)(void *, const db_row *, err *), row_list *rows, err *e)
{
    db_conn *c = db_reader(meta_db(m), e);
    return c && db_each(c, statement, args, arg_count, row, rows, e);
}

/* One writing statement as a transaction of its own. */
typedef struct one_write {
    const char *statement;
    const db_value *args;
    size_t arg_count;
    uint64_t changed;
} one_write;

static bool run_one(db_conn *c, void *ctx, err *e)
{
    one_write *w = ctx;
    return db_run(c, w->statement, w->args, w->arg_count, &w->changed, NULL, e);
}

static bool write_one(meta *m, one_write *w, err *e)
{
    return db_write(meta_db(m), run_one, w, e);
}

/* --- links --------------------------------------------------------------------------------------------------------------- */

/* The columns are NOT NULL: an absent text is the empty one. */
static db_value text_or_empty(str s)
{
    return DB_TEXT(s.data ? s : STR(""));
}

bool meta_image_link_put(meta *m, const meta_image_link *link, err *e)
{
    const db_value args[] = {
        DB_TEXT(link->image.repository), DB_TEXT(link->image.name),      DB_INT(link->kind),
        DB_TEXT(link->digest),           value_of_digest(&link->sha256), text_or_empty(link->media_type),
        DB_INT(link->size_bytes),        text_or_empty(link->subject),   text_or_empty(link->artifact_type),
        text_or_empty(link->descriptor)};
    one_write w = {.statement = "image_link_put", .args = args, .arg_count = COUNT_OF(args)};
    return write_one(m, &w, e);
}

static bool link_find(meta *m, const meta_image *image, meta_image_kind kind, str address, arena *a,
                      row_list *rows, err *e)
{
    *rows = (row_list){.a = a, .item_bytes = sizeof(meta_image_link)};
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name), DB_INT(kind),
                             DB_TEXT(address)};
    return read_into(m, "image_link_find", args, COUNT_OF(args), collect_links, rows, e);
}

bool meta_image_blob_find(meta *m, const meta_image *image, str address, arena *a, meta_image_link *out,
                          err *e)
{
    row_list rows;
    if (!link_find(m, image, META_IMAGE_BLOB, address, a, &rows, e)) return false;
    if (rows.count == 0)
        return err_set(e, ERR_BLOB_UNKNOWN, "blob %.*s is not in %.*s/%.*s", STR_ARG(address),
                       STR_ARG(image->repository), STR_ARG(image->name));
    *out = *(meta_image_link *)rows.items;
    return true;
}

static bool manifest_unknown(const meta_image *image, str address, err *e)
{
    return err_set(e, ERR_MANIFEST_UNKNOWN, "%.*s/%.*s has no manifest %.*s", STR_ARG(image->repository),
                   STR_ARG(image->name), STR_ARG(address));
}

bool meta_image_manifest_find(meta *m, const meta_image *image, str address, arena *a, meta_image_link *out,
                              err *e)
{
    row_list rows;
    if (!link_find(m, image, META_IMAGE_MANIFEST, address, a, &rows, e)) return false;
    if (rows.count == 0) return manifest_unknown(image, address, e);
    *out = *(meta_image_link *)rows.items;
    return true;
}

bool meta_image_blob_holders(meta *m, str digest_text, size_t limit, arena *a, meta_image_link **out,
                             size_t *count, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(meta_image_link)};
    const db_value args[] = {DB_TEXT(digest_text), DB_INT(limit)};
    if (!read_into(m, "image_blob_holders", args, COUNT_OF(args), collect_links, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}

static bool take_sha256(void *ctx, const db_row *row, err *e)
{
    return row_digest(row, 0, DIGEST_SHA256, ctx, e);
}

bool meta_image_bytes_of(meta *m, str address, digest *sha256, err *e)
{
    digest found = {0};
    if (!digest_parse(address, &found, e)) return false;
    if (found.kind != DIGEST_SHA256) {
        found = (digest){0};
        const db_value args[] = {DB_TEXT(address)};
        db_conn *c = db_reader(meta_db(m), e);
        if (!c || !db_each(c, "image_bytes_of", args, COUNT_OF(args), take_sha256, &found, e)) return false;
        if (found.kind == DIGEST_NONE)
            return err_set(e, ERR_BLOB_UNKNOWN, "no image has a blob %.*s", STR_ARG(address));
    }
    *sha256 = found;
    return true;
}

bool meta_image_link_delete(meta *m, const meta_image *image, meta_image_kind kind, str digest_text,
                            bool *was_there, err *e)
{
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name), DB_INT(kind),
                             DB_TEXT(digest_text)};
    one_write w = {.statement = "image_link_delete", .args = args, .arg_count = COUNT_OF(args)};
    if (!write_one(m, &w, e)) return false;
    if (was_there) *was_there = w.changed > 0;
    return true;
}

/* --- places -------------------------------------------------------------------------------------------------------------- */

typedef struct place_order {
    const meta_image *image;
    int64_t node;
    str tag, address;
    row_list before; /* at most one text */
} place_order;

static bool place_work(db_conn *c, void *ctx, err *e)
{
    place_order *o = ctx;
    return db_each(c, "image_place_digest", DB_ARGS(DB_INT(o->node)), collect_texts, &o->before, e) &&
           db_run(c, "image_place_put",
                  DB_ARGS(DB_INT(o->node), DB_TEXT(o->image->repository), DB_TEXT(o->image->name),
                          text_or_empty(o->tag), DB_TEXT(o->address)),
                  NULL, NULL, e);
}

bool meta_image_place_put(meta *m, const meta_image *image, int64_t node, str tag, str address, arena *a,
                          str *replaced, err *e)
{
    place_order order = {.image = image,
                         .node = node,
                         .tag = tag,
                         .address = address,
                         .before = {.a = a, .item_bytes = sizeof(str)}};
    if (!db_write(meta_db(m), place_work, &order, e)) return false;
    str before = order.before.count ? *(str *)order.before.items : STR_NONE;
    *replaced = str_eq(before, address) ? STR_NONE : before;
    return true;
}

bool meta_image_tag_find(meta *m, const meta_image *image, str tag, arena *a, meta_image_place *out, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(meta_image_place)};
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name), text_or_empty(tag)};
    if (!read_into(m, "image_tag_find", args, COUNT_OF(args), collect_places, &rows, e)) return false;
    if (rows.count == 0)
        return err_set(e, ERR_MANIFEST_UNKNOWN, "%.*s/%.*s has no tag '%.*s'", STR_ARG(image->repository),
                       STR_ARG(image->name), STR_ARG(tag));
    *out = *(meta_image_place *)rows.items;
    return true;
}

bool meta_image_places(meta *m, const meta_image *image, str digest_text, size_t limit, arena *a,
                       meta_image_place **out, size_t *count, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(meta_image_place)};
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name), DB_TEXT(digest_text),
                             DB_INT(limit)};
    if (!read_into(m, "image_places", args, COUNT_OF(args), collect_places, &rows, e)) return false;
    if (rows.count == 0) return manifest_unknown(image, digest_text, e);
    *out = rows.items;
    *count = rows.count;
    return true;
}

bool meta_image_folder_prune(meta *m, str repository, str path, bool *was_empty, err *e)
{
    const db_value args[] = {DB_TEXT(repository), DB_TEXT(path)};
    one_write w = {.statement = "image_folder_prune", .args = args, .arg_count = COUNT_OF(args)};
    if (!write_one(m, &w, e)) return false;
    *was_empty = w.changed > 0;
    return true;
}

/* --- listings ------------------------------------------------------------------------------------------------------------ */

bool meta_image_tags(meta *m, const meta_image *image, str after, size_t limit, arena *a, str **out,
                     size_t *count, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(str)};
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name), text_or_empty(after),
                             DB_INT(limit)};
    if (!read_into(m, "image_tags", args, COUNT_OF(args), collect_texts, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}

static bool note_row(void *ctx, const db_row *row UNUSED, err *e UNUSED)
{
    *(bool *)ctx = true;
    return true;
}

bool meta_image_exists(meta *m, const meta_image *image, bool *exists, err *e)
{
    bool found = false;
    const db_value args[] = {DB_TEXT(image->repository), DB_TEXT(image->name)};
    db_conn *c = db_reader(meta_db(m), e);
    if (!c || !db_each(c, "image_exists", args, COUNT_OF(args), note_row, &found, e)) return false;
    *exists = found;
    return true;
}

bool meta_image_catalog(meta *m, str after, size_t limit, arena *a, str **out, size_t *count, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(str)};
    const db_value args[] = {text_or_empty(after), DB_INT(limit)};
    if (!read_into(m, "image_catalog", args, COUNT_OF(args), collect_texts, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}

bool meta_image_referrers(meta *m, const meta_image *image, str subject, str artifact_type, str after,
                          size_t limit, arena *a, meta_image_referrer **out, size_t *count, err *e)
{
    row_list rows = {.a = a, .item_bytes = sizeof(meta_image_referrer)};
    const db_value args[] = {DB_TEXT(image->repository),   DB_TEXT(image->name), DB_TEXT(subject),
                             text_or_empty(artifact_type), text_or_empty(after), DB_INT(limit)};
    if (!read_into(m, "image_referrers", args, COUNT_OF(args), collect_referrers, &rows, e)) return false;
    *out = rows.items;
    *count = rows.count;
    return true;
}
