/*
 * scan/holder.c - one advisory index for all threads, replaced while they read.
 *
 * An index is a map of a file that importers replace by renaming a new one over it, so the old map stays whole. Whoever matches holds a
 * reference; the map goes with the last one.
 */
#include "holder.h"

#include "os/file.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct held {
    held_index public; /* first: given out as this */
    bytes mapped;      /* empty for the starter set */
    size_t users;      /* the holder itself is one while it is current */
    char id[160];
} held;

struct advisory_holder {
    char *path;
    pthread_mutex_t lock;
    held *current;
    struct stat seen; /* of the file that is current; zero for none */
};

static void held_free(held *h)
{
    file_unmap(h->mapped);
    free(h);
}

static bool held_new(bytes image, bytes mapped, held **out, err *e)
{
    held *h = calloc(1, sizeof(*h));
    if (!h) return err_set(e, ERR_MEMORY, "no memory for the advisory index");
    if (!advisory_index_open(image, &h->public.index, e)) {
        free(h);
        return false;
    }
    const advisory_index *index = &h->public.index;
    int len = snprintf(
        h->id, sizeof(h->id), "%s/%llu/%llu/%.*s/%.*s", index->is_starter ? "starter" : "imported",
        (unsigned long long)index->advisory_count, (unsigned long long)index->range_count,
        STR_ARG(str_slice(index->newest_modified, 0, 40)), STR_ARG(str_slice(index->imported_at, 0, 40)));
    h->public.id = (str){h->id, len > 0 ? (size_t)len : 0};
    h->mapped = mapped;
    h->users = 1;
    *out = h;
    return true;
}

static bool held_from_file(int fd, held **out, err *e)
{
    bytes mapped;
    if (!file_map(fd, &mapped, e)) return false;
    if (held_new(mapped, mapped, out, e)) return true;
    file_unmap(mapped);
    return false;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

void holder_give_back(advisory_holder *h, const held_index *borrowed)
{
    held *it = (held *)(uintptr_t)borrowed; /* the public part is the first member */
    pthread_mutex_lock(&h->lock);
    bool is_last = --it->users == 0;
    pthread_mutex_unlock(&h->lock);
    if (is_last) held_free(it);
}

const held_index *holder_borrow(advisory_holder *h)
{
    pthread_mutex_lock(&h->lock);
    held *it = h->current;
    it->users++;
    pthread_mutex_unlock(&h->lock);
    return &it->public;
}

static void replace(advisory_holder *h, held *newer, const struct stat *seen)
{
    pthread_mutex_lock(&h->lock);
    held *older = h->current;
    h->current = newer;
    h->seen = *seen;
    pthread_mutex_unlock(&h->lock);
    if (older) holder_give_back(h, &older->public);
}

bool holder_refresh(advisory_holder *h, bool *changed, err *e)
{
    struct stat now = {0};
    *changed = false;
    AUTO(fd_close) int fd = -1;
    err why = {0};
    bool is_there = file_open_read(h->path, &fd, &why);
    if (!is_there && why.code != ERR_NOT_FOUND) return err_set(e, why.code, "%s", why.message);
    if (is_there && fstat(fd, &now) != 0) return err_set_errno(e, ERR_STORAGE, "cannot stat '%s'", h->path);
    if (h->current && is_same_file(&now, &h->seen)) return true;

    held *newer;
    if (!(is_there ? held_from_file(fd, &newer, e)
                   : held_new(advisory_starter_image(), BYTES_NONE, &newer, e)))
        return err_wrap(e, "advisories '%s'", is_there ? h->path : "of the starter set");
    replace(h, newer, &now);
    *changed = true;
    return true;
}

bool holder_open(const char *folder, advisory_holder **out, err *e)
{
    advisory_holder *h = calloc(1, sizeof(*h));
    if (!h) return err_set(e, ERR_MEMORY, "no memory for the advisories");
    if (asprintf(&h->path, "%s/advisories.idx", folder) < 0) {
        free(h);
        return err_set(e, ERR_MEMORY, "no memory for the advisories");
    }
    pthread_mutex_init(&h->lock, NULL);
    bool changed;
    if (!holder_refresh(h, &changed, e)) {
        holder_close(h);
        return false;
    }
    *out = h;
    return true;
}

void holder_close(advisory_holder *h)
{
    if (!h) return;
    if (h->current) holder_give_back(h, &h->current->public);
    pthread_mutex_destroy(&h->lock);
    free(h->path);
    free(h);
}
