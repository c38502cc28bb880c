/*
 * The spawner. This program is its own child: re-executed as "child <role>", it plays the roles below; then the same with children that are forks.
 */
#include "base/clock.h"
#include "os/file.h"
#include "os/spawner.h"
#include "tests/unit/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

/* --- roles ------------------------------------------------------------------------------------------------------------------ */

static int role_echo(int argc, char **argv)
{
    AUTO_BUF buf all;
    buf_init(&all, 64u << 20);
    if (!fd_read_all(CHILD_INPUT_FD, &all, NULL)) return 1;
    for (int i = 0; i < argc; i++) buf_printf(&all, "[%s]", argv[i]);
    return fd_write_all(CHILD_SOCKET_FD, buf_bytes(&all), NULL) ? 0 : 1;
}

/* Everything it was given: descriptors, environment, blocked and ignored signals, session. */
static int role_surroundings(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    AUTO_BUF buf text;
    buf_init(&text, 65536);
    for (int fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0) buf_printf(&text, "%d ", fd);
    unsetenv(
        "__LLVM_PROFILE_RT_INIT_ONCE"); /* a program that counts its coverage marks itself so, as it starts */
    buf_printf(&text, "env=%s ", environ && environ[0] ? environ[0] : "none");
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    struct sigaction on_pipe;
    sigaction(SIGPIPE, NULL, &on_pipe);
    buf_printf(&text, "chld=%d pipe=%d", sigismember(&blocked, SIGCHLD), on_pipe.sa_handler == SIG_IGN);
    return fd_write_all(CHILD_SOCKET_FD, buf_bytes(&text), NULL) ? 0 : 1;
}

static int role_sleep(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    char pid[32];
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    if (!fd_write_all(CHILD_SOCKET_FD, str_bytes(str_from_c(pid)), NULL)) return 1;
    for (;;) pause();
}

static int role_flood(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    static const uint8_t nothing[65536];
    while (fd_write_all(CHILD_SOCKET_FD, (bytes){nothing, sizeof(nothing)}, NULL)) continue;
    return 1;
}

static int role_die(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "signal") == 0) raise(SIGKILL);
    return 7;
}

/* Whether a place in memory, where a fork's parent kept a variable, still holds text. */
static int role_remember(int argc, char **argv)
{
    uint64_t place;
    if (argc < 2 || !str_to_u64(str_from_c(argv[1]), &place)) return 1;
    str said = *(const char *)(uintptr_t)place ? STR("text") : STR("nothing");
    return fd_write_all(CHILD_SOCKET_FD, str_bytes(said), NULL) ? 0 : 1;
}

static const child_role roles[] = {
    {"echo", role_echo}, {"surroundings", role_surroundings}, {"sleep", role_sleep}, {"flood", role_flood},
    {"die", role_die},   {"remember", role_remember},         {NULL, NULL}};
static const child_role *roles_of_shared; /* NULL: children are new programs */

static int play(int argc, char **argv)
{
    for (size_t i = 0; roles[i].name; i++)
        if (argc > 2 && strcmp(argv[2], roles[i].name) == 0) return roles[i].run(argc - 2, argv + 2);
    return 99;
}

/* --- tests ------------------------------------------------------------------------------------------------------------------ */

static spawner *shared;

static void spawner_hands_input_and_arguments_over(void **state)
{
    (void)state;
    FILE *file = tmpfile();
    fputs("the bytes ", file);
    fflush(file);
    rewind(file);
    AUTO_BUF buf reply;
    buf_init(&reply, 1u << 20);
    const char *args[] = {"a name with spaces", "", NULL};
    child_spec spec = {.role = "echo",
                       .args = args,
                       .input_fd = fileno(file),
                       .timeout_ms = 20000,
                       .reply_bytes_max = 1u << 20};
    err e = {0};
    if (!spawner_run(shared, &spec, &reply, &e)) fail_msg("%s", e.message);
    assert_true(str_eq(buf_str(&reply), STR("the bytes [echo][a name with spaces][]")));
    fclose(file);
}

static void spawner_gives_nothing_else(void **state)
{
    (void)state;
    setenv("ASSAY_SECRET", "x", 1);
    int leaked = open("/dev/null", O_RDONLY); /* without O_CLOEXEC, after the spawner started */
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    child_spec spec = {
        .role = "surroundings", .input_fd = STDIN_FILENO, .timeout_ms = 20000, .reply_bytes_max = 65536};
    err e = {0};
    if (!spawner_run(shared, &spec, &reply, &e)) fail_msg("%s", e.message);
    assert_true(str_eq(buf_str(&reply), STR("0 1 2 3 4 env=none chld=0 pipe=0")));
    spec.input_fd = -1;
    assert_true(spawner_run(shared, &spec, &reply, &e));
    assert_true(str_eq(buf_str(&reply), STR("0 1 2 4 env=none chld=0 pipe=0")));
    close(leaked);
}

/* A new program has other memory; a fork has ours. */
static void spawner_forgets_the_environment_in_forks(void **state)
{
    (void)state;
    if (!roles_of_shared) return;
    char place[32];
    snprintf(place, sizeof(place), "%llu", (unsigned long long)(uintptr_t)environ[0]);
    assert_true(environ[0][0] != '\0');
    AUTO_BUF buf reply;
    buf_init(&reply, 64);
    const char *args[] = {place, NULL};
    child_spec spec = {
        .role = "remember", .args = args, .input_fd = -1, .timeout_ms = 20000, .reply_bytes_max = 64};
    err e = {0};
    if (!spawner_run(shared, &spec, &reply, &e)) fail_msg("%s", e.message);
    assert_true(str_eq(buf_str(&reply), STR("nothing")));
}

static bool is_alive(str pid_text)
{
    uint64_t pid;
    assert_true(str_to_u64(pid_text, &pid));
    return kill((pid_t)pid, 0) == 0;
}

static void wait_until_dead(str pid_text)
{
    for (int i = 0; i < 5000 && is_alive(pid_text); i++) usleep(1000);
    assert_false(is_alive(pid_text));
}

static void spawner_kills_at_the_deadline_and_reaps(void **state)
{
    (void)state;
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    child_spec spec = {.role = "sleep", .input_fd = -1, .timeout_ms = 300, .reply_bytes_max = 65536};
    err e = {0};
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_int_equal(e.code, ERR_CHILD);
    assert_non_null(strstr(e.message, "killed after 300 ms"));
    wait_until_dead(buf_str(&reply)); /* a zombie would still answer */
}

static void spawner_stops_a_flood(void **state)
{
    (void)state;
    AUTO_BUF buf reply;
    buf_init(&reply, 16u << 20);
    child_spec spec = {.role = "flood", .input_fd = -1, .timeout_ms = 20000, .reply_bytes_max = 1000000};
    err e = {0};
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_non_null(strstr(e.message, "more than 1000000 bytes"));
    assert_true(reply.len <= 1000000);
}

static void spawner_tells_how_a_child_ended(void **state)
{
    (void)state;
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    const char *by_signal[] = {"signal", NULL};
    child_spec spec = {.role = "die", .input_fd = -1, .timeout_ms = 20000, .reply_bytes_max = 65536};
    err e = {0};
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_non_null(strstr(e.message, "status 7"));
    spec.args = by_signal;
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_non_null(strstr(e.message, "signal 9"));
}

static void spawner_refuses_overlong_arguments(void **state)
{
    (void)state;
    static char text[9000];
    memset(text, 'x', sizeof(text) - 1);
    const char *args[] = {text, NULL};
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    child_spec spec = {
        .role = "echo", .args = args, .input_fd = -1, .timeout_ms = 1000, .reply_bytes_max = 100};
    err e = {0};
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_int_equal(e.code, ERR_TOO_LARGE);
}

static void *run_many(void *failures)
{
    for (int i = 0; i < 25; i++) {
        AUTO_BUF buf reply;
        buf_init(&reply, 65536);
        char number[16];
        snprintf(number, sizeof(number), "%d", i);
        const char *args[] = {number, NULL};
        child_spec spec = {
            .role = "echo", .args = args, .input_fd = -1, .timeout_ms = 60000, .reply_bytes_max = 100};
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        spec.input_fd = null;
        char want[64];
        snprintf(want, sizeof(want), "[echo][%d]", i);
        bool right = spawner_run(shared, &spec, &reply, NULL) && str_eq(buf_str(&reply), str_from_c(want));
        if (!right) __atomic_add_fetch((int *)failures, 1, __ATOMIC_SEQ_CST);
        close(null);
    }
    return NULL;
}

static void spawner_serves_many_threads(void **state)
{
    (void)state;
    int failures = 0;
    pthread_t threads[8];
    int64_t began_us = clock_mono_us();
    for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_create(&threads[i], NULL, run_many, &failures);
    for (size_t i = 0; i < COUNT_OF(threads); i++) pthread_join(threads[i], NULL);
    assert_int_equal(failures, 0);
    print_message("200 children in %d us each\n", (int)((clock_mono_us() - began_us) / 200));
}

static void spawner_leaves_nobody_behind_when_stopped(void **state)
{
    (void)state;
    spawner *s;
    assert_true(spawner_start_roles(roles_of_shared, &s, NULL));
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    child_spec spec = {.role = "sleep", .input_fd = -1, .timeout_ms = 200, .reply_bytes_max = 65536};
    assert_false(spawner_run(s, &spec, &reply, NULL));
    spawner_stop(s);
    assert_false(is_alive(buf_str(&reply)));
}

static void *sleep_long(void *s)
{
    AUTO_BUF buf reply;
    buf_init(&reply, 65536);
    child_spec spec = {.role = "sleep", .input_fd = -1, .timeout_ms = 60000, .reply_bytes_max = 65536};
    bool ended_well = spawner_run(s, &spec, &reply, NULL);
    return ended_well ? s : NULL;
}

static void spawner_cancel_ends_what_others_wait_for(void **state)
{
    (void)state;
    spawner *s;
    assert_true(spawner_start_roles(roles_of_shared, &s, NULL));
    pthread_t waiting;
    int64_t began_us = clock_mono_us();
    assert_int_equal(pthread_create(&waiting, NULL, sleep_long, s), 0);
    usleep(50000); /* either side of the child's start is fine */
    spawner_cancel(s);
    void *result;
    pthread_join(waiting, &result);
    assert_null(result);
    assert_true(clock_mono_us() - began_us < 30000000);
    spawner_cancel(s);
    spawner_stop(s);
}

static void spawner_knows_no_other_role(void **state)
{
    (void)state;
    AUTO_BUF buf reply;
    buf_init(&reply, 100);
    err e = {0};
    child_spec spec = {.role = "nobody", .input_fd = -1, .timeout_ms = 20000, .reply_bytes_max = 100};
    assert_false(spawner_run(shared, &spec, &reply, &e));
    assert_non_null(strstr(e.message, roles_of_shared ? "status 127" : "status 99"));
}

static int run_all(const char *what)
{
    if (!spawner_start_roles(roles_of_shared, &shared, NULL)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spawner_hands_input_and_arguments_over),
        cmocka_unit_test(spawner_gives_nothing_else),
        cmocka_unit_test(spawner_forgets_the_environment_in_forks),
        cmocka_unit_test(spawner_kills_at_the_deadline_and_reaps),
        cmocka_unit_test(spawner_stops_a_flood),
        cmocka_unit_test(spawner_tells_how_a_child_ended),
        cmocka_unit_test(spawner_refuses_overlong_arguments),
        cmocka_unit_test(spawner_knows_no_other_role),
        cmocka_unit_test(spawner_serves_many_threads),
        cmocka_unit_test(spawner_cancel_ends_what_others_wait_for),
        cmocka_unit_test(spawner_leaves_nobody_behind_when_stopped),
    };
    int failed = cmocka_run_group_tests_name(what, tests, NULL, NULL);
    spawner_stop(shared);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "child") == 0) _exit(play(argc, argv));
    signal(SIGPIPE, SIG_IGN); /* as the server does: must not reach the child */
    int failed = run_all("new programs");
    roles_of_shared = roles;
    return failed + run_all("forks");
}
