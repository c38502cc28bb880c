/*
 * http/fetch.c - conditional and resumed GET (RFC 9110: If-None-Match, Range with If-Range).
 *
 * libcurl is loaded when something is fetched, not when the program starts: it brings thirty libraries, which cost every start (and every sandboxed
 * child) six milliseconds and some memory.
 *
 * If-Range makes the server choose: the rest of the same version (206), or all of the new one (200). Only a strong ETag may be used for it.
 */
#include "http/fetch.h"

#include "os/file.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    CONNECT_SECONDS = 20,
    IDLE_SECONDS = 30,
    REDIRECTS_MAX = 3,
    ATTEMPTS_WITHOUT_PROGRESS = 2,
    PATH_BYTES = 4096
};

/* The functions of libcurl that are used here, with the types of its header. */
typedef struct curl_library {
    void *handle;
    __typeof__(curl_easy_init) *init;
    __typeof__(curl_easy_setopt) *setopt;
    __typeof__(curl_easy_perform) *perform;
    __typeof__(curl_easy_getinfo) *getinfo;
    __typeof__(curl_easy_strerror) *describe;
    __typeof__(curl_easy_cleanup) *cleanup;
    __typeof__(curl_slist_append) *list_append;
    __typeof__(curl_slist_free_all) *list_free;
} curl_library;

/* One GET on its way. */
typedef struct transfer {
    const http_fetch *what;
    curl_library lib;
    CURL *curl;
    int fd;
    const char *etag_path;
    uint64_t have_bytes; /* in the part file, of the version that `part_etag` names */
    char part_etag[HTTP_ETAG_BYTES], etag[HTTP_ETAG_BYTES];
    uint64_t range_start; /* of a 206 */
    bool body_started, is_refused;
    uint64_t resumed_bytes;
    err trouble; /* of our own side, while libcurl is calling back */
} transfer;

/* --- libcurl --------------------------------------------------------------------------------------------------------------- */

static bool load_curl(curl_library *out, err *e)
{
    /* Never unloaded: libraries that it brings have threads and exit handlers of their own. */
    curl_library lib = {.handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL)};
    if (!lib.handle)
        return err_set(e, ERR_UNSUPPORTED, "fetching needs libcurl (Debian package libcurl4): %s", dlerror());
    const struct {
        const char *name;
        void *place; /* of a function pointer */
    } wanted[] = {
        {"curl_easy_init", &lib.init},           {"curl_easy_setopt", &lib.setopt},
        {"curl_easy_perform", &lib.perform},     {"curl_easy_getinfo", &lib.getinfo},
        {"curl_easy_strerror", &lib.describe},   {"curl_easy_cleanup", &lib.cleanup},
        {"curl_slist_append", &lib.list_append}, {"curl_slist_free_all", &lib.list_free},
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        void *symbol = dlsym(lib.handle, wanted[i].name);
        if (!symbol) return err_set(e, ERR_UNSUPPORTED, "libcurl has no '%s'", wanted[i].name);
        memcpy(wanted[i].place, &symbol, sizeof symbol);
    }
    *out = lib;
    return true;
}

/* --- the part file --------------------------------------------------------------------------------------------------------- */

static void read_etag(const char *path, char *etag)
{
    AUTO_BUF buf text;
    buf_init(&text, HTTP_ETAG_BYTES - 1);
    err ignored;
    if (file_read_all(path, &text, &ignored) && text.len) memcpy(etag, text.data, text.len);
    etag[text.len] = '\0';
}

static bool is_strong(const char *etag)
{
    return etag[0] == '"';
}

static bool restart_part(transfer *t)
{
    if (ftruncate(t->fd, 0) != 0 || lseek(t->fd, 0, SEEK_SET) != 0)
        return err_set_errno(&t->trouble, ERR_STORAGE, "cannot empty '%s.part'", t->what->path);
    t->have_bytes = 0;
    return true;
}

static bool open_part(transfer *t, const char *path, err *e)
{
    t->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (t->fd < 0) return err_set_errno(e, ERR_STORAGE, "cannot open '%s'", path);
    read_etag(t->etag_path, t->part_etag);
    off_t end = lseek(t->fd, 0, SEEK_END);
    t->have_bytes = end > 0 ? (uint64_t)end : 0;
    if (is_strong(t->part_etag) || restart_part(t)) return true;
    *e = t->trouble;
    return false;
}

/* --- what libcurl tells ---------------------------------------------------------------------------------------------------- */

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    transfer *t = ctx;
    str line = str_trim((str){data, size * count}), name, value;
    if (str_starts_with(line, STR("HTTP/"))) { /* the head of another answer, after a redirection */
        t->etag[0] = '\0';
        t->range_start = UINT64_MAX;
    }
    if (!str_cut(line, ':', &name, &value)) return size * count;
    value = str_trim(value);
    if (str_eq_nocase(name, STR("etag")) && value.len < sizeof t->etag) {
        memcpy(t->etag, value.data, value.len);
        t->etag[value.len] = '\0';
    }
    if (str_eq_nocase(name, STR("www-authenticate")) && t->what->challenge &&
        value.len < HTTP_CHALLENGE_BYTES) {
        memcpy(t->what->challenge, value.data, value.len);
        t->what->challenge[value.len] = '\0';
    }
    str start, rest;
    if (str_eq_nocase(name, STR("content-range")) && str_starts_with(value, STR("bytes "))) {
        str_cut(str_skip(value, 6), '-', &start, &rest);
        if (!str_to_u64(start, &t->range_start)) t->range_start = UINT64_MAX;
    }
    return size * count;
}

/* The first bytes of a body: do they continue what is there, or replace it? */
static bool start_body(transfer *t)
{
    long status = 0;
    t->lib.getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    t->body_started = true;
    t->is_refused = status != 200 && status != 206;
    if (t->is_refused) return true; /* an error page: let it pass by, the status tells enough */
    if (status == 206 && t->range_start != t->have_bytes)
        return err_set(&t->trouble, ERR_UPSTREAM, "the server sent other bytes than were asked for");
    if (status == 206) {
        t->resumed_bytes = t->have_bytes;
        return true;
    }
    if (!restart_part(t)) return false;
    memcpy(t->part_etag, t->etag, sizeof t->etag);
    return file_write_atomic(t->etag_path, str_bytes(str_from_c(t->etag)), 0644, &t->trouble);
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    transfer *t = ctx;
    size_t len = size * count;
    if (!t->body_started && !start_body(t)) return 0;
    if (t->is_refused) return len;
    if (len > t->what->size_bytes_max - t->have_bytes) {
        err_set(&t->trouble, ERR_TOO_LARGE, "'%s' is larger than %llu bytes", t->what->url,
                (unsigned long long)t->what->size_bytes_max);
        return 0;
    }
    if (!fd_write_all(t->fd, (bytes){(const uint8_t *)data, len}, &t->trouble)) return 0;
    t->have_bytes += len;
    return len;
}

static int on_progress(void *ctx, curl_off_t total, curl_off_t done, curl_off_t up_total, curl_off_t up)
{
    transfer *t = ctx;
    (void)up_total;
    (void)up;
    (void)done;
    uint64_t before = t->resumed_bytes;
    if (t->what->progress && t->body_started && !t->is_refused)
        t->what->progress(t->what->progress_ctx, t->have_bytes, total > 0 ? before + (uint64_t)total : 0);
    return 0;
}

/* --- one GET --------------------------------------------------------------------------------------------------------------- */

static bool add_header(const curl_library *lib, struct curl_slist **list, const char *name, const char *value,
                       err *e)
{
    char line[HTTP_ETAG_BYTES * 4];
    if (snprintf(line, sizeof line, "%s: %s", name, value) >= (int)sizeof line)
        return err_set(e, ERR_INVALID, "the header %s is too long", name);
    struct curl_slist *longer = lib->list_append(*list, line);
    if (!longer) return err_set(e, ERR_MEMORY, "no memory left to fetch a file");
    *list = longer;
    return true;
}

static void set_credentials(const transfer *t)
{
    if (t->what->bearer) {
        t->lib.setopt(t->curl, CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
        t->lib.setopt(t->curl, CURLOPT_XOAUTH2_BEARER, t->what->bearer);
    } else if (t->what->user_password) {
        t->lib.setopt(t->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
        t->lib.setopt(t->curl, CURLOPT_USERPWD, t->what->user_password);
    }
}

static void set_options(transfer *t, const struct curl_slist *headers, const char *range)
{
    CURL *c = t->curl;
    __typeof__(curl_easy_setopt) *set = t->lib.setopt;
    set(c, CURLOPT_URL, t->what->url);
    set(c, CURLOPT_PROTOCOLS_STR, "http,https");
    set(c, CURLOPT_REDIR_PROTOCOLS_STR, strncmp(t->what->url, "https:", 6) == 0 ? "https" : "http,https");
    set(c, CURLOPT_FOLLOWLOCATION, 1L);
    set(c, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    set(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
    set(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(c, CURLOPT_LOW_SPEED_TIME, (long)IDLE_SECONDS);
    set(c, CURLOPT_NOSIGNAL, 1L);
    set(c, CURLOPT_USERAGENT, "assay");
    set(c, CURLOPT_HTTPHEADER, headers);
    set(c, CURLOPT_HEADERFUNCTION, on_header);
    set(c, CURLOPT_HEADERDATA, t);
    set(c, CURLOPT_WRITEFUNCTION, on_body);
    set(c, CURLOPT_WRITEDATA, t);
    set(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    set(c, CURLOPT_XFERINFODATA, t);
    set(c, CURLOPT_NOPROGRESS, 0L);
    set_credentials(t);
    if (t->what->is_direct) set(c, CURLOPT_PROXY, "");
    /* CURLOPT_RANGE, because CURLOPT_RESUME_FROM treats a fresh 200 as an error. */
    if (range) set(c, CURLOPT_RANGE, range);
}

static bool perform(transfer *t, CURLcode *result, err *e)
{
    struct curl_slist *headers = NULL;
    char range[32];
    snprintf(range, sizeof range, "%llu-", (unsigned long long)t->have_bytes);
    bool resumes = t->have_bytes > 0;
    bool is_ready = !t->what->known_etag || !t->what->known_etag[0] ||
                    add_header(&t->lib, &headers, "If-None-Match", t->what->known_etag, e);
    if (is_ready && t->what->accept) is_ready = add_header(&t->lib, &headers, "Accept", t->what->accept, e);
    if (is_ready && resumes) is_ready = add_header(&t->lib, &headers, "If-Range", t->part_etag, e);
    if (is_ready) {
        t->body_started = t->is_refused = false;
        t->resumed_bytes = 0;
        set_options(t, headers, resumes ? range : NULL);
        *result = t->lib.perform(t->curl);
        t->lib.setopt(t->curl, CURLOPT_RANGE, NULL);
        t->lib.setopt(t->curl, CURLOPT_HTTPHEADER, NULL);
    }
    t->lib.list_free(headers);
    return is_ready;
}

/* --- the whole file -------------------------------------------------------------------------------------------------------- */

static bool finish(transfer *t, const char *part_path, http_fetched *out, err *e)
{
    if (fsync(t->fd) != 0) return err_set_errno(e, ERR_STORAGE, "cannot save '%s'", part_path);
    if (rename(part_path, t->what->path) != 0)
        return err_set_errno(e, ERR_STORAGE, "cannot rename '%s'", part_path);
    unlink(t->etag_path);
    *out = (http_fetched){.size_bytes = t->have_bytes, .resumed_bytes = t->resumed_bytes};
    memcpy(out->etag, t->part_etag, sizeof out->etag);
    return true;
}

static bool answer_error(const transfer *t, long status, err *e)
{
    if (status == 401)
        return err_set(e, ERR_UNAUTHENTICATED, "'%s' wants to know who asks (401)", t->what->url);
    if (status == 403) return err_set(e, ERR_DENIED, "'%s' is refused (403)", t->what->url);
    if (status == 404) return err_set(e, ERR_NOT_FOUND, "'%s' does not exist (404)", t->what->url);
    return err_set(e, ERR_UPSTREAM, "'%s' answers with status %ld", t->what->url, status);
}

/* Go on while a broken connection had brought something. */
static bool fetch_all(transfer *t, const char *part_path, http_fetched *out, err *e)
{
    int idle = 0;
    for (;;) {
        uint64_t before = t->have_bytes;
        CURLcode result = CURLE_OK;
        long status = 0;
        if (!perform(t, &result, e)) return false;
        t->lib.getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
        if (t->trouble.code != ERR_NONE) {
            *e = t->trouble;
            return false;
        }
        if (result == CURLE_OK && status == 304) {
            *out = (http_fetched){.is_unchanged = true};
            return true;
        }
        if (result == CURLE_OK && (status == 200 || status == 206)) {
            /* An empty body never calls back; it is a new, empty version. */
            if (!t->body_started && !start_body(t)) break;
            return finish(t, part_path, out, e);
        }
        /* 416: the part is as long as the file, or longer; whatever it is, it cannot be continued. */
        if (result == CURLE_OK && status == 416 && before && restart_part(t)) continue;
        if (result == CURLE_OK) return answer_error(t, status, e);
        bool made_progress =
            t->body_started && !t->is_refused && t->have_bytes > 0 && t->have_bytes != before;
        idle = made_progress && is_strong(t->part_etag) ? 0 : idle + 1;
        if (idle >= ATTEMPTS_WITHOUT_PROGRESS)
            return err_set(e, ERR_UPSTREAM, "cannot fetch '%s': %s", t->what->url, t->lib.describe(result));
    }
    *e = t->trouble;
    return false;
}

bool http_fetch_file(const http_fetch *what, http_fetched *out, err *e)
{
    char part_path[PATH_BYTES], etag_path[PATH_BYTES];
    if (snprintf(part_path, sizeof part_path, "%s.part", what->path) >= PATH_BYTES - 8)
        return err_set(e, ERR_NAME_INVALID, "the path '%s' is too long", what->path);
    snprintf(etag_path, sizeof etag_path, "%s.part.etag", what->path);

    transfer t = {.what = what, .fd = -1, .etag_path = etag_path};
    if (!load_curl(&t.lib, e)) return false;
    if (!open_part(&t, part_path, e)) {
        fd_close(t.fd);
        return false;
    }
    t.curl = t.lib.init();
    bool done =
        t.curl ? fetch_all(&t, part_path, out, e) : err_set(e, ERR_MEMORY, "no memory left to fetch a file");
    if (t.curl) t.lib.cleanup(t.curl);
    fd_close(t.fd);
    return done;
}
