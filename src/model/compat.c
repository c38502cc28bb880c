/*
 * model/compat.c - the version table as flags.
 */
#include "compat.h"

compat compat_of(sk_version v)
{
    bool from_1_6 = sk_version_at_least(v, 1, 6), from_1_8 = sk_version_at_least(v, 1, 8);
    bool from_1_9 = sk_version_at_least(v, 1, 9);
    return (compat){
        .feature_step = from_1_6 && !from_1_8 ? 0.0F : 1e-7F,
        .leaf_below_epsilon = sk_version_at_least(v, 1, 0),
        .std_heap = sk_version_at_least(v, 1, 0),
        .sort_insertion = from_1_9,
        .weighted_bootstrap = from_1_9,
        .max_samples_at_least_one = sk_version_at_least(v, 1, 3),
        .max_samples_truncated = from_1_9,
        .midpoint_guard = !from_1_9,
        .friedman_is_squared = from_1_9,
        .node_has_missing = sk_version_at_least(v, 1, 3),
        .value_fractions = sk_version_at_least(v, 1, 4),
        .random_majority = from_1_6,
        .missing_rotates = from_1_9,
        .missing_constant = !from_1_8,
        .missing_partition_fixed = from_1_8,
    };
}
