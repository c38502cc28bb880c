/*
 * cli/scan_links.c - links within a folder that is scanned.
 *
 * The cache of huggingface_hub has the bytes in <model>/blobs/<digest> and the names as links in <model>/snapshots/<revision>/. People know the
 * names, so those are told; and a person who is given the path of a snapshot gives us that path, whose blobs lie beside it. Every other link is
 * left alone: what it leads to within the folder is found at its own place, and what lies outside was not given to us to read.
 */
#include "scan.h"

#include "format/format.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of files");
}

static bool resolve(scan_targets *t, const char *path, const char **real, err *e)
{
    char found[PATH_MAX];
    if (!realpath(path, found)) return err_set_errno(e, ERR_NOT_FOUND, "cannot resolve '%s'", path);
    *real = arena_copy(&t->arena, (str){found, strlen(found) + 1}).data;
    return *real || no_memory(e);
}

/* "<model>/snapshots/<revision>/..." gives "<model>"; empty when `path` is not in a snapshot. */
static str model_of_snapshot(str path)
{
    for (str above = path; above.len > 1;) {
        ptrdiff_t slash = str_find_last(above, '/');
        if (slash <= 0) break;
        str folder = str_slice(above, 0, (size_t)slash);
        if (str_ends_with(folder, STR("/snapshots")))
            return str_slice(folder, 0, folder.len - strlen("/snapshots"));
        above = folder;
    }
    return STR_NONE;
}

bool scan_root_of(scan_targets *t, const char *path, scan_root *root, err *e)
{
    *root = (scan_root){0};
    if (!resolve(t, path, &root->real, e)) return false;
    str model = model_of_snapshot(str_from_c(root->real));
    if (model.len == 0) return true;
    root->blobs = arena_printf(&t->arena, "%.*s/blobs/", STR_ARG(model)).data;
    return root->blobs || no_memory(e);
}

/* Or is it the folder itself. */
static bool lies_below(const char *path, const char *folder)
{
    str rest = str_from_c(path), above = str_from_c(folder);
    if (str_eq(above, STR("/")) || str_eq(rest, above)) return true;
    return str_starts_with(rest, above) && (above.data[above.len - 1] == '/' || rest.data[above.len] == '/');
}

/* Does the link name a blob of the model in whose snapshot it stands? */
static bool names_blob(scan_targets *t, const char *link, const char *real)
{
    ptrdiff_t slash = str_find_last(str_from_c(link), '/');
    str folder = slash < 0 ? STR(".") : slash == 0 ? STR("/") : str_slice(str_from_c(link), 0, (size_t)slash);
    const char *name, *real_folder = NULL;
    err ignored;
    if (!str_to_c(&t->arena, folder, &name, &ignored) || !resolve(t, name, &real_folder, &ignored))
        return false;
    /* A link stands in a folder of the snapshot, so the folder with a slash is "below" it. */
    str below = arena_printf(&t->arena, "%s/", real_folder);
    str model = below.data ? model_of_snapshot(below) : STR_NONE;
    str blobs = arena_printf(&t->arena, "%.*s/blobs/", STR_ARG(model));
    return model.len > 0 && blobs.data && str_starts_with(str_from_c(real), blobs);
}

static bool refuse(scan_targets *t, const char *path, const char *why, err *e)
{
    str note = arena_printf(&t->arena, "'%s' is a link %s: it was not followed", path, why);
    if (!note.data) return no_memory(e);
    if (!scan_targets_note(t, note.data, e)) return false;
    /* A loader would open it, so silence about it would read as "clean". */
    if (!format_name_claims_model(str_from_c(path))) return true;
    return scan_targets_push(
        t, &(scan_entry){.path = path, .real = path, .trouble = note.data, .source = SOURCE_REFUSED}, e);
}

static bool add_named(scan_targets *t, const char *path, const char *real, const struct stat *about, err *e)
{
    return scan_targets_push(t,
                             &(scan_entry){.path = path,
                                           .real = real,
                                           .size_bytes = (uint64_t)about->st_size,
                                           .device = about->st_dev,
                                           .inode = about->st_ino,
                                           .is_link = true},
                             e);
}

bool scan_targets_add_link(scan_targets *t, const scan_root *root, const char *path, err *e)
{
    const char *real = NULL;
    struct stat about;
    err why = {0};
    if (!resolve(t, path, &real, &why) || stat(real, &about) != 0)
        return why.code == ERR_MEMORY ? no_memory(e) : refuse(t, path, "to something that is not there", e);
    bool is_inside = lies_below(real, root->real);
    bool is_blob = S_ISREG(about.st_mode) && names_blob(t, path, real);
    if (is_blob && (is_inside || (root->blobs && lies_below(real, root->blobs))))
        return add_named(t, path, real, &about, e);
    if (!is_inside) {
        str where = arena_printf(&t->arena, "that leaves the folder (to '%s')", real);
        return where.data ? refuse(t, path, where.data, e) : no_memory(e);
    }
    /* git-annex keeps what its links lead to within .git, which is not walked. */
    bool is_walked = !strstr(real + strlen(root->real), "/.git/");
    return is_walked || !S_ISREG(about.st_mode) || add_named(t, path, real, &about, e);
}

/* --- names instead of digests -------------------------------------------------------------------------------------------------- */

static int by_file(const void *left, const void *right)
{
    const scan_entry *a = left, *b = right;
    if (a->device != b->device) return a->device < b->device ? -1 : 1;
    return a->inode < b->inode ? -1 : a->inode > b->inode;
}

static bool is_blob_path(const char *path)
{
    ptrdiff_t slash = str_find_last(str_from_c(path), '/');
    str folder = str_slice(str_from_c(path), 0, slash < 0 ? 0 : (size_t)slash);
    return str_ends_with(folder, STR("/blobs")) || str_eq(folder, STR("blobs"));
}

void scan_targets_drop_named_blobs(scan_targets *t, size_t first)
{
    size_t links = 0, kept = first;
    for (size_t i = first; i < t->count; i++) links += t->entries[i].is_link;
    scan_entry *named = links ? arena_alloc_array(&t->arena, links, sizeof(*named)) : NULL;
    if (!named) return; /* then blobs are told twice, which is no lie */
    size_t n = 0;
    for (size_t i = first; i < t->count; i++)
        if (t->entries[i].is_link) named[n++] = t->entries[i];
    qsort(named, links, sizeof(*named), by_file);
    for (size_t i = first; i < t->count; i++) {
        const scan_entry *one = &t->entries[i];
        bool is_named = !one->is_link && is_blob_path(one->path) &&
                        bsearch(one, named, links, sizeof(*named), by_file) != NULL;
        if (!is_named) t->entries[kept++] = *one;
    }
    t->count = kept;
}
