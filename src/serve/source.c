/*
 * serve/source.c - admission: a model's bytes are copied into sealed memory, hashed and scanned there, and served from there.
 *
 * So the bytes that were scanned are the bytes that are served, whatever happens to the file meanwhile. This runs in a helper process: the supervisor never waits for a
 * scan, and never has a byte of a model in its memory.
 */
#include "source.h"

#include "base/buf.h"
#include "base/limits.h"
#include "crypto/digest.h"
#include "os/file.h"
#include "scan/scan.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- names ------------------------------------------------------------------------------------------------------------------- */

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

static bool take_name(str text, const char *what, char *out, err *e)
{
    bool ok = text.len > 0 && text.len < NAME_BYTES;
    for (size_t i = 0; ok && i < text.len; i++) ok = is_name_byte(text.data[i]);
    if (!ok)
        return err_set(e, ERR_INVALID, "the %s '%.*s' must be 1 to %d letters, digits, '.', '_' and '-'",
                       what, STR_ARG(str_slice(text, 0, 120)), NAME_BYTES - 1);
    memcpy(out, text.data, text.len);
    out[text.len] = '\0';
    return true;
}

/* "/models/iris.pkl.gz" is "iris". */
static void name_from_place(str place, char *out)
{
    str base = str_skip(place, (size_t)(str_find_last(place, '/') + 1)), stem, rest;
    str_cut(base, '.', &stem, &rest);
    if (stem.len == 0) stem = STR("model");
    stem = str_slice(stem, 0, NAME_BYTES - 1);
    for (size_t i = 0; i < stem.len; i++) out[i] = is_name_byte(stem.data[i]) ? stem.data[i] : '_';
    out[stem.len] = '\0';
}

static bool is_loopback(str host)
{
    return str_starts_with(host, STR("127.")) || str_starts_with(host, STR("localhost:")) ||
           str_starts_with(host, STR("[::1]:"));
}

/* assay://host:port/repository/path, or assay://repository/path of the server that --server names. */
static bool read_store(str rest, const char *store, source *out, err *e)
{
    str first, path, repository, below;
    bool has_host = str_cut(rest, '/', &first, &path) && str_find(first, ':') >= 0;
    str at = has_host ? path : rest;
    if (!str_cut(at, '/', &repository, &below) || repository.len == 0 || below.len == 0)
        return err_set(e, ERR_INVALID, "'%s' must be assay://[host:port/]repository/path", out->place);
    int wrote = has_host ? snprintf(out->server, sizeof out->server, "%s://%.*s",
                                    is_loopback(first) ? "http" : "https", STR_ARG(first))
                         : snprintf(out->server, sizeof out->server, "%s", store);
    if (wrote < 0 || (size_t)wrote >= sizeof out->server || at.len >= sizeof out->path)
        return err_set(e, ERR_INVALID, "'%s' is too long", out->place);
    memcpy(out->path, at.data, at.len);
    out->path[at.len] = '\0';
    return true;
}

bool source_parse(const char *text, const char *store, source *out, err *e)
{
    source s = {.place = text};
    str whole = str_from_c(text), before, place;
    /* A '=' behind a '/' belongs to the path. */
    ptrdiff_t equals = str_find(whole, '='), slash = str_find(whole, '/');
    bool has_name = equals > 0 && (slash < 0 || equals < slash);
    if (has_name) {
        str name, version;
        str_cut(whole, '=', &before, &place);
        s.place = place.data;
        bool has_version = str_cut(before, '@', &name, &version);
        if (!take_name(name, "name", s.name, e) ||
            (has_version && !take_name(version, "version", s.version, e)))
            return false;
    } else {
        place = whole;
        name_from_place(place, s.name);
    }
    s.is_store = str_starts_with(place, STR("assay://"));
    if (s.is_store && !read_store(str_skip(place, 8), store, &s, e)) return false;
    if (!s.is_store && (place.len == 0 || place.len >= sizeof s.path - 16))
        return err_set(e, ERR_INVALID, "'%s' names no file", text);
    if (!s.is_store) memcpy(s.path, place.data, place.len + 1);
    *out = s;
    return true;
}

/* --- the state of a file ----------------------------------------------------------------------------------------------------- */

static file_state state_from(const struct stat *s)
{
    return (file_state){s->st_dev, s->st_ino, s->st_size, s->st_ctim.tv_sec * 1000000000 + s->st_ctim.tv_nsec,
                        s->st_mtim.tv_sec * 1000000000 + s->st_mtim.tv_nsec};
}

bool file_state_of(const char *path, file_state *out)
{
    struct stat s;
    if (stat(path, &s) != 0) return false;
    *out = state_from(&s);
    return true;
}

bool file_state_equal(const file_state *a, const file_state *b)
{
    return a->device == b->device && a->inode == b->inode && a->size_bytes == b->size_bytes &&
           a->changed_ns == b->changed_ns && a->modified_ns == b->modified_ns;
}

/* --- sealed memory ----------------------------------------------------------------------------------------------------------- */

static bool copy_all(int from, int to, hasher *h, uint64_t most, const char *path, err *e)
{
    enum { PIECE_BYTES = 256 * 1024 };
    uint8_t *piece = malloc(PIECE_BYTES);
    if (!piece) return err_set(e, ERR_MEMORY, "no memory to copy '%s'", path);
    uint64_t total = 0;
    bool ok = true;
    for (ssize_t got; ok && (got = read(from, piece, PIECE_BYTES)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        bytes part = {piece, got > 0 ? (size_t)got : 0};
        total += part.len;
        if (got < 0)
            ok = err_set_errno(e, ERR_STORAGE, "cannot read '%s'", path);
        else if (total > most)
            ok = err_set(e, ERR_TOO_LARGE, "'%s' has more than %llu bytes", path, (unsigned long long)most);
        else
            ok = hasher_add(h, part, e) && fd_write_all(to, part, e);
    }
    free(piece);
    return ok;
}

/* The bytes of a file where nobody can change them any more. */
static bool seal(int from, const char *path, uint64_t most, int *out, digest *sha256, err *e)
{
    AUTO(hasher_free) hasher *h = NULL;
    AUTO(fd_close) int fd = memfd_create("assay-model", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return err_set_errno(e, ERR_MEMORY, "cannot make memory for '%s'", path);
    if (!hasher_new(DIGEST_SHA256, &h, e) || !copy_all(from, fd, h, most, path, e) ||
        !hasher_finish(h, sha256, e))
        return false;
    if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) != 0 ||
        lseek(fd, 0, SEEK_SET) < 0)
        return err_set_errno(e, ERR_INTERNAL, "cannot seal the copy of '%s'", path);
    *out = fd_take(&fd);
    return true;
}

static bool seal_model(const char *path, prepared *out, int *model_fd, err *e)
{
    AUTO(fd_close) int fd = -1;
    digest sha256;
    struct stat before, after;
    if (!file_open_read(path, &fd, e)) return false;
    if (fstat(fd, &before) != 0) return err_set_errno(e, ERR_STORAGE, "cannot look at '%s'", path);
    if (!seal(fd, path, LIMIT_MODEL_BYTES, model_fd, &sha256, e)) return false;
    out->state = state_from(&before);
    if (fstat(fd, &after) != 0) return err_set_errno(e, ERR_STORAGE, "cannot look at '%s'", path);
    file_state now = state_from(&after);
    if (!file_state_equal(&out->state, &now))
        return err_set(e, ERR_CONFLICT, "'%s' was written while it was read", path);
    memcpy(out->sha256, digest_hex(sha256).text, HEX_BYTES);
    return true;
}

/* A model without a card is served without drift counters. */
static bool seal_card(const char *path, int *card_fd, err *e)
{
    AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat s;
    digest ignored;
    if (fd < 0 && errno == ENOENT) return true;
    if (fd < 0 || fstat(fd, &s) != 0) return err_set_errno(e, ERR_STORAGE, "cannot open '%s'", path);
    if (!S_ISREG(s.st_mode)) return err_set(e, ERR_INVALID, "'%s' is no file", path);
    return seal(fd, path, LIMIT_JSON_DOC_BYTES, card_fd, &ignored, e);
}

/* --- admission --------------------------------------------------------------------------------------------------------------- */

static void print_findings(const json_t *target)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(target, "findings"), i, item)
    {
        str call = json_text(item, "call");
        fprintf(stderr, "  %-8.*s %.*s%s%.*s\n", STR_ARG(json_text(item, "severity")),
                STR_ARG(json_text(item, "title")), call.len ? ": " : "", STR_ARG(call));
    }
}

static bool is_allowed(const serve_options *options, const char *sha256)
{
    for (size_t i = 0; i < options->allow_unclean_count; i++)
        if (str_eq_nocase(str_from_c(options->allow_unclean[i]), str_from_c(sha256))) return true;
    return false;
}

void source_forget_secrets(const char *store_token)
{
    if (store_token) explicit_bzero((char *)(uintptr_t)store_token, strlen(store_token));
    for (char **entry = environ; entry && *entry; entry++) explicit_bzero(*entry, strlen(*entry));
    clearenv();
}

/* Clean by the scanner's word, which a sandboxed child gave; or named by the operator. The child is a fork of this process, which has read no byte of a model but
 * to copy it, and has no secret left. */
static bool admit(const preparing *p, prepared *out, int fd, err *e)
{
    /* Never stopped: it ends by itself when this process does, and the supervisor need not wait for that. */
    spawner *s = NULL;
    AUTO(json_release) json_t *target = NULL;
    const char *place = p->source->place;
    source_forget_secrets(p->store_token);
    /* The digest is known already, and nobody will read the facts. */
    scan_order order = {.fd = fd, .path = str_from_c(place), .is_brief = true};
    if (!spawner_start_roles(scan_child_roles, &s, e) || !scan_open_file(s, &order, &target, e)) return false;
    str judged = json_text(target, "verdict");
    if (str_eq(judged, STR("clean"))) return true;
    str reason = json_text(json_array_get(json_object_get(target, "findings"), 0), "title");
    if (str_eq(judged, STR("not_a_model")))
        err_set(e, ERR_BLOCKED, "%s is not served: it is no model of a known format", place);
    else
        err_set(e, ERR_BLOCKED, "%s is not served: its verdict is %.*s (%.*s)", place, STR_ARG(judged),
                STR_ARG(reason.len ? reason : STR("the scanner gave no reason")));
    print_findings(target);
    out->was_overridden = is_allowed(p->options, out->sha256);
    out->error = *e;
    return out->was_overridden;
}

static bool prepare_file(const preparing *p, const char *model_path, const char *card_path, prepared *out,
                         int *model_fd, int *card_fd, err *e)
{
    char wanted[HEX_BYTES];
    memcpy(wanted, out->sha256, sizeof wanted); /* what a store says it is; empty for a file */
    if (!seal_model(model_path, out, model_fd, e)) return false;
    if (wanted[0] && strcmp(wanted, out->sha256) != 0)
        return err_set(e, ERR_DIGEST_MISMATCH,
                       "%s: the bytes that came have the sha256 %s, the store says %s", p->source->place,
                       out->sha256, wanted);
    if (strcmp(out->sha256, p->known_sha256) == 0) {
        out->kind = PREPARED_UNCHANGED;
        return true;
    }
    if (!seal_card(card_path, card_fd, e) || !admit(p, out, *model_fd, e)) return false;
    out->kind = PREPARED_ADMITTED;
    out->has_card = *card_fd >= 0;
    return true;
}

static bool prepare_store(const preparing *p, prepared *out, int *model_fd, int *card_fd, err *e)
{
    const char *temporary = getenv("TMPDIR");
    char folder[1024], model[1100], card[1100];
    snprintf(folder, sizeof folder, "%s/assay-serve-XXXXXX",
             temporary && temporary[0] == '/' ? temporary : "/tmp");
    if (!mkdtemp(folder)) return err_set_errno(e, ERR_STORAGE, "cannot make the folder '%s'", folder);
    snprintf(model, sizeof model, "%s/model", folder);
    snprintf(card, sizeof card, "%s/card", folder);
    bool unchanged = false;
    bool ok = store_fetch(p, folder, out, &unchanged, e);
    if (ok && unchanged) out->kind = PREPARED_UNCHANGED;
    if (ok && !unchanged) ok = prepare_file(p, model, card, out, model_fd, card_fd, e);
    static const char *const left[] = {"model",           "card",           "info",
                                       "model.part",      "card.part",      "info.part",
                                       "model.part.etag", "card.part.etag", "info.part.etag"};
    for (size_t i = 0; i < COUNT_OF(left); i++) {
        char path[1100];
        snprintf(path, sizeof path, "%s/%s", folder, left[i]);
        unlink(path);
    }
    rmdir(folder);
    return ok;
}

_Noreturn void source_prepare(const preparing *p, int socket_fd)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    prepared out = {.kind = PREPARED_REFUSED};
    int model_fd = -1, card_fd = -1;
    char card[1100];
    err e = {0};
    snprintf(card, sizeof card, "%s.card.json", p->source->path);
    bool ok = p->source->is_store ? prepare_store(p, &out, &model_fd, &card_fd, &e)
                                  : prepare_file(p, p->source->path, card, &out, &model_fd, &card_fd, &e);
    if (!ok) {
        out.kind = PREPARED_REFUSED;
        out.error = e;
    }
    bool has = out.kind == PREPARED_ADMITTED;
    _exit(prepared_send(socket_fd, &out, has ? model_fd : -1, has ? card_fd : -1) ? 0 : 1);
}

/* --- the message ------------------------------------------------------------------------------------------------------------- */

bool prepared_send(int socket_fd, const prepared *p, int model_fd, int card_fd)
{
    int fds[2] = {model_fd, card_fd};
    size_t count = model_fd < 0 ? 0 : card_fd < 0 ? 1 : 2;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {0};
    struct iovec piece = {(void *)(uintptr_t)p, sizeof *p};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (count) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        *rights = (struct cmsghdr){
            .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int) * count)};
        memcpy(CMSG_DATA(rights), fds, sizeof(int) * count);
    }
    return sendmsg(socket_fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *p;
}

bool prepared_receive(int socket_fd, prepared *p, int *model_fd, int *card_fd)
{
    int fds[2] = {-1, -1};
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof fds)] = {0};
    struct iovec piece = {p, sizeof *p};
    struct msghdr message = {
        .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(socket_fd, &message, MSG_CMSG_CLOEXEC);
    const struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    if (got > 0 && rights && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(rights), rights->cmsg_len == CMSG_LEN(sizeof fds) ? sizeof fds : sizeof fds[0]);
    *model_fd = fds[0];
    *card_fd = fds[1];
    return got == (ssize_t)sizeof *p;
}
