/*
 * advisory/match.c - which advisories apply to a component, one match per flaw.
 *
 * Two records that share an id or an alias are the same flaw. A distribution's advisory that covers several flaws becomes one match for each of
 * them, so that it meets the other records of the same flaw.
 */
#include "image.h"

#include <stdlib.h>

/* --- lookup ---------------------------------------------------------------------------------------------------------------- */

typedef struct package_key {
    str ecosystem, package;
} package_key;

static int compare_key(const image *i, uint32_t row, const package_key *key)
{
    int order = str_compare(image_text(i, TABLE_AFFECTED, row, AFFECTED_ECOSYSTEM), key->ecosystem);
    return order ? order : str_compare(image_text(i, TABLE_AFFECTED, row, AFFECTED_PACKAGE), key->package);
}

/* The first row that is not below the key. */
static uint32_t lower_bound(const image *i, const package_key *key)
{
    uint32_t from = 0, to = i->rows[TABLE_AFFECTED];
    while (from < to) {
        uint32_t middle = from + (to - from) / 2;
        if (compare_key(i, middle, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

/* What of a component the advisories speak of. */
typedef struct subject {
    const ecosystem *eco;
    package_key key;
    str release; /* "12" */
    bool has_release;
    str version;
    bool can_order;
} subject;

static subject subject_of(const component *c)
{
    subject s = {.eco = c->eco, .key = {str_from_c(c->eco->osv_name), c->name}, .version = c->version};
    if (c->source_name.len) {
        s.key.package = c->source_name;
        s.version = c->source_version;
    }
    str vendor;
    s.has_release = str_cut(c->namespace, ':', &vendor, &s.release);
    bool is_other = c->eco->osv_name_also && str_eq_nocase(vendor, str_from_c(c->eco->osv_name_also));
    if (is_other) s.key.ecosystem = str_from_c(c->eco->osv_name_also);
    /* A derived distribution has the names of its parent but not its fixes: no advisory speaks of it. */
    if (vendor.len && !is_other && c->eco->osv_name_also &&
        !str_eq_nocase(vendor, str_from_c(c->eco->osv_name)))
        s.key.ecosystem = vendor;
    s.can_order = c->version_is_known && c->eco->version_is_valid(s.version);
    return s;
}

/* "Ubuntu:22.04:LTS" is release 22.04; "Ubuntu:Pro:…" is none that an image tells. */
static bool release_fits(str advised, const subject *s)
{
    if (advised.len == 0 || !s->has_release) return true;
    return str_starts_with(advised, s->release) &&
           (advised.len == s->release.len || advised.data[s->release.len] == ':');
}

/* --- one affected row ------------------------------------------------------------------------------------------------------ */

static interval interval_at(const image *i, uint32_t row)
{
    return (interval){
        .introduced = image_text(i, TABLE_RANGE, row, RANGE_INTRODUCED),
        .end = image_text(i, TABLE_RANGE, row, RANGE_END),
        .kind = (end_kind)image_cell(i, TABLE_RANGE, row, RANGE_END_KIND),
        .fixed = image_text(i, TABLE_RANGE, row, RANGE_FIXED),
    };
}

/* The interval that covers the version, or -1. */
static int64_t covering_range(const image *i, uint32_t row, const ecosystem *eco, str version)
{
    uint32_t first = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_FIRST);
    uint32_t count = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_COUNT);
    for (uint32_t n = 0; n < count; n++) {
        interval in = interval_at(i, first + n);
        if (interval_covers(eco, &in, version)) return first + n;
    }
    return -1;
}

static bool versions_equal(const ecosystem *eco, str listed, str version)
{
    if (str_eq(listed, version)) return true;
    if (!eco->version_is_valid(listed) || !eco->version_is_valid(version)) return false;
    if (eco->version_compare(listed, version) == 0) return true;
    return eco->version_public && eco->version_compare(listed, eco->version_public(version)) == 0;
}

static bool is_listed(const image *i, uint32_t row, const ecosystem *eco, str version)
{
    uint32_t first = image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_FIRST);
    uint32_t count = image_cell(i, TABLE_AFFECTED, row, AFFECTED_VERSION_COUNT);
    for (uint32_t n = 0; n < count; n++)
        if (versions_equal(eco, image_text(i, TABLE_VERSION, first + n, VERSION_TEXT), version)) return true;
    return false;
}

static bool is_affected(const image *i, uint32_t row, const ecosystem *eco, str version)
{
    return covering_range(i, row, eco, version) >= 0 || is_listed(i, row, eco, version);
}

/* The smallest fixed version above the installed one that is not affected itself; for a version that cannot be ordered, the largest: from there
 * on it is safe. */
static str nearest_fixed(const image *i, uint32_t row, const subject *s)
{
    uint32_t first = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_FIRST);
    uint32_t count = image_cell(i, TABLE_AFFECTED, row, AFFECTED_RANGE_COUNT);
    str best = STR_NONE;
    for (uint32_t n = 0; n < count; n++) {
        str fixed = image_text(i, TABLE_RANGE, first + n, RANGE_FIXED);
        if (fixed.len == 0 || (s->can_order && s->eco->version_compare(fixed, s->version) <= 0)) continue;
        int order = best.len ? s->eco->version_compare(fixed, best) : 0;
        bool is_better = best.len == 0 || (s->can_order ? order < 0 : order > 0);
        if (is_better && !is_affected(i, row, s->eco, fixed)) best = fixed;
    }
    return best;
}

typedef enum answer { ANSWER_NO, ANSWER_MAYBE, ANSWER_YES } answer;

static answer judge(const image *i, uint32_t row, const subject *s, str *introduced)
{
    if (image_cell(i, TABLE_AFFECTED, row, AFFECTED_FLAGS) & AFFECTED_IS_OPEN) return ANSWER_MAYBE;
    if (!s->can_order) return is_listed(i, row, s->eco, s->version) ? ANSWER_YES : ANSWER_MAYBE;
    int64_t range = covering_range(i, row, s->eco, s->version);
    if (range >= 0) *introduced = image_text(i, TABLE_RANGE, (uint32_t)range, RANGE_INTRODUCED);
    if (range < 0 && !is_listed(i, row, s->eco, s->version)) return ANSWER_NO;
    bool is_other_release = !s->has_release && image_text(i, TABLE_AFFECTED, row, AFFECTED_RELEASE).len;
    return is_other_release ? ANSWER_MAYBE : ANSWER_YES;
}

/* --- flaws ----------------------------------------------------------------------------------------------------------------- */

/* A match on its way: the row it came from, and the flaw it speaks of. */
typedef struct hit {
    uint32_t row, advisory;
    uint32_t
        upstream; /* of several that the advisory covers: which, + 1; 0: the advisory is about one flaw */
    answer answer;
    str introduced;
    size_t group; /* the place of the group's first hit */
} hit;

typedef struct hits {
    const image *image;
    hit *list;
    size_t count;
} hits;

static uint32_t upstream_count(const image *i, uint32_t advisory)
{
    return image_cell(i, TABLE_ADVISORY, advisory, ADVISORY_UPSTREAM_COUNT);
}

/* The ids of the flaw: for one of several upstream flaws, its id alone; else the advisory's own, its aliases and its upstream. */
static size_t id_count(const image *i, const hit *h)
{
    if (h->upstream) return 1;
    return 1 + (size_t)image_cell(i, TABLE_ADVISORY, h->advisory, ADVISORY_ALIAS_COUNT) +
           upstream_count(i, h->advisory);
}

static str id_at(const image *i, const hit *h, size_t n)
{
    uint32_t first = image_cell(i, TABLE_ADVISORY, h->advisory, ADVISORY_ALIAS_FIRST);
    if (h->upstream)
        return image_text(i, TABLE_ALIAS,
                          first + image_cell(i, TABLE_ADVISORY, h->advisory, ADVISORY_ALIAS_COUNT) +
                              h->upstream - 1,
                          ALIAS_ID);
    return n == 0 ? image_text(i, TABLE_ADVISORY, h->advisory, ADVISORY_ID)
                  : image_text(i, TABLE_ALIAS, first + (uint32_t)n - 1, ALIAS_ID);
}

typedef struct id_owner {
    str id;
    size_t hit;
} id_owner;

static int compare_owners(const void *left, const void *right)
{
    const id_owner *a = left, *b = right;
    int order = str_compare(a->id, b->id);
    return order ? order : a->hit < b->hit ? -1 : a->hit > b->hit;
}

static size_t root_of(hit *list, size_t at)
{
    while (list[at].group != at) at = list[at].group = list[list[at].group].group;
    return at;
}

/* Union-find over shared ids: sorted, equal ids are neighbours. */
static bool group_hits(hits *h, arena *a, err *e)
{
    size_t total = 0, count = 0;
    for (size_t n = 0; n < h->count; n++) total += id_count(h->image, &h->list[n]);
    id_owner *owners = arena_alloc_array(a, total + 1, sizeof *owners);
    if (!owners) return err_set(e, ERR_MEMORY, "no memory left to match %zu advisories", h->count);
    for (size_t n = 0; n < h->count; n++) {
        h->list[n].group = n;
        for (size_t k = 0; k < id_count(h->image, &h->list[n]); k++)
            owners[count++] = (id_owner){id_at(h->image, &h->list[n], k), n};
    }
    qsort(owners, count, sizeof *owners, compare_owners);
    for (size_t k = 1; k < count; k++) {
        if (!str_eq(owners[k - 1].id, owners[k].id)) continue;
        size_t x = root_of(h->list, owners[k - 1].hit), y = root_of(h->list, owners[k].hit);
        h->list[x > y ? x : y].group = x > y ? y : x;
    }
    return true;
}

static bool add_hit(hits *h, uint32_t row, answer found, str introduced)
{
    uint32_t advisory = image_cell(h->image, TABLE_AFFECTED, row, AFFECTED_ADVISORY);
    uint32_t flaws = upstream_count(h->image, advisory);
    for (uint32_t n = 0; n < (flaws > 1 ? flaws : 1); n++)
        h->list[h->count++] = (hit){.row = row,
                                    .advisory = advisory,
                                    .upstream = flaws > 1 ? n + 1 : 0,
                                    .answer = found,
                                    .introduced = introduced};
    return true;
}

static bool find_hits(const image *i, const subject *s, arena *a, hits *out, err *e)
{
    uint32_t first = lower_bound(i, &s->key), end = first;
    size_t room = 0;
    for (; end < i->rows[TABLE_AFFECTED] && compare_key(i, end, &s->key) == 0; end++)
        room += 1 + (size_t)upstream_count(i, image_cell(i, TABLE_AFFECTED, end, AFFECTED_ADVISORY));
    *out = (hits){.image = i, .list = arena_alloc_array(a, room + 1, sizeof *out->list)};
    if (!out->list) return err_set(e, ERR_MEMORY, "no memory left to match '%.*s'", STR_ARG(s->key.package));
    for (uint32_t row = first; row < end; row++) {
        str introduced = STR_NONE;
        if (!release_fits(image_text(i, TABLE_AFFECTED, row, AFFECTED_RELEASE), s)) continue;
        answer found = judge(i, row, s, &introduced);
        if (found != ANSWER_NO) add_hit(out, row, found, introduced);
    }
    return true;
}

/* --- answers --------------------------------------------------------------------------------------------------------------- */

static void add_alias(buf *out, str id, str own)
{
    str rest = buf_str(out);
    if (id.len == 0 || str_eq(id, own)) return;
    while (rest.len) {
        str part;
        (void)str_next(&rest, ',', &part);
        if (str_eq(str_trim(part), id)) return;
    }
    if (out->len) buf_add_str(out, STR(", "));
    buf_add_str(out, id);
}

/* All other ids of the group, in the order of its records. */
static bool aliases_of(const hits *h, size_t group, str own, arena *a, str *out, err *e)
{
    AUTO_BUF buf text;
    buf_init(&text, 1 << 20);
    for (size_t n = group; n < h->count; n++) {
        if (h->list[n].group != group) continue;
        for (size_t k = 0; k < id_count(h->image, &h->list[n]); k++)
            add_alias(&text, id_at(h->image, &h->list[n], k), own);
        add_alias(&text, image_text(h->image, TABLE_ADVISORY, h->list[n].advisory, ADVISORY_ID), own);
    }
    if (!buf_ok(&text, "the aliases of an advisory", e)) return false;
    *out = arena_copy(a, buf_str(&text));
    return text.len == 0 || out->data ||
           err_set(e, ERR_MEMORY, "no memory left for the aliases of an advisory");
}

/* The first record of the group speaks for it; a later one fills what it leaves open. */
static void fill_from(const image *i, const hit *h, const subject *s, advisory_match *m)
{
    str vector = image_text(i, TABLE_AFFECTED, h->row, AFFECTED_VECTOR);
    if (m->summary.len == 0) m->summary = image_text(i, TABLE_ADVISORY, h->advisory, ADVISORY_SUMMARY);
    if (m->cvss_vector.len == 0 && vector.len) {
        m->cvss_vector = vector;
        m->cvss_score = image_cell(i, TABLE_AFFECTED, h->row, AFFECTED_SCORE_X10) / 10.0;
        m->severity = (severity)image_cell(i, TABLE_AFFECTED, h->row, AFFECTED_SEVERITY);
    }
    if (m->fixed.len == 0) m->fixed = nearest_fixed(i, h->row, s);
    if (m->introduced.len == 0) m->introduced = h->introduced;
    m->is_certain = m->is_certain || h->answer == ANSWER_YES;
}

static bool make_match(const hits *h, size_t group, const subject *s, arena *a, advisory_match *out, err *e)
{
    advisory_match m = {
        .id = id_at(h->image, &h->list[group], 0),
        .severity = (severity)image_cell(h->image, TABLE_AFFECTED, h->list[group].row, AFFECTED_SEVERITY),
    };
    for (size_t n = group; n < h->count; n++)
        if (h->list[n].group == group) fill_from(h->image, &h->list[n], s, &m);
    if (!aliases_of(h, group, m.id, a, &m.aliases, e)) return false;
    *out = m;
    return true;
}

static int compare_matches(const void *left, const void *right)
{
    const advisory_match *a = left, *b = right;
    if (a->severity != b->severity) return a->severity > b->severity ? -1 : 1;
    if (a->cvss_score > b->cvss_score || a->cvss_score < b->cvss_score)
        return a->cvss_score > b->cvss_score ? -1 : 1;
    return str_compare(a->id, b->id);
}

bool advisory_match_component(const advisory_index *index, const component *c, arena *a, advisory_match **out,
                              size_t *count, err *e)
{
    image i = image_reopen(index->image);
    subject s = subject_of(c);
    hits found;
    if (!find_hits(&i, &s, a, &found, e) || !group_hits(&found, a, e)) return false;
    for (size_t n = 0; n < found.count; n++) found.list[n].group = root_of(found.list, n);

    advisory_match *matches = arena_alloc_array(a, found.count + 1, sizeof *matches);
    size_t made = 0;
    if (!matches) return err_set(e, ERR_MEMORY, "no memory left to match '%.*s'", STR_ARG(c->name));
    for (size_t n = 0; n < found.count; n++)
        if (found.list[n].group == n && !make_match(&found, n, &s, a, &matches[made++], e)) return false;
    qsort(matches, made, sizeof *matches, compare_matches);
    *out = matches;
    *count = made;
    return true;
}
