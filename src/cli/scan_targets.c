/*
 * cli/scan_targets.c - from arguments to files.
 *
 * Folders are walked without following links into other folders, so a hostile checkout leads nowhere else and cannot make a circle.
 */
#include "scan.h"
#include "scan_reference.h"

#include "base/limits.h"
#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

void scan_targets_init(scan_targets *t)
{
    *t = (scan_targets){0};
    arena_init(&t->arena, LIMIT_SCAN_ARENA_BYTES);
}

void scan_targets_done(scan_targets *t)
{
    arena_done(&t->arena);
}

static bool no_memory(err *e)
{
    return err_set(e, ERR_MEMORY, "no memory for the list of files");
}

bool scan_targets_push(scan_targets *t, const scan_entry *entry, err *e)
{
    if (t->count >= LIMIT_ARCHIVE_MEMBERS)
        return err_set(e, ERR_TOO_LARGE, "more than %llu files (LIMIT_ARCHIVE_MEMBERS)",
                       (unsigned long long)LIMIT_ARCHIVE_MEMBERS);
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 64;
        scan_entry *grown = arena_alloc_array(&t->arena, capacity, sizeof(*grown));
        if (!grown) return no_memory(e);
        if (t->count) memcpy(grown, t->entries, t->count * sizeof(*grown));
        t->entries = grown;
        t->capacity = capacity;
    }
    t->entries[t->count++] = *entry;
    return true;
}

bool scan_targets_note(scan_targets *t, const char *note, err *e)
{
    str kept = arena_copy(&t->arena, (str){note, strlen(note) + 1});
    if (!kept.data) return no_memory(e);
    if (t->note_count < COUNT_OF(t->notes)) t->notes[t->note_count] = kept.data;
    t->note_count++;
    return true;
}

/* --- folders ------------------------------------------------------------------------------------------------------------------ */

typedef struct walk {
    scan_targets *targets;
    scan_root root;
} walk;

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* .git is what git made of the files: packed objects, and no loader's business. The work tree beside it is. */
static int is_shown(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
           strcmp(entry->d_name, ".git") != 0;
}

static bool push_file(scan_targets *t, const char *path, const struct stat *about, err *e)
{
    return scan_targets_push(t,
                             &(scan_entry){.path = path,
                                           .real = path,
                                           .size_bytes = (uint64_t)about->st_size,
                                           .device = about->st_dev,
                                           .inode = about->st_ino},
                             e);
}

/* A folder that cannot be read is a target all the same, and the others are scanned: silence about it would read as "clean". */
static bool push_unread(scan_targets *t, const char *path, const char *why, err *e)
{
    str trouble = arena_printf(&t->arena, "cannot read folder '%s': %s", path, why);
    if (!trouble.data) return no_memory(e);
    return scan_targets_push(
        t, &(scan_entry){.path = path, .real = path, .source = SOURCE_REFUSED, .trouble = trouble.data}, e);
}

static bool add_folder(walk *w, const char *path, unsigned depth_left, err *e);

static const char *path_below(arena *a, const char *folder, const char *name)
{
    size_t folder_len = strlen(folder), name_len = strlen(name);
    bool has_slash = folder_len && folder[folder_len - 1] == '/';
    char *path = arena_alloc(a, folder_len + !has_slash + name_len + 1);
    if (!path) return NULL;
    memcpy(path, folder, folder_len);
    if (!has_slash) path[folder_len++] = '/';
    memcpy(path + folder_len, name, name_len + 1);
    return path;
}

/* `folder_fd` is the folder again: from there the kernel has only the name to look up. */
static bool add_entry(walk *w, const char *folder, int folder_fd, const char *name, unsigned depth_left,
                      err *e)
{
    const char *path = path_below(&w->targets->arena, folder, name);
    struct stat about;
    if (!path) return no_memory(e);
    if (fstatat(folder_fd, name, &about, AT_SYMLINK_NOFOLLOW) != 0) return true; /* gone meanwhile */
    if (S_ISDIR(about.st_mode)) return add_folder(w, path, depth_left, e);
    if (S_ISLNK(about.st_mode)) return scan_targets_add_link(w->targets, &w->root, path, e);
    return !S_ISREG(about.st_mode) || push_file(w->targets, path, &about, e);
}

static bool add_folder(walk *w, const char *path, unsigned depth_left, err *e)
{
    struct dirent **entries;
    if (depth_left == 0) return push_unread(w->targets, path, "it is nested too deeply", e);
    AUTO(fd_close) int folder_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int count = folder_fd < 0 ? -1 : scandir(path, &entries, is_shown, by_name);
    if (count < 0)
        return errno == ENOENT || push_unread(w->targets, path, strerror(errno), e); /* gone meanwhile */
    bool fine = true;
    for (int i = 0; i < count; i++) {
        fine = fine && add_entry(w, path, folder_fd, entries[i]->d_name, depth_left - 1, e);
        free(entries[i]);
    }
    free(entries);
    return fine;
}

static bool add_tree(scan_targets *t, const char *path, err *e)
{
    enum { FOLDER_DEPTH = 256 };
    walk w = {.targets = t};
    size_t first = t->count;
    if (!scan_root_of(t, path, &w.root, e) || !add_folder(&w, path, FOLDER_DEPTH, e)) return false;
    scan_targets_drop_named_blobs(t, first);
    return true;
}

/* What is wrong with its words is told now, before anything is scanned. */
static bool add_reference(scan_targets *t, const char *path, err *e)
{
    scan_reference ignored;
    bool is_ours = str_starts_with(str_from_c(path), STR("assay://"));
    if (!is_ours && !scan_reference_parse(&t->arena, str_from_c(path), &ignored, e)) return false;
    return scan_targets_push(
        t, &(scan_entry){.path = path, .real = path, .source = is_ours ? SOURCE_SERVER : SOURCE_IMAGE}, e);
}

bool scan_targets_add(scan_targets *t, const char *path, err *e)
{
    struct stat about;
    if (strcmp(path, "-") == 0)
        return scan_targets_push(t, &(scan_entry){.path = path, .real = path, .source = SOURCE_INPUT}, e);
    if (stat(path, &about) != 0 && scan_reference_is(str_from_c(path))) return add_reference(t, path, e);
    if (stat(path, &about) != 0)
        return err_set_errno(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, "cannot open '%s'", path);
    if (S_ISDIR(about.st_mode)) return add_tree(t, path, e);
    if (!S_ISREG(about.st_mode)) return err_set(e, ERR_INVALID, "'%s' is neither a file nor a folder", path);
    return push_file(t, path, &about, e);
}

/* --- standard input ---------------------------------------------------------------------------------------------------------- */

/* Nothing at all is what a pipe has whose writer failed, such as `docker save` of an image that is not there: no reason to say "clean". */
static bool copy_input(int to, err *e)
{
    uint8_t piece[1 << 16];
    for (bool is_empty = true;; is_empty = false) {
        ssize_t got;
        do got = read(STDIN_FILENO, piece, sizeof(piece));
        while (got < 0 && errno == EINTR);
        if (got < 0) return err_set_errno(e, ERR_STORAGE, "cannot read standard input");
        if (got == 0)
            return !is_empty ||
                   err_set(e, ERR_TRUNCATED,
                           "nothing came on standard input: did the command before the pipe fail?");
        if (!fd_write_all(to, (bytes){piece, (size_t)got}, e)) return false;
    }
}

static bool open_input(int *fd, err *e)
{
    const char *folder = getenv("TMPDIR");
    char path[4096], again[64];
    if (snprintf(path, sizeof(path), "%s/assay-scan-XXXXXX", folder && *folder ? folder : "/tmp") >=
        (int)sizeof(path))
        return err_set(e, ERR_NAME_INVALID, "TMPDIR is too long");
    AUTO(fd_close) int written = mkstemp(path);
    if (written < 0) return err_set_errno(e, ERR_STORAGE, "cannot make a file in '%s'", path);
    /* The child gets a descriptor that can only read. */
    snprintf(again, sizeof(again), "/proc/self/fd/%d", written);
    bool fine = copy_input(written, e) && file_open_read(again, fd, e);
    unlink(path);
    return fine;
}

bool scan_entry_open(const scan_entry *entry, int *fd, err *e)
{
    if (entry->source == SOURCE_REFUSED) return err_set(e, ERR_INVALID, "%s", entry->trouble);
    return entry->source == SOURCE_INPUT ? open_input(fd, e) : file_open_read(entry->real, fd, e);
}
