/*
 * format/pickle/allow_scipy.c - scipy 1.4 to 1.18: sparse matrices, interpolation, trees.
 *
 * The distributions of scipy.stats are left out on purpose: restoring one runs source text that its state carries.
 */
#include "pickle/allow.h"

/* dok keeps its items like a dict in older versions; the others have attributes. */
static const allow_rule sparse = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = rule_takes_data, .wants = "plain data"};
static const allow_rule dok = {.roles = ALLOW_NEW,
                               .state = ALLOW_STATE_DICT,
                               .like = ALLOW_LIKE_DICT,
                               .args = rule_takes_data,
                               .wants = "plain data"};

/* clang-format off */
static const allow_row rows[] = {
    {"scipy._external.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy._lib.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy.interpolate._bsplines", "BSpline _BSpline", &rule_class_args_data},
    {"scipy.interpolate._cubic", "Akima1DInterpolator CubicSpline PchipInterpolator", &rule_class_args},
    {"scipy.interpolate._fitpack2", "InterpolatedUnivariateSpline LSQUnivariateSpline UnivariateSpline", &rule_class},
    {"scipy.interpolate._interpolate", "PPoly _PPoly interp1d", &rule_class_args},
    {"scipy.interpolate._rgi", "RegularGridInterpolator", &rule_class},
    {"scipy.interpolate.interpolate", "interp1d", &rule_class},
    {"scipy.sparse._bsr", "bsr_array bsr_matrix", &sparse},
    {"scipy.sparse._coo", "coo_array coo_matrix", &sparse},
    {"scipy.sparse._csc", "csc_array csc_matrix", &sparse},
    {"scipy.sparse._csr", "csr_array csr_matrix", &sparse},
    {"scipy.sparse._dia", "dia_array dia_matrix", &sparse},
    {"scipy.sparse._dok", "dok_array dok_matrix", &dok},
    {"scipy.sparse._lil", "lil_array lil_matrix", &sparse},
    {"scipy.sparse.bsr", "bsr_matrix", &sparse},
    {"scipy.sparse.coo", "coo_matrix", &sparse},
    {"scipy.sparse.csc", "csc_matrix", &sparse},
    {"scipy.sparse.csr", "csr_matrix", &sparse},
    {"scipy.sparse.dia", "dia_matrix", &sparse},
    {"scipy.sparse.dok", "dok_matrix", &dok},
    {"scipy.sparse.lil", "lil_matrix", &sparse},
    {"scipy.spatial._ckdtree", "cKDTree", &rule_class_data},
    {"scipy.spatial._kdtree", "KDTree", &rule_class_data},
    {"scipy.spatial.ckdtree", "cKDTree", &rule_class_data},
    {"scipy.stats._kde", "gaussian_kde", &rule_class},
    {"scipy.stats.kde", "gaussian_kde", &rule_class},
};
/* clang-format on */
const allow_table allow_scipy = {"scipy", rows, COUNT_OF(rows)};
