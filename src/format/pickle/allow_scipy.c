/*
 * format/pickle/allow_scipy.c - scipy 1.2 to 1.18: sparse matrices, interpolation, trees.
 */
#include "pickle/allow.h"

/* dok keeps its items like a dict in older versions; the others have attributes. */
static const allow_rule sparse = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = rule_takes_nothing, .wants = "no arguments"};
static const allow_rule dok = {.roles = ALLOW_NEW,
                               .state = ALLOW_STATE_DICT,
                               .like = ALLOW_LIKE_DICT,
                               .args = rule_takes_data,
                               .wants = "plain data"};

static bool takes_tree_class(const allow_args *a)
{
    return !a->kwargs && a->count == 1 && pickle_is_global(a->items[0], "scipy.spatial.ckdtree", "cKDTree");
}

static const allow_rule new_tree = {
    .roles = ALLOW_CALL, .state = ALLOW_STATE_DATA, .args = takes_tree_class, .wants = "the class cKDTree"};

/* clang-format off */
#define SPECIAL_NAMES \
    "boxcox boxcox1p digamma erf erfc erfcinv erfinv exp10 exp2 expit expm1 exprel gamma gammaln inv_boxcox inv_boxcox1p log1p log_expit log_ndtr logit ndtr ndtri xlog1py xlogy"
#define INTERP1D_METHODS \
    "interp1d._call_linear interp1d._call_linear_np interp1d._call_nan_spline interp1d._call_nearest interp1d._call_previousnext interp1d._call_spline"
static const allow_row rows[] = {
    {"scipy._external.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy._lib.array_api_compat.numpy._aliases", "asarray", &rule_data},
    {"scipy.integrate._ivp.common", "OdeSolution", &rule_class},
    {"scipy.integrate._ivp.dop853", "Dop853DenseOutput", &rule_class},
    {"scipy.integrate._ivp.ivp", "OdeResult", &rule_attribute_dict},
    {"scipy.integrate._ivp.rk", "Dop853DenseOutput RkDenseOutput", &rule_class},
    {"scipy.interpolate._bary_rational", "AAA FloaterHormannInterpolator", &rule_class},
    {"scipy.interpolate._bsplines", "BSpline _BSpline", &rule_class_args_data},
    {"scipy.interpolate._cubic", "Akima1DInterpolator CubicSpline PchipInterpolator", &rule_class_args},
    {"scipy.interpolate._cubic", "CubicHermiteSpline", &rule_class_args},
    {"scipy.interpolate._fitpack2", "InterpolatedUnivariateSpline LSQBivariateSpline LSQUnivariateSpline RectBivariateSpline SmoothBivariateSpline UnivariateSpline", &rule_class},
    {"scipy.interpolate._fitpack2", "LSQSphereBivariateSpline RectSphereBivariateSpline SmoothSphereBivariateSpline", &rule_class},
    {"scipy.interpolate._interpnd", "CloughTocher2DInterpolator LinearNDInterpolator", &rule_class},
    {"scipy.interpolate._interpolate", "BPoly PPoly _PPoly interp1d", &rule_class_args},
    {"scipy.interpolate._interpolate", INTERP1D_METHODS, &rule_data}, /* 1.8 to 1.18: which of its own methods an interp1d uses */
    {"scipy.interpolate._interpolate", "NdPPoly _BPoly interp2d", &rule_class},
    {"scipy.interpolate._ndbspline", "NdBSpline", &rule_class},
    {"scipy.interpolate._ndgriddata", "NearestNDInterpolator", &rule_class},
    {"scipy.interpolate._polyint", "BarycentricInterpolator KroghInterpolator", &rule_class},
    {"scipy.interpolate._rbf", "Rbf", &rule_class},
    {"scipy.interpolate._rbfinterp", "RBFInterpolator", &rule_class_data},
    {"scipy.interpolate._rgi", "RegularGridInterpolator", &rule_class},
    {"scipy.interpolate.fitpack2", "InterpolatedUnivariateSpline LSQUnivariateSpline RectBivariateSpline UnivariateSpline", &rule_class},
    {"scipy.interpolate.fitpack2", "LSQBivariateSpline RectSphereBivariateSpline SmoothBivariateSpline", &rule_class},
    {"scipy.interpolate.interpnd", "CloughTocher2DInterpolator LinearNDInterpolator", &rule_class}, /* before 1.13 */
    {"scipy.interpolate.interpolate", "interp1d", &rule_class},
    {"scipy.interpolate.interpolate", INTERP1D_METHODS, &rule_data}, /* before 1.8 */
    {"scipy.interpolate.interpolate", "BPoly NdPPoly PPoly RegularGridInterpolator interp2d", &rule_class},
    {"scipy.interpolate.ndgriddata", "NearestNDInterpolator", &rule_class},
    {"scipy.interpolate.polyint", "BarycentricInterpolator KroghInterpolator", &rule_class},
    {"scipy.interpolate.rbf", "Rbf", &rule_class},
    {"scipy.optimize._constraints", "Bounds LinearConstraint", &rule_class},
    {"scipy.optimize._lbfgsb_py", "LbfgsInvHessProduct", &rule_class_data},
    {"scipy.optimize._optimize", "OptimizeResult", &rule_attribute_dict},
    {"scipy.optimize._zeros_py", "RootResults", &rule_attribute_dict},
    {"scipy.optimize.lbfgsb", "LbfgsInvHessProduct", &rule_class}, /* before 1.8 */
    {"scipy.optimize.optimize", "OptimizeResult", &rule_attribute_dict},
    {"scipy.optimize.zeros", "RootResults", &rule_class}, /* before 1.8 */
    {"scipy.signal._ltisys", "StateSpaceContinuous StateSpaceDiscrete TransferFunctionContinuous TransferFunctionDiscrete ZerosPolesGainContinuous ZerosPolesGainDiscrete", &rule_class},
    {"scipy.signal.ltisys", "StateSpaceContinuous StateSpaceDiscrete TransferFunctionContinuous TransferFunctionDiscrete ZerosPolesGainContinuous ZerosPolesGainDiscrete", &rule_class}, /* before 1.8 */
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
    {"scipy.spatial._kdtree", "Rectangle", &rule_class},
    {"scipy.spatial._qhull", "ConvexHull Delaunay Voronoi", &rule_class},
    {"scipy.spatial._spherical_voronoi", "SphericalVoronoi", &rule_class},
    {"scipy.spatial.ckdtree", "cKDTree", &rule_class_data},
    {"scipy.spatial.ckdtree", "new_object", &new_tree}, /* before 1.6 */
    {"scipy.spatial.kdtree", "KDTree", &rule_class_data}, /* before 1.8; from 1.6 on a kind of cKDTree, with its state */
    {"scipy.spatial.kdtree", "Rectangle", &rule_class}, /* before 1.8 */
    {"scipy.spatial.qhull", "ConvexHull Delaunay Voronoi", &rule_class}, /* before 1.8 */
    {"scipy.spatial.transform._rotation", "Rotation", &rule_class_args_data},
    {"scipy.spatial.transform._rotation_spline", "RotationSpline", &rule_class},
    {"scipy.spatial.transform.rotation", "Rotation Slerp", &rule_class_args_data}, /* before 1.5 */
    {"scipy.special", SPECIAL_NAMES, &rule_pure}, /* as numpy before 1.20 names them */
    {"scipy.special._special_ufuncs", SPECIAL_NAMES, &rule_pure}, /* 1.15 to 1.18 */
    {"scipy.special._ufuncs", SPECIAL_NAMES, &rule_pure},
    {"scipy.stats._kde", "gaussian_kde", &rule_class},
    {"scipy.stats.kde", "gaussian_kde", &rule_class},
};
/* clang-format on */
const allow_table allow_scipy = {"scipy", rows, COUNT_OF(rows)};
