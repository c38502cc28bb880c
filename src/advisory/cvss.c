/*
 * advisory/cvss.c - base scores of CVSS 2.0, 3.0 and 3.1 vectors (guides of FIRST.Org, "Equations"), and the choice of the version.
 *
 * Temporal and environmental metrics of these versions are read and left out: which threat or environment they meant is another's.
 */
#include "cvss.h"

#include "advisory/advisory.h"

#include <math.h>

/* --- reading --------------------------------------------------------------------------------------------------------------- */

static int place_in(const char *list, str value)
{
    str rest = str_from_c(list), item;
    for (int place = 0; str_next(&rest, ' ', &item); place++)
        if (str_eq(item, value)) return place;
    return -1;
}

static bool take_metric(str part, const cvss_metric *metrics, size_t count, int8_t *values)
{
    str name, value;
    if (!str_cut(part, ':', &name, &value)) return false;
    for (size_t i = 0; i < count; i++) {
        if (!str_eq(str_from_c(metrics[i].name), name)) continue;
        bool is_repeated = values[i] >= 0;
        values[i] = (int8_t)place_in(metrics[i].values, value);
        return !is_repeated && values[i] >= 0;
    }
    return false;
}

bool cvss_parse(str vector, const cvss_metric *metrics, size_t count, int8_t *values)
{
    for (size_t i = 0; i < count; i++) values[i] = -1;
    if (str_ends_with(vector, STR("/"))) vector.len--;
    str rest = vector, part;
    while (str_next(&rest, '/', &part))
        if (!take_metric(part, metrics, count, values)) return false;
    for (size_t i = 0; i < count; i++)
        if (metrics[i].is_required && values[i] < 0) return false;
    return true;
}

/* --- version 2 ------------------------------------------------------------------------------------------------------------- */

enum { V2_AV, V2_AC, V2_AU, V2_C, V2_I, V2_A };
static const cvss_metric v2_metrics[] = {
    {"AV", "L A N", true},        {"AC", "H M L", true},
    {"Au", "M S N", true},        {"C", "N P C", true},
    {"I", "N P C", true},         {"A", "N P C", true},
    {"E", "U POC F H ND", false}, {"RL", "OF TF W U ND", false},
    {"RC", "UC UR C ND", false},  {"CDP", "N L LM MH H ND", false},
    {"TD", "N L M H ND", false},  {"CR", "L M H ND", false},
    {"IR", "L M H ND", false},    {"AR", "L M H ND", false},
};

static bool v2_score(str vector, double *score)
{
    static const double av[] = {0.395, 0.646, 1.0}, ac[] = {0.35, 0.61, 0.71}, au[] = {0.45, 0.56, 0.704},
                        cia[] = {0, 0.275, 0.66};
    int8_t v[COUNT_OF(v2_metrics)];
    if (!cvss_parse(vector, v2_metrics, COUNT_OF(v2_metrics), v)) return false;

    double impact = 10.41 * (1 - (1 - cia[v[V2_C]]) * (1 - cia[v[V2_I]]) * (1 - cia[v[V2_A]]));
    double exploitability = 20 * av[v[V2_AV]] * ac[v[V2_AC]] * au[v[V2_AU]];
    double factor = impact > 0 ? 1.176 : 0;
    double base = (0.6 * impact + 0.4 * exploitability - 1.5) * factor;
    *score = floor(base * 10 + 0.5 + 1e-9) / 10;
    return true;
}

/* --- version 3 ------------------------------------------------------------------------------------------------------------- */

enum { V3_AV, V3_AC, V3_PR, V3_UI, V3_S, V3_C, V3_I, V3_A };
static const cvss_metric v3_metrics[] = {
    {"AV", "N A L P", true},    {"AC", "L H", true},       {"PR", "N L H", true},
    {"UI", "N R", true},        {"S", "U C", true},        {"C", "H L N", true},
    {"I", "H L N", true},       {"A", "H L N", true},      {"E", "X U P F H", false},
    {"RL", "X O T W U", false}, {"RC", "X U R C", false},  {"CR", "X L M H", false},
    {"IR", "X L M H", false},   {"AR", "X L M H", false},  {"MAV", "X N A L P", false},
    {"MAC", "X L H", false},    {"MPR", "X N L H", false}, {"MUI", "X N R", false},
    {"MS", "X U C", false},     {"MC", "X N L H", false},  {"MI", "X N L H", false},
    {"MA", "X N L H", false},
};

/* "Roundup": the smallest number with one decimal that is not below. The two versions differ in how they meet binary noise. */
static double roundup_30(double x)
{
    return ceil(round(x * 1e10) / 1e9) / 10;
}

static double roundup_31(double x)
{
    int64_t n = (int64_t)round(x * 100000);
    return n % 10000 == 0 ? (double)n / 100000 : (double)(n / 10000 + 1) / 10;
}

static bool v3_score(str vector, double (*roundup)(double), double *score)
{
    static const double av[] = {0.85, 0.62, 0.55, 0.2}, ac[] = {0.77, 0.44}, ui[] = {0.85, 0.62},
                        cia[] = {0.56, 0.22, 0};
    static const double pr[2][3] = {{0.85, 0.62, 0.27}, {0.85, 0.68, 0.5}};
    int8_t v[COUNT_OF(v3_metrics)];
    if (!cvss_parse(vector, v3_metrics, COUNT_OF(v3_metrics), v)) return false;

    bool is_changed = v[V3_S] == 1;
    double iss = 1 - (1 - cia[v[V3_C]]) * (1 - cia[v[V3_I]]) * (1 - cia[v[V3_A]]);
    double impact = is_changed ? 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15) : 6.42 * iss;
    double exploitability = 8.22 * av[v[V3_AV]] * ac[v[V3_AC]] * pr[is_changed][v[V3_PR]] * ui[v[V3_UI]];
    double sum = (impact + exploitability) * (is_changed ? 1.08 : 1);
    *score = impact <= 0 ? 0 : roundup(fmin(sum, 10));
    return true;
}

/* --- choice ---------------------------------------------------------------------------------------------------------------- */

bool cvss_score(str vector, double *score)
{
    static const str v40 = STR("CVSS:4.0/"), v31 = STR("CVSS:3.1/"), v30 = STR("CVSS:3.0/");
    if (str_starts_with(vector, v40)) return cvss4_score(str_skip(vector, v40.len), score);
    if (str_starts_with(vector, v31)) return v3_score(str_skip(vector, v31.len), roundup_31, score);
    if (str_starts_with(vector, v30)) return v3_score(str_skip(vector, v30.len), roundup_30, score);
    if (vector.len >= 2 && vector.data[0] == '(' && vector.data[vector.len - 1] == ')')
        vector = str_slice(vector, 1, vector.len - 2);
    return v2_score(vector, score);
}

severity cvss_severity(double score)
{
    if (score >= 9.0) return SEVERITY_CRITICAL;
    if (score >= 7.0) return SEVERITY_HIGH;
    if (score >= 4.0) return SEVERITY_MEDIUM;
    return score > 0 ? SEVERITY_LOW : SEVERITY_INFO;
}
