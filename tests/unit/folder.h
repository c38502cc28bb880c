/*
 * tests/unit/folder.h - a private folder for one test, removed with everything in it.
 */
#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct test_folder {
    char path[64];
} test_folder;

static inline test_folder folder_make(void)
{
    test_folder f = {"/tmp/assay-test-XXXXXX"};
    if (!mkdtemp(f.path)) abort();
    return f;
}

static int folder_remove_one(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about, (void)kind, (void)where;
    return remove(path);
}

static inline void folder_remove(test_folder *f)
{
    nftw(f->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
