/*
 * eco/pypi/specifier.c - does ">=1.4,<2" admit a version? (PEP 440, "Version specifiers".)
 *
 * What surprises: '>' and '<' are exclusive of a version's relatives. ">1.7" does not admit 1.7.post1 nor 1.7+local, "<2" does not admit 2.0a1.
 */
#include "eco/pep440.h"

typedef struct candidate {
    str text;
    bool is_valid;
    pep440 full, public;
} candidate;

typedef struct specifier {
    str text; /* of the version */
    pep440 version;
    bool has_wildcard;
} specifier;

/* Are the first numbers of the release the given ones ("==1.4.*")? */
static bool has_prefix(const candidate *c, const pep440 *prefix)
{
    str numbers = prefix->release, own = c->full.release, number;
    pep440 cut = c->full;
    size_t len = 0;
    while (str_next(&numbers, '.', &number) && own.len) {
        str taken;
        (void)str_next(&own, '.', &taken);
        len = (size_t)(taken.data + taken.len - c->full.release.data);
    }
    cut.release = str_slice(c->full.release, 0, len);
    return pep440_order_release(&cut, prefix) == 0;
}

static bool is_relative(const candidate *c, const specifier *s)
{
    return pep440_order_release(&c->full, &s->version) == 0;
}

static bool admits_equal(const candidate *c, const specifier *s)
{
    if (s->has_wildcard) return has_prefix(c, &s->version);
    return pep440_order(s->version.local.len ? &c->full : &c->public, &s->version) == 0;
}

static bool admits_other(const candidate *c, const specifier *s)
{
    return !admits_equal(c, s);
}

static bool admits_at_most(const candidate *c, const specifier *s)
{
    return pep440_order(&c->public, &s->version) <= 0;
}

static bool admits_at_least(const candidate *c, const specifier *s)
{
    return pep440_order(&c->public, &s->version) >= 0;
}

static bool admits_below(const candidate *c, const specifier *s)
{
    if (pep440_order(&c->full, &s->version) >= 0) return false;
    return s->version.is_pre_release || !c->full.is_pre_release || !is_relative(c, s);
}

static bool admits_above(const candidate *c, const specifier *s)
{
    if (pep440_order(&c->full, &s->version) <= 0) return false;
    if (!s->version.is_post && c->full.is_post && is_relative(c, s)) return false;
    return c->full.local.len == 0 || !is_relative(c, s);
}

static bool admits_compatible(const candidate *c, const specifier *s)
{
    pep440 prefix = s->version;
    prefix.release = str_slice(prefix.release, 0, (size_t)str_find_last(prefix.release, '.'));
    return admits_at_least(c, s) && has_prefix(c, &prefix);
}

static bool admits_identical(const candidate *c, const specifier *s)
{
    return str_eq_nocase(str_trim(c->text), s->text);
}

typedef struct specifier_operator {
    str sign;
    bool (*admits)(const candidate *c, const specifier *s);
    bool allows_wildcard, allows_local, needs_dot;
    bool may_name_pre_release; /* "!=1.0a1" and "<2.0.dev1" ask for none */
} specifier_operator;

/* Longer signs first. */
static const specifier_operator operators[] = {
    {STR("==="), admits_identical, false, true, false, true},
    {STR("=="), admits_equal, true, true, false, true},
    {STR("!="), admits_other, true, true, false, false},
    {STR("<="), admits_at_most, false, false, false, true},
    {STR(">="), admits_at_least, false, false, false, true},
    {STR("~="), admits_compatible, false, false, true, true},
    {STR("<"), admits_below, false, false, false, false},
    {STR(">"), admits_above, false, false, false, false},
};

static const specifier_operator *operator_of(str clause)
{
    for (size_t i = 0; i < COUNT_OF(operators); i++)
        if (str_starts_with(clause, operators[i].sign)) return &operators[i];
    return NULL;
}

static bool specifier_parse(str clause, const specifier_operator **op, specifier *out, err *e)
{
    specifier s = {0};
    *op = operator_of(clause);
    if (!*op) return err_set(e, ERR_INVALID, "'%.*s' does not start with a comparison", STR_ARG(clause));

    s.text = str_trim(str_skip(clause, (*op)->sign.len));
    bool is_version = pep440_parse(s.text, &s.version);
    if ((*op)->admits == admits_identical) is_version = s.text.len != 0;
    if (!is_version && (*op)->allows_wildcard && str_ends_with(s.text, STR(".*"))) {
        str numbers = str_slice(s.text, 0, s.text.len - 2);
        s.has_wildcard = true;
        is_version = pep440_parse(numbers, &s.version) && !s.version.is_pre_release && !s.version.is_post &&
                     s.version.local.len == 0;
    }
    if (!is_version || (s.version.local.len && !(*op)->allows_local) ||
        ((*op)->needs_dot && str_find(s.version.release, '.') < 0))
        return err_set(e, ERR_INVALID, "'%.*s' has no version that '%.*s' can compare", STR_ARG(clause),
                       STR_ARG((*op)->sign));
    *out = s;
    return true;
}

bool pep440_specifiers_admit(str specifiers, str version, bool with_pre_releases, bool *admitted, err *e)
{
    candidate c = {.text = version};
    c.is_valid = pep440_parse(version, &c.full);
    c.public = c.full;
    c.public.local = STR_NONE;

    bool all = true, pre_releases = with_pre_releases;
    str rest = specifiers, clause;
    while (str_next(&rest, ',', &clause)) {
        const specifier_operator *op;
        specifier s;
        if (str_is_empty(str_trim(clause))) continue;
        if (!specifier_parse(str_trim(clause), &op, &s, e)) return false;
        if (op->may_name_pre_release && s.version.is_pre_release) pre_releases = true;
        all = all && (c.is_valid || op->admits == admits_identical) && op->admits(&c, &s);
    }
    *admitted = all && (pre_releases || !c.full.is_pre_release);
    return true;
}
