/*
 * format/pickle/allow_scipy.c - scipy 1.4 to 1.18: sparse matrices, interpolation, trees.
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
#define INTERP1D_METHODS \
    "interp1d._call_linear interp1d._call_linear_np interp1d._call_nan_spline interp1d._call_nearest interp1d._call_previousnext interp1d._call_spline"
static const allow_row rows[] = {
    {"scipy._external.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy._lib.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy.interpolate._bsplines", "BSpline _BSpline", &rule_class_args_data},
    {"scipy.interpolate._cubic", "Akima1DInterpolator CubicSpline PchipInterpolator", &rule_class_args},
    {"scipy.interpolate._fitpack2", "InterpolatedUnivariateSpline LSQBivariateSpline LSQUnivariateSpline RectBivariateSpline SmoothBivariateSpline UnivariateSpline", &rule_class},
    {"scipy.interpolate._interpolate", "BPoly PPoly _PPoly interp1d", &rule_class_args},
    {"scipy.interpolate._interpolate", INTERP1D_METHODS, &rule_data}, /* 1.8 to 1.18: which of its own methods an interp1d uses */
    {"scipy.interpolate._ndgriddata", "NearestNDInterpolator", &rule_class},
    {"scipy.interpolate._polyint", "BarycentricInterpolator KroghInterpolator", &rule_class},
    {"scipy.interpolate._rbfinterp", "RBFInterpolator", &rule_class_data},
    {"scipy.interpolate._rgi", "RegularGridInterpolator", &rule_class},
    {"scipy.interpolate.fitpack2", "InterpolatedUnivariateSpline LSQUnivariateSpline RectBivariateSpline UnivariateSpline", &rule_class},
    {"scipy.interpolate.interpolate", "interp1d", &rule_class},
    {"scipy.interpolate.interpolate", INTERP1D_METHODS, &rule_data}, /* before 1.8 */
    {"scipy.optimize._optimize", "OptimizeResult", &rule_dict_class},
    {"scipy.optimize.optimize", "OptimizeResult", &rule_dict_class},
    {"scipy.sparse._arrays", "bsr_array coo_array csc_array csr_array dia_array lil_array", &sparse}, /* 1.8 to 1.10 */
    {"scipy.sparse._arrays", "dok_array", &dok},
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
    {"scipy.spatial.transform._rotation", "Rotation", &rule_class_args_data},
    {"scipy.stats._kde", "gaussian_kde", &rule_class},
    {"scipy.stats.kde", "gaussian_kde", &rule_class},
};
/* clang-format on */
const allow_table allow_scipy = {"scipy", rows, COUNT_OF(rows)};
