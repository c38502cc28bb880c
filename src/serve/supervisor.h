/*
 * serve/supervisor.h - the supervisor's state: a slot per model, and the serving processes. Private to serve.
 */
#ifndef SERVE_SUPERVISOR_H
#define SERVE_SUPERVISOR_H

#include "child.h"

/* Bytes that were admitted, in sealed memory; model_fd -1: none. */
typedef struct admitted {
    int model_fd, card_fd;
    char sha256[HEX_BYTES], version[NAME_BYTES];
} admitted;

typedef struct slot {
    source source;
    admitted current, previous, candidate;
    bool is_rollback; /* the candidate is `previous`, lent */
    bool is_tried;    /* the candidate is in the serving process that starts now */
    unsigned versions_counted;
    file_state seen, noticed; /* seen: prepared already, whatever came of it; noticed: at the last look */
    pid_t helper;
    int helper_fd; /* -1: no helper runs */
    bool check_now;
    int64_t next_look_us;
} slot;

/* What may change while the server runs (settings.c). */
typedef struct settings {
    arena memory;
    serve_tokens tokens;
    const char *tls_certificate, *tls_key;
    int request_log_fd; /* -1: none */
} settings;

enum { DRAINING_MAX = 4, SETTINGS_FILES = 3 };
typedef struct process {
    pid_t pid; /* 0: none */
    int control_fd;
} process;

typedef struct supervisor {
    const serve_options *options;
    arena memory;
    slot *slots;
    size_t slot_count;
    process serving, starting, draining[DRAINING_MAX];
    int listen_fd, signal_fd;
    unsigned port, threads;
    settings settings, tried; /* tried: what the next serving process starts with, when has_tried */
    bool has_tried, settings_asked;
    file_state settings_seen[SETTINGS_FILES], settings_noticed[SETTINGS_FILES];
    int64_t settings_look_us;
    const char *store_token;
    logger log;
    int64_t started_us;
    bool is_stopping, greeted;
    int64_t deaths_us[4]; /* when serving processes died unasked, the last ones */
} supervisor;

/* What must be open and read before anything is forked (setup.c). */
bool supervisor_prepare(supervisor *s, err *e) MUST_USE;
void supervisor_done(supervisor *s);

/* Helpers and their admissions (slots.c). A pending candidate is one that no serving process has tried yet. */
bool slot_start_helper(supervisor *s, slot *at, err *e) MUST_USE;
/* The helper has spoken, or died: false with its reason when nothing was admitted. */
bool slot_take_prepared(supervisor *s, slot *at, err *e) MUST_USE;
bool slot_has_candidate(const slot *at);
/* The file moved, somebody asked, or it is time to ask the store. */
bool slot_wants_look(supervisor *s, slot *at, int64_t now_us);
void slot_commit(slot *at); /* the candidate serves now */
void slot_drop_candidate(slot *at);
bool slot_roll_back(slot *at); /* false: there is nothing before */

/* Settings (settings.c). */
bool settings_read(const serve_options *o, settings *out, err *e) MUST_USE;
/* A small text file, with its NUL. */
bool settings_read_text(arena *a, const char *path, const char **out, err *e) MUST_USE;
bool settings_equal(const settings *a, const settings *b);
/* Overwrite the tokens of clients and the key of TLS. */
void settings_wipe(settings *s);
void settings_drop(settings *s);
/* Have the files moved, or was somebody asking: then read them, and try what is new. */
void settings_look(supervisor *s, bool is_asked);
void settings_commit(supervisor *s);
void settings_give_up(supervisor *s);

/* Serving processes (processes.c). */
bool process_start(supervisor *s, process *out, err *e) MUST_USE;
void process_finish(supervisor *s, process *p, child_order order);

#endif
