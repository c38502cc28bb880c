/*
 * format/pickle/allow_stats.c - the distributions of scipy.stats, which searches keep for the parameters they try.
 *
 * Restoring one runs exec() on a text of its state, three little functions that scipy writes out of the names of its shape parameters
 * (rv_generic._attach_argparser_methods). So the text is read here, and must be the very one that scipy writes for some list of names;
 * any other is a finding. Classes as of scipy 1.9.3, 1.10.1 and 1.18.0.
 */
#include "pickle/allow.h"

/* --- the text ----------------------------------------------------------------------------------------------------------------------- */

static bool is_word(char c, bool is_first)
{
    bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    return is_letter || (!is_first && c >= '0' && c <= '9');
}

/* "a, b, ": names, each with its comma; what Python reads there are parameters and nothing else. */
static bool take_names(str *text, str *names)
{
    str rest = *text;
    while (rest.len && is_word(rest.data[0], true)) {
        size_t len = 1;
        while (len < rest.len && is_word(rest.data[len], false)) len++;
        rest = str_skip(rest, len);
        if (!str_starts_with(rest, STR(", "))) return false;
        rest = str_skip(rest, 2);
    }
    *names = str_slice(*text, 0, text->len - rest.len);
    *text = rest;
    return true;
}

static bool take(str *text, str wanted)
{
    if (!str_starts_with(*text, wanted)) return false;
    *text = str_skip(*text, wanted.len);
    return true;
}

typedef struct template_parts {
    str names, in, out; /* "a, b, "  "loc=0, scale=1"  "loc, scale" */
} template_parts;

static bool takes_functions(str text, const template_parts *p)
{
    return take(&text, STR(" ")) && take(&text, p->in) && take(&text, STR("):\n    return (")) &&
           take(&text, p->names) && take(&text, STR("), ")) && take(&text, p->out) &&
           take(&text, STR("\n\ndef _parse_args_rvs(self, ")) && take(&text, p->names) &&
           take(&text, STR(" ")) && take(&text, p->in) &&
           take(&text, STR(", size=None):\n    return self._argcheck_rvs(")) && take(&text, p->names) &&
           take(&text, STR(" ")) && take(&text, p->out) &&
           take(&text, STR(", size=size)\n\ndef _parse_args_stats(self, ")) && take(&text, p->names) &&
           take(&text, STR(" ")) && take(&text, p->in) &&
           take(&text, STR(", moments='mv'):\n    return (")) && take(&text, p->names) &&
           take(&text, STR("), ")) && take(&text, p->out) && take(&text, STR(", moments\n")) && text.len == 0;
}

static bool is_scipy_text(str text)
{
    str names;
    if (!take(&text, STR("\ndef _parse_args(self, ")) || !take_names(&text, &names)) return false;
    /* `text` starts behind the names, as the functions do. */
    return takes_functions(text, &(template_parts){names, STR("loc=0, scale=1"), STR("loc, scale")}) ||
           takes_functions(text, &(template_parts){names, STR("loc=0"), STR("loc, 1")});
}

/* Names and what separates them. scipy checks that too, before it puts them into its text. */
static bool is_shapes(const pickle_value *v)
{
    if (v->kind == PICKLE_NONE) return true;
    if (v->kind != PICKLE_STR) return false;
    for (size_t i = 0; i < v->text.len; i++)
        if (!is_word(v->text.data[i], false) && v->text.data[i] != ',' && v->text.data[i] != ' ')
            return false;
    return true;
}

/* (parameters of the constructor, random state), before scipy 1.5. */
static bool has_parameters(const pickle_value *state)
{
    if (state->list.count != 2 || state->list.items[0]->kind != PICKLE_DICT) return false;
    const pickle_value *parameters = state->list.items[0];
    for (size_t i = 0; i + 1 < parameters->list.count; i += 2) {
        const pickle_value *key = parameters->list.items[i], *value = parameters->list.items[i + 1];
        if (key->kind != PICKLE_STR) return false;
        if (str_eq(key->text, STR("shapes")) && !is_shapes(value)) return false;
    }
    return true;
}

/* Every text under that name: with a key twice, the last one counts, but none may be odd. */
static bool has_own_text(const pickle_value *target, const pickle_value *state)
{
    (void)target;
    if (state->kind == PICKLE_TUPLE) return has_parameters(state);
    if (state->kind != PICKLE_DICT) return false;
    for (size_t i = 0; i + 1 < state->list.count; i += 2) {
        const pickle_value *key = state->list.items[i], *text = state->list.items[i + 1];
        if (key->kind != PICKLE_STR || text->kind == PICKLE_GLOBAL)
            return false; /* it calls its own methods */
        if (!str_eq(key->text, STR("_parse_arg_template"))) continue;
        if (text->kind != PICKLE_STR || !is_scipy_text(text->text)) return false;
    }
    return true;
}

/* --- the rows ------------------------------------------------------------------------------------------------------------------------ */

/* (values..., and more by keyword): tuples with attributes. */
static bool takes_more_by_keyword(const allow_args *a)
{
    if (a->kwargs && a->kwargs->kind != PICKLE_DICT) return false;
    for (size_t i = 0; a->kwargs && i < a->kwargs->list.count; i++)
        if (!rule_is_data(a->kwargs->list.items[i])) return false;
    return rule_takes_data(&(allow_args){a->items, a->count, NULL});
}

static const allow_rule result = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DICT, .args = takes_more_by_keyword, .wants = "plain data"};
static const allow_rule distribution = {.roles = ALLOW_NEW,
                                        .state = ALLOW_STATE_DATA,
                                        .args = rule_takes_nothing,
                                        .wants = "no arguments",
                                        .state_check = has_own_text};

/* clang-format off */
#define CONTINUOUS \
    "alpha_gen anglit_gen arcsine_gen argus_gen beta_gen betaprime_gen bradford_gen burr12_gen burr_gen " \
    "cauchy_gen chi2_gen chi_gen cosine_gen crystalball_gen dgamma_gen dpareto_lognorm_gen dweibull_gen " \
    "erlang_gen expon_gen exponnorm_gen exponpow_gen exponweib_gen f_gen fatiguelife_gen fisk_gen " \
    "foldcauchy_gen foldnorm_gen gamma_gen gausshyper_gen genexpon_gen genextreme_gen gengamma_gen " \
    "genhalflogistic_gen genhyperbolic_gen geninvgauss_gen genlogistic_gen gennorm_gen genpareto_gen " \
    "gibrat_gen gilbrat_gen gompertz_gen gumbel_l_gen gumbel_r_gen halfcauchy_gen halfgennorm_gen " \
    "halflogistic_gen halfnorm_gen hypsecant_gen invgamma_gen invgauss_gen invweibull_gen irwinhall_gen " \
    "jf_skew_t_gen johnsonsb_gen johnsonsu_gen kappa3_gen kappa4_gen ksone_gen kstwo_gen kstwobign_gen " \
    "landau_gen laplace_asymmetric_gen laplace_gen levy_gen levy_l_gen loggamma_gen logistic_gen " \
    "loglaplace_gen lognorm_gen lomax_gen maxwell_gen mielke_gen moyal_gen nakagami_gen ncf_gen nct_gen " \
    "ncx2_gen norm_gen norminvgauss_gen pareto_gen pearson3_gen powerlaw_gen powerlognorm_gen " \
    "powernorm_gen rayleigh_gen rdist_gen recipinvgauss_gen reciprocal_gen rel_breitwigner_gen rice_gen " \
    "semicircular_gen skew_norm_gen skewcauchy_gen skewnorm_gen studentized_range_gen t_gen " \
    "trapezoid_gen triang_gen truncexpon_gen truncnorm_gen truncpareto_gen truncweibull_min_gen " \
    "tukeylambda_gen uniform_gen vonmises_gen wald_gen weibull_max_gen weibull_min_gen wrapcauchy_gen"
#define DISCRETE \
    "_nchypergeom_gen bernoulli_gen betabinom_gen betanbinom_gen binom_gen boltzmann_gen dlaplace_gen " \
    "geom_gen hypergeom_gen logser_gen nbinom_gen nchypergeom_fisher_gen nchypergeom_wallenius_gen " \
    "nhypergeom_gen planck_gen poisson_binom_gen poisson_gen randint_gen skellam_gen yulesimon_gen " \
    "zipf_gen zipfian_gen"

static const allow_row rows[] = {
    {"numpy", "vectorize", &rule_class}, /* holds a method of the distribution: 1.24 to 2.5 */
    {"scipy.stats._binned_statistic", "BinnedStatistic2dResult BinnedStatisticResult BinnedStatisticddResult", &result},
    {"scipy.stats._common", "ConfidenceInterval", &rule_class_args},
    {"scipy.stats._continuous_distns", CONTINUOUS, &distribution},
    {"scipy.stats._continuous_distns", "frechet_l_gen frechet_r_gen levy_stable_gen rv_histogram trapz_gen", &distribution},
    {"scipy.stats._covariance", "CovViaCholesky CovViaDiagonal CovViaEigendecomposition CovViaPSD CovViaPrecision", &rule_class},
    {"scipy.stats._discrete_distns", DISCRETE, &distribution},
    {"scipy.stats._distn_infrastructure", "rv_continuous_frozen rv_discrete_frozen rv_frozen", &rule_class},
    {"scipy.stats._distn_infrastructure", "rv_sample", &distribution},
    {"scipy.stats._fit", "FitResult GoodnessOfFitResult", &rule_class},
    {"scipy.stats._hypotests", "TukeyHSDResult", &rule_class},
    {"scipy.stats._levy_stable", "levy_stable_frozen", &rule_class},
    {"scipy.stats._levy_stable", "levy_stable_gen", &distribution},
    {"scipy.stats._mannwhitneyu", "MannwhitneyuResult", &result},
    {"scipy.stats._morestats", "AndersonResult AnsariResult BartlettResult FlignerResult LeveneResult ShapiroResult WilcoxonResult", &result},
    {"scipy.stats._multivariate", "_PSD multivariate_normal_frozen multivariate_normal_gen", &rule_class},
    {"scipy.stats._multivariate", "dirichlet_frozen dirichlet_gen invwishart_frozen invwishart_gen matrix_normal_frozen matrix_normal_gen multi_rv_frozen multinomial_frozen multinomial_gen multivariate_t_frozen multivariate_t_gen wishart_frozen wishart_gen", &rule_class},
    {"scipy.stats._resampling", "BootstrapResult MonteCarloTestResult PermutationTestResult", &rule_class},
    {"scipy.stats._stats_mstats_common", "LinregressResult SiegelslopesResult TheilslopesResult", &result},
    {"scipy.stats._stats_py", "BrunnerMunzelResult CumfreqResult DescribeResult F_onewayResult FriedmanchisquareResult KruskalResult KstestResult KurtosistestResult LinregressResult ModeResult NormaltestResult PearsonRResult RanksumsResult RelfreqResult SignificanceResult SkewtestResult SpearmanrResult Ttest_indResult Ttest_relResult", &result},
    {"scipy.stats._stats_py", "TtestResult", &result},
    {"scipy.stats._survival", "ECDFResult EmpiricalDistributionFunction", &rule_class},
    {"scipy.stats.contingency", "Chi2ContingencyResult", &result},
    {"scipy.stats.morestats", "AndersonResult AnsariResult BartlettResult FlignerResult LeveneResult ShapiroResult WilcoxonResult", &result}, /* before 1.8 */
    {"scipy.stats.stats", "BrunnerMunzelResult CumfreqResult DescribeResult F_onewayResult FriedmanchisquareResult KendalltauResult KruskalResult KstestResult MannwhitneyuResult ModeResult NormaltestResult RelfreqResult SpearmanrResult Ttest_1sampResult Ttest_indResult Ttest_relResult", &result}, /* before 1.8 */
};
/* clang-format on */
const allow_table allow_stats = {"scipy", rows, COUNT_OF(rows)};
