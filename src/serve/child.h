/*
 * serve/child.h - the serving process, and what it and the supervisor say to each other. Private to serve.
 *
 * One packet is one message. The supervisor takes the child's words for hostile: a kind, an index in range, and text that is cleaned before anybody sees it.
 */
#ifndef SERVE_CHILD_H
#define SERVE_CHILD_H

#include "server.h"
#include "source.h"

typedef enum child_word {
    CHILD_LOADED = 1, /* model, text: "RandomForestClassifier of ..." */
    CHILD_READY,
    CHILD_FAILED,   /* model or SIZE_MAX, text: why */
    CHILD_CHECK,    /* somebody asks to look for a new file of model */
    CHILD_ROLLBACK, /* ... to go back to the version before */
} child_word;
typedef struct child_message {
    child_word word;
    uint32_t model;
    char text[1024];
} child_message;

/* What the supervisor says: finish. */
typedef struct child_order {
    uint32_t unready_ms; /* say no to readiness and go on for so long */
    uint32_t drain_ms;   /* then take no connections, and wait for so long that clients close theirs */
    bool is_last;        /* nobody follows: who connects is refused */
} child_order;

typedef struct child_model {
    str name, version, sha256, source;
    int model_fd, card_fd; /* card_fd -1: none */
} child_model;
typedef struct child_setup {
    const child_model *models;
    size_t model_count;
    int control_fd, listen_fd, request_log_fd;
    unsigned threads;
    const serve_tokens *tokens;
    const char *tls_certificate, *tls_key;
    double request_log_sample;
    bool log_features;
} child_setup;

/* In a forked process: the sandbox, the models, the server, until it is told to finish or the supervisor is gone. */
_Noreturn void child_serve(const child_setup *setup);

#endif
