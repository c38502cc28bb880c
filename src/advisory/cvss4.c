/*
 * advisory/cvss4.c - CVSS 4.0 (specification, section 8): a vector falls into one of 270 MacroVectors, whose score is then lowered by how far
 * the vector is from the most severe one of its MacroVector.
 *
 * A value is its place in an order from most to least severe, so that distances are differences.
 */
#include "cvss.h"
#include "cvss4_scores.h"

#include <math.h>

/* Base metrics first; the modified ones follow in the same order, then the ones that do not change the score. */
enum {
    AV,
    AC,
    AT,
    PR,
    UI,
    VC,
    VI,
    VA,
    SC,
    SI,
    SA,
    BASE_METRICS,
    MAV = BASE_METRICS,
    E = 2 * BASE_METRICS,
    CR,
    IR,
    AR
};
static const cvss_metric v4_metrics[] = {
    {"AV", "N A L P", true},     {"AC", "L H", true},
    {"AT", "N P", true},         {"PR", "N L H", true},
    {"UI", "N P A", true},       {"VC", "H L N", true},
    {"VI", "H L N", true},       {"VA", "H L N", true},
    {"SC", "- H L N", true},     {"SI", "- H L N", true},
    {"SA", "- H L N", true},     {"MAV", "N A L P X", false},
    {"MAC", "L H X", false},     {"MAT", "N P X", false},
    {"MPR", "N L H X", false},   {"MUI", "N P A X", false},
    {"MVC", "H L N X", false},   {"MVI", "H L N X", false},
    {"MVA", "H L N X", false},   {"MSC", "- H L N X", false},
    {"MSI", "S H L N X", false}, {"MSA", "S H L N X", false},
    {"E", "A P U X", false},     {"CR", "H M L X", false},
    {"IR", "H M L X", false},    {"AR", "H M L X", false},
    {"S", "X N P", false},       {"AU", "X N Y", false},
    {"R", "X A U I", false},     {"V", "X D C", false},
    {"RE", "X L M H", false},    {"U", "X Clear Green Amber Red", false},
};
enum { H_OF_V = 0, S_OF_S = 0, H_OF_S = 1, N_OF_V = 2, N_OF_S = 3 };

/* Effective values: a modified metric replaces its base metric, what is not defined counts as the worst. */
typedef struct cvss4_values {
    int8_t base[BASE_METRICS];
    int8_t e, cr, ir, ar;
} cvss4_values;

static int8_t or_worst(int8_t value, int8_t undefined)
{
    return value < 0 || value == undefined ? 0 : value;
}

static bool read_values(str vector, cvss4_values *out)
{
    static const int8_t undefined[BASE_METRICS] = {4, 2, 2, 3, 3, 3, 3, 3, 4, 4, 4};
    int8_t v[COUNT_OF(v4_metrics)];
    if (!cvss_parse(vector, v4_metrics, COUNT_OF(v4_metrics), v)) return false;
    for (int m = 0; m < BASE_METRICS; m++) {
        bool is_modified = v[MAV + m] >= 0 && v[MAV + m] != undefined[m];
        out->base[m] = is_modified ? v[MAV + m] : v[m];
    }
    out->e = or_worst(v[E], 3);
    out->cr = or_worst(v[CR], 3);
    out->ir = or_worst(v[IR], 3);
    out->ar = or_worst(v[AR], 3);
    /* "-" only holds the place of the safety value, which these four do not have. */
    return v[SC] != 0 && v[SI] != 0 && v[SA] != 0 && v[MAV + SC] != 0;
}

typedef struct cvss4_levels {
    int eq1, eq2, eq3, eq4, eq5, eq6;
} cvss4_levels;

static cvss4_levels levels_of(const cvss4_values *v)
{
    const int8_t *b = v->base;
    cvss4_levels l = {.eq1 = 2, .eq4 = 2, .eq5 = v->e};
    if (b[AV] == 0 && b[PR] == 0 && b[UI] == 0)
        l.eq1 = 0;
    else if ((b[AV] == 0 || b[PR] == 0 || b[UI] == 0) && b[AV] != 3)
        l.eq1 = 1;
    l.eq2 = !(b[AC] == 0 && b[AT] == 0);
    l.eq3 = 2;
    if (b[VC] == H_OF_V && b[VI] == H_OF_V)
        l.eq3 = 0;
    else if (b[VC] == H_OF_V || b[VI] == H_OF_V || b[VA] == H_OF_V)
        l.eq3 = 1;
    if (b[SI] == S_OF_S || b[SA] == S_OF_S)
        l.eq4 = 0;
    else if (b[SC] == H_OF_S || b[SI] == H_OF_S || b[SA] == H_OF_S)
        l.eq4 = 1;
    bool is_asset_at_stake =
        (v->cr == 0 && b[VC] == H_OF_V) || (v->ir == 0 && b[VI] == H_OF_V) || (v->ar == 0 && b[VA] == H_OF_V);
    l.eq6 = !is_asset_at_stake;
    return l;
}

/* --- the most severe vectors of a level, as values of the metrics they speak of ------------------------------------------------- */

typedef struct cvss4_peaks {
    uint8_t count;
    int8_t values[5][6];
} cvss4_peaks;

/* AV PR UI */
static const cvss4_peaks eq1_peaks[3] = {
    {1, {{0, 0, 0}}}, {3, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}, {2, {{3, 0, 0}, {1, 1, 1}}}};
/* AC AT */
static const cvss4_peaks eq2_peaks[2] = {{1, {{0, 0}}}, {2, {{1, 0}, {0, 1}}}};
/* VC VI VA CR IR AR, by EQ3 and EQ6 */
static const cvss4_peaks eq36_peaks[3][2] = {
    {{1, {{0, 0, 0, 0, 0, 0}}}, {2, {{0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1}}}},
    {{2, {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}}},
     {5,
      {{1, 0, 1, 0, 1, 0}, {1, 0, 0, 0, 1, 1}, {0, 1, 0, 1, 0, 1}, {0, 1, 1, 1, 0, 0}, {1, 1, 0, 0, 0, 1}}}},
    {{0, {{0}}}, {1, {{1, 1, 1, 0, 0, 0}}}},
};
/* SC SI SA */
static const cvss4_peaks eq4_peaks[3] = {{1, {{1, 0, 0}}}, {1, {{1, 1, 1}}}, {1, {{2, 2, 2}}}};

/* How far the values are below the first peak that is nowhere less severe than they are. The peaks of different levels speak of different
 * metrics, so each level can be looked at alone. */
static int distance(const cvss4_peaks *peaks, const int8_t *values, size_t count)
{
    for (size_t p = 0; p < peaks->count; p++) {
        int sum = 0;
        bool fits = true;
        for (size_t i = 0; i < count; i++) {
            int step = values[i] - peaks->values[p][i];
            fits = fits && step >= 0;
            sum += step;
        }
        if (fits) return sum;
    }
    return 0;
}

/* --- score ----------------------------------------------------------------------------------------------------------------- */

enum { NO_MACROVECTOR = 255 };

static int score_of(cvss4_levels l)
{
    if (l.eq1 > 2 || l.eq2 > 1 || l.eq3 > 2 || l.eq4 > 2 || l.eq5 > 2 || l.eq6 > 1) return NO_MACROVECTOR;
    return cvss4_scores[l.eq1][l.eq2][l.eq3][l.eq4][l.eq5][l.eq6];
}

/* The next less severe MacroVector along EQ3 and EQ6, which depend on each other. */
static int score_below_eq36(cvss4_levels l)
{
    cvss4_levels by_3 = l, by_6 = l;
    by_3.eq3++;
    by_6.eq6++;
    if (l.eq3 == 0 && l.eq6 == 0) {
        int first = score_of(by_6), second = score_of(by_3);
        return second == NO_MACROVECTOR || first > second ? first : second;
    }
    return l.eq6 == 0 ? score_of(by_6) : score_of(by_3);
}

typedef struct cvss4_mean {
    double sum;
    int count;
} cvss4_mean;

static void add_part(cvss4_mean *mean, int value, int lower, int distance_sum, int depth)
{
    if (lower == NO_MACROVECTOR) return;
    mean->sum += (value - lower) / 10.0 * distance_sum / depth;
    mean->count++;
}

static double interpolate(const cvss4_values *v, cvss4_levels l)
{
    static const int depth_1[] = {1, 4, 5}, depth_2[] = {1, 2}, depth_36[3][2] = {{7, 6}, {8, 8}, {1, 10}},
                     depth_4[] = {6, 5, 4};
    const int8_t *b = v->base;
    const int8_t eq1[] = {b[AV], b[PR], b[UI]}, eq2[] = {b[AC], b[AT]}, eq4[] = {b[SC], b[SI], b[SA]};
    const int8_t eq36[] = {b[VC], b[VI], b[VA], v->cr, v->ir, v->ar};
    int value = score_of(l);
    cvss4_levels below_1 = l, below_2 = l, below_4 = l, below_5 = l;
    below_1.eq1++;
    below_2.eq2++;
    below_4.eq4++;
    below_5.eq5++;

    cvss4_mean mean = {0};
    add_part(&mean, value, score_of(below_1), distance(&eq1_peaks[l.eq1], eq1, COUNT_OF(eq1)),
             depth_1[l.eq1]);
    add_part(&mean, value, score_of(below_2), distance(&eq2_peaks[l.eq2], eq2, COUNT_OF(eq2)),
             depth_2[l.eq2]);
    add_part(&mean, value, score_below_eq36(l), distance(&eq36_peaks[l.eq3][l.eq6], eq36, COUNT_OF(eq36)),
             depth_36[l.eq3][l.eq6]);
    add_part(&mean, value, score_of(below_4), distance(&eq4_peaks[l.eq4], eq4, COUNT_OF(eq4)),
             depth_4[l.eq4]);
    add_part(&mean, value, score_of(below_5), 0, 1);
    return value / 10.0 - (mean.count ? mean.sum / mean.count : 0);
}

static bool has_impact(const cvss4_values *v)
{
    const int8_t *b = v->base;
    return b[VC] != N_OF_V || b[VI] != N_OF_V || b[VA] != N_OF_V || b[SC] != N_OF_S || b[SI] != N_OF_S ||
           b[SA] != N_OF_S;
}

bool cvss4_score(str vector, double *score)
{
    cvss4_values v;
    if (!read_values(vector, &v)) return false;
    double exact = has_impact(&v) ? interpolate(&v, levels_of(&v)) : 0;
    *score = fmin(fmax(floor(exact * 10 + 0.5 + 1e-6) / 10, 0), 10);
    return true;
}
