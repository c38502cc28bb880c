/*
 * tests/unit/meta/fixture.h - an empty store of rows in a folder of its own.
 */
#ifndef TESTS_UNIT_META_FIXTURE_H
#define TESTS_UNIT_META_FIXTURE_H

#include "tests/unit/test.h"

#include "tests/unit/folder.h"

#include "base/limits.h"
#include "meta/meta.h"

typedef struct fixture {
    test_folder folder;
    meta *m;
    arena a;
} fixture;

static int setup(void **state)
{
    fixture *f = calloc(1, sizeof(*f));
    f->folder = folder_make();
    arena_init(&f->a, 64 * MIB);
    err e = {0};
    assert_true(meta_open(f->folder.path, &f->m, &e));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    meta_close(f->m);
    arena_done(&f->a);
    folder_remove(&f->folder);
    free(f);
    return 0;
}

#endif
