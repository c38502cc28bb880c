/*
 * format/source/dockerfile_images.c - which base images are past their end of life.
 *
 * A table of releases, with the month in which their maintainers stopped. Whoever adds a row adds the month that the project itself names.
 */
#include "source/dockerfile.h"

/* Releases whose maintainers no longer mend them, with the month in which that ended. `tag`: what a tag begins with, or a part between dashes. */
static const struct {
    const char *image, *tag, *end;
} ended[] = {
    {"python", "2", "2020-01"},
    {"python", "3.4", "2019-03"},
    {"python", "3.5", "2020-09"},
    {"python", "3.6", "2021-12"},
    {"python", "3.7", "2023-06"},
    {"python", "3.8", "2024-10"},
    {"python", "3.9", "2025-10"},
    {"python", "3.10", "2026-10"},
    {"debian", "bullseye", "2026-08"},
    {"debian", "11", "2026-08"},
    {"node", "20", "2026-04"},
    {"node", "19", "2023-06"},
    {"node", "21", "2024-06"},
    {"node", "23", "2025-06"},
    {"ubuntu", "25.04", "2026-01"},
    {"ubuntu", "25.10", "2026-07"},
    {"fedora", "41", "2025-12"},
    {"fedora", "42", "2026-05"},
    {"opensuse/leap", "15.5", "2024-12"},
    {"opensuse/leap", "15.6", "2026-04"},
    {"debian", "wheezy", "2018-05"},
    {"debian", "7", "2018-05"},
    {"debian", "jessie", "2020-06"},
    {"debian", "8", "2020-06"},
    {"debian", "stretch", "2022-06"},
    {"debian", "9", "2022-06"},
    {"debian", "buster", "2024-06"},
    {"debian", "10", "2024-06"},
    {"ubuntu", "14.04", "2019-04"},
    {"ubuntu", "trusty", "2019-04"},
    {"ubuntu", "16.04", "2021-04"},
    {"ubuntu", "xenial", "2021-04"},
    {"ubuntu", "18.04", "2023-05"},
    {"ubuntu", "bionic", "2023-05"},
    {"ubuntu", "20.04", "2025-05"},
    {"ubuntu", "focal", "2025-05"},
    {"ubuntu", "22.10", "2023-07"},
    {"ubuntu", "23.04", "2024-01"},
    {"ubuntu", "23.10", "2024-07"},
    {"ubuntu", "24.10", "2025-07"},
    {"centos", "", "2024-06"},
    {"node", "8", "2019-12"},
    {"node", "10", "2021-04"},
    {"node", "12", "2022-04"},
    {"node", "14", "2023-04"},
    {"node", "16", "2023-09"},
    {"node", "18", "2025-04"},
    {"fedora", "38", "2024-05"},
    {"fedora", "39", "2024-11"},
    {"fedora", "40", "2025-05"},
    {"opensuse/leap", "15.4", "2023-12"},
};
/* Distributions by the part of a tag that names them, whatever the image is: python:3.11-slim-buster. */
static const char *const distributions[] = {"wheezy", "jessie", "stretch", "buster",  "trusty",
                                            "xenial", "bionic", "focal",   "bullseye"};

/* "3.9" is in "3.9", "3.9.18" and "3.9-slim", not in "3.90". */
static bool begins_version(str tag, str version)
{
    if (!str_starts_with(tag, version)) return false;
    return tag.len == version.len || tag.data[version.len] == '.' || tag.data[version.len] == '-';
}

static bool has_part(str tag, str part)
{
    str each, rest = tag;
    while (str_next(&rest, '-', &each))
        if (str_eq(each, part)) return true;
    return false;
}

static bool is_distribution(str tag)
{
    for (size_t i = 0; i < COUNT_OF(distributions); i++)
        if (str_eq(tag, str_from_c(distributions[i]))) return true;
    return false;
}

/* Alpine's releases live two years: those up to 3.21 are over. */
static const char *end_of_alpine(str tag)
{
    uint64_t minor = 0;
    if (str_starts_with(tag, STR("alpine"))) tag = str_skip(tag, 6);
    if (!str_starts_with(tag, STR("3."))) return NULL;
    size_t len = 2;
    while (len < tag.len && tag.data[len] >= '0' && tag.data[len] <= '9') len++;
    return str_to_u64(str_slice(tag, 2, len - 2), &minor) && minor <= 21 ? "2026-11 or earlier" : NULL;
}

/* The last part of the name: docker.io/library/python is python. */
static str short_name(str image)
{
    if (str_ends_with(image, STR("opensuse/leap"))) return STR("opensuse/leap");
    return str_skip(image, (size_t)(str_find_last(image, '/') + 1));
}

/* The row for that image and tag, or NULL. */
static const char *end_of_release(str name, str tag)
{
    if (str_eq(name, STR("alpine"))) return end_of_alpine(tag);
    for (size_t i = 0; i < COUNT_OF(ended); i++) {
        str wanted = str_from_c(ended[i].tag);
        bool is_image = str_eq(name, str_from_c(ended[i].image));
        if (is_image && (wanted.len == 0 || begins_version(tag, wanted))) return ended[i].end;
        if (is_distribution(wanted) && has_part(tag, wanted)) return ended[i].end;
    }
    return NULL;
}

/* nvidia/cuda:10.2-base-ubuntu18.04, python:3.12-alpine3.12: a part that names a distribution with its version. */
static const char *end_of_part(str part)
{
    static const char *const names[] = {"ubuntu", "debian", "alpine", "centos", "fedora"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        str name = str_from_c(names[i]);
        bool has_version = str_starts_with(part, name) && part.len > name.len && part.data[name.len] >= '0' &&
                           part.data[name.len] <= '9';
        if (has_version) return end_of_release(name, str_skip(part, name.len));
    }
    return NULL;
}

const char *dockerfile_end_of_life(str image, str tag)
{
    str part, rest = tag;
    const char *end = end_of_release(short_name(image), tag);
    while (!end && str_next(&rest, '-', &part)) end = end_of_part(part);
    return end;
}
