/*
 * model/compat.c - the version table as flags.
 */
#include "compat.h"

static sort_kind sort_of(sk_version v)
{
    if (sk_version_at_least(v, 1, 9)) return SORT_INTRO_INSERTION;
    bool first = v.major == 1 && v.patch == 0; /* 1.1.0 and 1.6.0 were corrected by their next patch */
    if (first && v.minor == 1) return SORT_QUICK;
    return first && v.minor == 6 ? SORT_INTRO_NATURAL : SORT_INTRO;
}

compat compat_of(sk_version v)
{
    bool from_1_6 = sk_version_at_least(v, 1, 6), from_1_8 = sk_version_at_least(v, 1, 8);
    bool from_1_9 = sk_version_at_least(v, 1, 9);
    return (compat){
        .feature_step = from_1_6 && !from_1_8 ? 0.0F : 1e-7F,
        .std_heap = sk_version_at_least(v, 1, 0),
        .sort = sort_of(v),
        .weighted_bootstrap = from_1_9,
        .max_samples_at_least_one = sk_version_at_least(v, 1, 3),
        .max_samples_truncated = from_1_9,
        .midpoint_guard = !from_1_9,
        .friedman_is_squared = from_1_9,
        .node_has_missing = sk_version_at_least(v, 1, 3),
        .value_fractions = sk_version_at_least(v, 1, 4),
        .random_majority = from_1_6,
        .poisson_of_means = !sk_version_at_least(v, 1, 1),
        .poisson_unchecked = !sk_version_at_least(v, 1, 0),
        .oob_by_output = !sk_version_at_least(v, 1, 0),
        .absolute_ranked = from_1_8,
        .missing_rotates = from_1_9,
        .missing_constant = !from_1_8,
        .missing_sticks = !sk_version_at_least(v, 1, 4),
        .missing_squares = sk_version_at_least(v, 1, 4),
        .missing_partition_fixed = from_1_8,
    };
}
