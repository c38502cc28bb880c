/*
 * tests/unit/http/loopback.h - a client of raw bytes: what is sent is exactly what the test says.
 */
#ifndef TESTS_UNIT_HTTP_LOOPBACK_H
#define TESTS_UNIT_HTTP_LOOPBACK_H

#include "base/str.h"
#include "http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { ANSWER_BYTES = 1 << 20 };

typedef struct answer {
    unsigned status; /* 0: the connection ended without one */
    size_t len;
    char text[ANSWER_BYTES]; /* head and body */
} answer;

static inline int client_connect(unsigned port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    return fd;
}

/* False when the server has closed. */
static inline bool client_send(int fd, str text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.data, text.len, MSG_NOSIGNAL);
        if (sent <= 0) return false;
        text = str_skip(text, (size_t)sent);
    }
    return true;
}

static inline str answer_str(const answer *a)
{
    return (str){a->text, a->len};
}

static inline bool answer_has(const answer *a, const char *part)
{
    return str_contains(answer_str(a), str_from_c(part));
}

static inline void answer_parse(answer *a)
{
    a->text[a->len] = 0;
    unsigned status = 0;
    if (a->len >= 12 && memcmp(a->text, "HTTP/1.", 7) == 0)
        for (size_t i = 9; i < 12; i++) status = status * 10 + (unsigned)(a->text[i] - '0');
    a->status = status;
}

/* One more answer's head, and as much of the body as its Content-Length says (or none). */
static inline void client_read_one(int fd, answer *a)
{
    a->len = 0;
    size_t want = ANSWER_BYTES - 1;
    while (a->len < want) {
        ssize_t got = recv(fd, a->text + a->len, 1, 0);
        if (got <= 0) break;
        a->len++;
        if (a->len >= 4 && memcmp(a->text + a->len - 4, "\r\n\r\n", 4) == 0 && want == ANSWER_BYTES - 1) {
            a->text[a->len] = 0;
            const char *length = strstr(a->text, "Content-Length: ");
            want = a->len + (length ? strtoul(length + 16, NULL, 10) : 0);
        }
    }
    answer_parse(a);
}

/* Everything until the server closes. */
static inline void client_read_all(int fd, answer *a)
{
    a->len = 0;
    for (;;) {
        ssize_t got = recv(fd, a->text + a->len, ANSWER_BYTES - 1 - a->len, 0);
        if (got <= 0) break;
        a->len += (size_t)got;
    }
    answer_parse(a);
}

/* A whole connection: send, read until the end. The request should ask for "Connection: close". */
static inline void client_ask(unsigned port, str request, answer *a)
{
    int fd = client_connect(port);
    (void)client_send(fd, request);
    client_read_all(fd, a);
    close(fd);
}

#endif
