/* auth/test_auth.c - who is it, and may they? */
#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "auth/auth.h"
#include "base/clock.h"
#include "base/limits.h"
#include "codec/json.h"
#include "crypto/base64.h"
#include "meta/users.h"
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

typedef struct fixture {
    test_folder folder;
    meta *m;
    auth *au;
    arena a;
} fixture;

static bool first_admin(auth *au, arena *a, const char *wanted, bool *created, secret *password, err *e)
{
    auth_first *first;
    if (!auth_first_begin(secret_of(str_from_c(wanted)), a, &first, e)) return false;
    auth_first_wait(first);
    return auth_first_admin(au, first, created, password, e);
}

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    arena_init(&f->a, 64 * MIB);
    err e = {0};
    bool created;
    secret password;
    assert_true(meta_open(f->folder.path, &f->m, &e));
    assert_true(auth_open(f->m, &f->au, &e));
    assert_true(first_admin(f->au, &f->a, "admin-password", &created, &password, &e));
    assert_true(created);
    assert_true(auth_user_create(f->au, STR("alice"), secret_of(STR("alice-password")), false, &e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    auth_close(f->au);
    meta_close(f->m);
    arena_done(&f->a);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

/* The standard alphabet, for what clients send. */
static str basic(fixture *f, const char *user_and_password)
{
    AUTO_BUF buf text;
    buf_init(&text, 4096);
    base64url_encode(str_bytes(str_from_c(user_and_password)), &text);
    for (size_t i = 0; i < text.len; i++)
        text.data[i] = text.data[i] == '-' ? '+' : text.data[i] == '_' ? '/' : text.data[i];
    return arena_printf(&f->a, "Basic %.*s", STR_ARG(buf_str(&text)));
}

static err_code identify(fixture *f, auth_credentials c, auth_identity *who)
{
    err e = {0};
    return auth_identify(f->au, &c, &f->a, who, &e) ? ERR_NONE : e.code;
}

static secret token_of(fixture *f, const char *user, const char *scope, int64_t lifetime_s, int64_t *id)
{
    err e = {0};
    secret token;
    if (!auth_token_create(f->au, str_from_c(user), str_from_c(scope), STR("test"), lifetime_s, &f->a, &token,
                           id, &e))
        fail_msg("%s", e.message);
    return token;
}

static void auth_makes_the_first_admin_once(void **state)
{
    fixture *f = *state;
    err e = {0};
    bool created = true;
    secret password;
    assert_true(first_admin(f->au, &f->a, "", &created, &password, &e));
    assert_false(created);
    assert_true(meta_user_delete(f->m, STR("admin"), &e) && meta_user_delete(f->m, STR("alice"), &e));
    assert_true(first_admin(f->au, &f->a, "", &created, &password, &e));
    assert_true(created && secret_reveal(password).len == 20);
    auth_identity who;
    assert_true(auth_password_check(f->au, STR("admin"), password, &f->a, &who, &e));
    assert_true(who.is_admin);
}

typedef struct early_check {
    fixture *f;
    atomic_bool is_done;
    bool was_right;
} early_check;

static void *check_early(void *ctx)
{
    early_check *early = ctx;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    auth_identity who;
    early->was_right =
        auth_password_check(early->f->au, STR("alice"), secret_of(STR("alice-password")), &a, &who, NULL);
    atomic_store(&early->is_done, true);
    return NULL;
}

static void auth_lets_passwords_wait_for_the_first_admin(void **state)
{
    early_check early = {.f = *state};
    pthread_t thread;
    auth_first_hold(early.f->au, true);
    assert_int_equal(pthread_create(&thread, NULL, check_early, &early), 0);
    usleep(200 * 1000);
    assert_false(atomic_load(&early.is_done));
    auth_first_hold(early.f->au, false);
    pthread_join(thread, NULL);
    assert_true(early.was_right);
}

static void auth_knows_passwords(void **state)
{
    fixture *f = *state;
    auth_identity who;
    assert_int_equal(identify(f, (auth_credentials){.authorization = basic(f, "admin:admin-password")}, &who),
                     ERR_NONE);
    assert_true(who.is_admin && str_eq(who.name, STR("admin")) && who.token_id == 0);
    assert_int_equal(identify(f, (auth_credentials){.authorization = basic(f, "alice:alice-password")}, &who),
                     ERR_NONE);
    assert_true(!who.is_admin && str_eq(who.name, STR("alice")));
    static const char *const bad[] = {"admin:wrong", "admin:", "nobody:admin-password", ":admin-password",
                                      "alice:admin-password"};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(identify(f, (auth_credentials){.authorization = basic(f, bad[i])}, &who),
                         ERR_UNAUTHENTICATED);
}

static void auth_refuses_malformed_headers(void **state)
{
    fixture *f = *state;
    auth_identity who;
    static const char *const bad[] = {
        "Basic", "Basic ", "Basic !!!!", "Basic YWRtaW4=", "Bearer", "Bearer x", "Digest a=b", "x", " "};
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(identify(f, (auth_credentials){.authorization = str_from_c(bad[i])}, &who),
                         ERR_UNAUTHENTICATED);
    assert_int_equal(identify(f, (auth_credentials){0}, &who), ERR_NONE);
    assert_true(who.is_anonymous);
}

static void auth_remembers_a_password_and_forgets_it_when_it_changes(void **state)
{
    fixture *f = *state;
    err e = {0};
    auth_identity who = {0};
    bool must_wait = false;
    const auth_credentials old = {.authorization = basic(f, "alice:alice-password")};
    assert_true(auth_identify_now(f->au, &old, &f->a, &who, &must_wait, &e));
    assert_true(must_wait);
    assert_int_equal(identify(f, old, &who), ERR_NONE);
    assert_true(auth_identify_now(f->au, &old, &f->a, &who, &must_wait, &e));
    assert_true(!must_wait && str_eq(who.name, STR("alice")));
    assert_true(auth_password_change(f->au, STR("alice"), secret_of(STR("another-one")), &e));
    assert_int_equal(identify(f, old, &who), ERR_UNAUTHENTICATED);
    assert_int_equal(identify(f, (auth_credentials){.authorization = basic(f, "alice:another-one")}, &who),
                     ERR_NONE);
    assert_false(auth_password_change(f->au, STR("alice"), secret_of(STR("short")), &e));
}

static void auth_knows_tokens_in_every_place(void **state)
{
    fixture *f = *state;
    auth_identity who;
    int64_t id;
    str token = secret_reveal(token_of(f, "alice", "", 0, &id));
    const auth_credentials places[] = {
        {.authorization = arena_printf(&f->a, "Bearer %.*s", STR_ARG(token))},
        {.authorization = basic(f, arena_printf(&f->a, "alice:%.*s", STR_ARG(token)).data)},
        {.authorization = basic(f, arena_printf(&f->a, ":%.*s", STR_ARG(token)).data)},
        {.authorization = basic(f, arena_printf(&f->a, "whoever:%.*s", STR_ARG(token)).data)},
        {.api_key = token},
        {.session = token},
    };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        assert_int_equal(identify(f, places[i], &who), ERR_NONE);
        assert_true(str_eq(who.name, STR("alice")) && who.token_id == id && !who.is_admin);
    }
    /* another user's name beside it */
    str other = arena_printf(&f->a, "admin:%.*s", STR_ARG(token));
    assert_int_equal(identify(f, (auth_credentials){.authorization = basic(f, other.data)}, &who),
                     ERR_UNAUTHENTICATED);
    /* one byte changed */
    str changed = arena_copy(&f->a, token);
    ((char *)(uintptr_t)changed.data)[changed.len - 1] ^= 1;
    assert_int_equal(identify(f, (auth_credentials){.api_key = changed}, &who), ERR_UNAUTHENTICATED);
    err e = {0};
    assert_true(auth_token_revoke(f->au, id, &e));
    assert_int_equal(identify(f, places[0], &who), ERR_UNAUTHENTICATED);
}

static void auth_ends_tokens_in_time(void **state)
{
    fixture *f = *state;
    err e = {0};
    digest hash;
    auth_identity who;
    assert_true(
        digest_of(DIGEST_SHA256, str_bytes(STR("a-token-that-ended-before-this-test-began")), &hash, &e));
    const meta_token row = {.user = STR("alice"), .created_ms = 1, .expires_ms = clock_wall_ms() - 1};
    assert_true(meta_token_create(f->m, &row, hash, (digest){0}, NULL, &e));
    assert_int_equal(
        identify(f, (auth_credentials){.api_key = STR("a-token-that-ended-before-this-test-began")}, &who),
        ERR_UNAUTHENTICATED);
    secret token;
    assert_false(auth_token_create(f->au, STR("alice"), STR(""), STR(""), (int64_t)366 * 86400, &f->a, &token,
                                   NULL, &e));
    assert_int_equal(e.code, ERR_INVALID);
}

static void tokens_have_claims_that_clients_can_read(void **state)
{
    fixture *f = *state;
    err e = {0};
    str rest = secret_reveal(token_of(f, "alice", "a>?~b api:*", 3600, NULL)), header, claims = STR_NONE;
    assert_true(str_cut(rest, '.', &header, &rest) && str_cut(rest, '.', &claims, &rest));
    assert_true(str_find(claims, '-') < 0 && str_find(claims, '_') < 0);
    AUTO_BUF buf plain;
    buf_init(&plain, 4096);
    assert_true(base64_decode(claims, &plain, &e));
    AUTO(json_release) json_t *object = NULL;
    assert_true(json_decode(buf_bytes(&plain), "claims", &object, &e));
    assert_true(str_ends_with(json_text(object, "sub"), STR("/users/alice")));
    assert_true(str_eq(json_text(object, "scp"), STR("a>?~b api:*")));
    int64_t from = 0, to = 0;
    assert_true(json_member_i64_or(object, "iat", 0, &from, &e) &&
                json_member_i64_or(object, "exp", 0, &to, &e));
    assert_int_equal(to - from, 3600);
    secret token;
    assert_false(
        auth_token_create(f->au, STR("alice"), STR("caf\xc3\xa9"), STR(""), 1, &f->a, &token, NULL, &e));
}

static void tokens_are_renewed_once(void **state)
{
    fixture *f = *state;
    err e = {0};
    auth_identity who;
    auth_token_made first, second, third;
    const auth_token_order order = {STR("alice"), STR("member-of-groups:*"), STR("jf"), 3600, true};
    assert_true(auth_token_make(f->au, &order, &f->a, &first, &e));
    assert_true(auth_token_refresh(f->au, first.refresh, &f->a, &second, &e));
    assert_false(secret_eq(first.token, second.token) || secret_eq(first.refresh, second.refresh));
    assert_int_equal(second.lifetime_s, 3600);
    assert_int_equal(identify(f, (auth_credentials){.api_key = secret_reveal(first.token)}, &who),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(identify(f, (auth_credentials){.api_key = secret_reveal(second.token)}, &who), ERR_NONE);
    assert_false(auth_token_refresh(f->au, first.refresh, &f->a, &third, &e));
    assert_int_equal(e.code, ERR_UNAUTHENTICATED);
}

static err_code allow(fixture *f, const auth_identity *who, auth_action action, const char *repository)
{
    err e = {0};
    return auth_allow(f->au, who, action, str_from_c(repository), &e) ? ERR_NONE : e.code;
}

static void auth_allows_by_role_and_scope(void **state)
{
    fixture *f = *state;
    const auth_identity nobody = {.name = STR("anonymous"), .is_anonymous = true},
                        user = {.name = STR("alice")}, admin = {.name = STR("admin"), .is_admin = true},
                        reader = {.name = STR("a"), .is_admin = true, .scope = STR("assay:read")},
                        docker = {.name = STR("a"), .scope = STR("oci repository:docker-local/app:pull,")},
                        whole = {.name = STR("a"), .scope = STR("x applied-permissions/user")},
                        odd = {.name = STR("a"), .is_admin = true, .scope = STR("system:metrics:r")};
    const struct {
        const auth_identity *who;
        auth_action action;
        const char *repository;
        err_code wanted;
    } cases[] = {
        {&nobody, AUTH_NOTHING, "", ERR_NONE},
        {&nobody, AUTH_LOGGED_IN, "", ERR_UNAUTHENTICATED},
        {&nobody, AUTH_READ, "r", ERR_UNAUTHENTICATED},
        {&nobody, AUTH_ADMIN, "", ERR_UNAUTHENTICATED},
        {&user, AUTH_READ, "r", ERR_NONE},
        {&user, AUTH_WRITE, "r", ERR_NONE},
        {&user, AUTH_DELETE, "r", ERR_NONE},
        {&user, AUTH_MANAGE, "r", ERR_DENIED},
        {&user, AUTH_ADMIN, "", ERR_DENIED},
        {&admin, AUTH_ADMIN, "", ERR_NONE},
        {&reader, AUTH_READ, "r", ERR_NONE},
        {&reader, AUTH_WRITE, "r", ERR_DENIED},
        {&reader, AUTH_ADMIN, "", ERR_DENIED},
        {&docker, AUTH_LOGGED_IN, "", ERR_NONE},
        {&docker, AUTH_READ, "docker-local", ERR_NONE},
        {&docker, AUTH_READ, "docker", ERR_UNAUTHENTICATED},
        {&docker, AUTH_READ, "", ERR_UNAUTHENTICATED},
        {&docker, AUTH_WRITE, "docker-local", ERR_UNAUTHENTICATED},
        {&docker, AUTH_ADMIN, "", ERR_DENIED},
        {&whole, AUTH_WRITE, "r", ERR_NONE},
        {&odd, AUTH_LOGGED_IN, "", ERR_NONE},
        {&odd, AUTH_READ, "r", ERR_DENIED},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        if (allow(f, cases[i].who, cases[i].action, cases[i].repository) != cases[i].wanted)
            fail_msg("case %zu", i);
    auth_let_anonymous_read(f->au);
    assert_int_equal(allow(f, &nobody, AUTH_READ, "r"), ERR_NONE);
    assert_int_equal(allow(f, &nobody, AUTH_WRITE, "r"), ERR_UNAUTHENTICATED);
    assert_int_equal(allow(f, &nobody, AUTH_LOGGED_IN, ""), ERR_UNAUTHENTICATED);
}

static void auth_refuses_odd_user_names(void **state)
{
    fixture *f = *state;
    static const char *const bad[] = {"", "anonymous", "a b", "a:b", "a/b", "caf\xc3\xa9", "a\nb"};
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        err e = {0};
        assert_false(auth_user_create(f->au, str_from_c(bad[i]), secret_of(STR("long-enough")), false, &e));
        assert_int_equal(e.code, ERR_NAME_INVALID);
    }
    err e = {0};
    assert_false(auth_user_create(f->au, STR("alice"), secret_of(STR("long-enough")), false, &e));
    assert_int_equal(e.code, ERR_CONFLICT);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(auth_makes_the_first_admin_once),
        TEST(auth_lets_passwords_wait_for_the_first_admin),
        TEST(auth_knows_passwords),
        TEST(auth_refuses_malformed_headers),
        TEST(auth_remembers_a_password_and_forgets_it_when_it_changes),
        TEST(auth_knows_tokens_in_every_place),
        TEST(auth_ends_tokens_in_time),
        TEST(tokens_have_claims_that_clients_can_read),
        TEST(tokens_are_renewed_once),
        TEST(auth_allows_by_role_and_scope),
        TEST(auth_refuses_odd_user_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
