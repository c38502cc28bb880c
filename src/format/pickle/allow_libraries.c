/*
 * format/pickle/allow_libraries.c - libraries of texts, sequences and statistics: gensim 4.4, nltk 3.10, hmmlearn 0.3, implicit 0.7,
 * statsmodels 0.15, networkx 3.6, optuna 5.0, hdbscan 0.8.44, lifelines 0.30, xarray 2026.9.
 *
 * Defined in these modules, made without arguments, filled with attributes. Left out: what keeps functions or caches (Snowball's stemmers, umap,
 * prophet), what carries a language with it (spaCy), and the state space models of statsmodels.
 */
#include "pickle/allow.h"

/* --- formulas of statsmodels ----------------------------------------------------------------------------------------------------- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* What a formula of statsmodels may call: contrasts and splines of patsy, and functions of numpy that only compute. */
static bool is_formula_function(str word)
{
    static const char names[] =
        "C Diff Helmert I Poly Q Sum Treatment bs cc center cr np.abs np.clip np.cos np.exp np.expm1 np.log "
        "np.log10 np.log1p "
        "np.log2 np.maximum np.minimum np.power np.sin np.sqrt np.square np.tan scale standardize te";
    str rest = str_from_c(names), each;
    while (str_next(&rest, ' ', &each))
        if (str_eq(each, word)) return true;
    return false;
}

static str skip_blanks(str s)
{
    while (str_starts_with(s, STR(" "))) s = str_skip(s, 1);
    return s;
}

/* A word with its dots: the name of a column, a number, or, in front of a bracket, a function. */
static bool take_word(str *s)
{
    size_t len = 0;
    while (len < s->len && (is_word_byte(s->data[len]) || s->data[len] == '.')) len++;
    str word = str_slice(*s, 0, len);
    *s = skip_blanks(str_skip(*s, len));
    if (str_starts_with(*s, STR("("))) return is_formula_function(word);
    bool is_number = word.data[0] >= '0' && word.data[0] <= '9';
    return is_number || str_find(word, '.') < 0;
}

/* 'text' without escapes: a level, or the name of a column within Q(). */
static bool take_quoted(str *s)
{
    str rest = str_skip(*s, 1);
    ptrdiff_t end = str_find(rest, s->data[0]);
    if (end < 0 || str_find(str_slice(rest, 0, (size_t)end), '\\') >= 0) return false;
    *s = skip_blanks(str_skip(rest, (size_t)end + 1));
    return !str_starts_with(*s, STR("("));
}

/* Names of columns, the signs between them, and the functions above. patsy evaluates the parts of a formula as Python, where a name comes to a column
 * or to some value of the loading program; any other call could be one of anything. */
static bool is_plain_formula(str formula)
{
    str s = skip_blanks(formula);
    if (s.len == 0) return false;
    while (s.len) {
        char c = s.data[0];
        if (is_word_byte(c) || c == '.') {
            if (!take_word(&s)) return false;
        } else if (c == '\'' || c == '"') {
            if (!take_quoted(&s)) return false;
        } else {
            if (c == '\0' || !strchr("~+-:*/(),=", c)) return false;
            s = skip_blanks(str_skip(s, 1));
            if (c == ':' && str_starts_with(s, STR("="))) return false;
            if (c == ')' && str_starts_with(s, STR("("))) return false; /* calls what a call gave */
        }
    }
    return true;
}

/* With a key restore_... the formula is evaluated again while the file is loaded, and otherwise when the model is used. */
static bool evaluates_no_more_than_names(const pickle_value *target, const pickle_value *state)
{
    (void)target;
    if (state->kind != PICKLE_DICT) return false;
    for (size_t i = 0; i + 1 < state->list.count; i += 2) {
        const pickle_value *key = state->list.items[i], *value = state->list.items[i + 1];
        if (key->kind != PICKLE_STR) return false;
        bool is_plain =
            value->kind == PICKLE_NONE || (value->kind == PICKLE_STR && is_plain_formula(value->text));
        if (str_eq(key->text, STR("formula")) && !is_plain) return false;
    }
    return true;
}

/* --- the rows -------------------------------------------------------------------------------------------------------------------- */

static const allow_rule model_data = {.roles = ALLOW_NEW,
                                      .state = ALLOW_STATE_DICT,
                                      .args = rule_takes_nothing,
                                      .wants = "no arguments",
                                      .state_check = evaluates_no_more_than_names};
/* An enumeration of the library: one number or text. */
static const allow_rule member = {
    .roles = ALLOW_NEW | ALLOW_CALL, .args = rule_takes_constants, .wants = "a constant"};
/* newObj(class): of hdbscan's own metrics. */
static bool takes_metric(const allow_args *a)
{
    return !a->kwargs && a->count == 1 && a->items[0]->kind == PICKLE_GLOBAL && a->items[0]->global.row &&
           a->items[0]->global.row->rule->roles & ALLOW_NEW &&
           str_eq(a->items[0]->global.module, STR("hdbscan.dist_metrics"));
}
static const allow_rule metric = {
    .roles = ALLOW_CALL, .state = ALLOW_STATE_TUPLE, .args = takes_metric, .wants = "a metric of hdbscan"};
static const allow_rule counts = {.roles = ALLOW_NEW,
                                  .state = ALLOW_STATE_DICT,
                                  .like = ALLOW_LIKE_DICT,
                                  .args = rule_takes_data,
                                  .wants = "plain data"};
static const allow_rule tree = {.roles = ALLOW_NEW,
                                .state = ALLOW_STATE_DICT,
                                .like = ALLOW_LIKE_LIST,
                                .args = rule_takes_data,
                                .wants = "plain data"};

/* clang-format off */
static const allow_row rows[] = {
    {"gensim.corpora.dictionary", "Dictionary", &rule_class},
    {"gensim.models.doc2vec", "Doc2Vec", &rule_class},
    {"gensim.models.fasttext", "FastText FastTextKeyedVectors", &rule_class},
    {"gensim.models.keyedvectors", "KeyedVectors", &rule_class},
    {"gensim.models.ldamodel", "LdaModel LdaState", &rule_class},
    {"gensim.models.lsimodel", "LsiModel Projection", &rule_class},
    {"gensim.models.phrases", "FrozenPhrases Phrases", &rule_class},
    {"gensim.models.phrases", "npmi_scorer original_scorer", &rule_data},
    {"gensim.models.tfidfmodel", "TfidfModel", &rule_class},
    {"gensim.models.tfidfmodel", "df2idf", &rule_data},
    {"gensim.models.word2vec", "Word2Vec", &rule_class},
    {"gensim.utils", "call_on_class_only identity", &rule_data},
    {"hdbscan.dist_metrics", "BrayCurtisDistance CanberraDistance ChebyshevDistance DiceDistance EuclideanDistance HammingDistance HaversineDistance JaccardDistance KulsinskiDistance MahalanobisDistance ManhattanDistance MatchingDistance MinkowskiDistance RogersTanimotoDistance RussellRaoDistance SEuclideanDistance SokalMichenerDistance SokalSneathDistance WMinkowskiDistance", &rule_class},
    {"hdbscan.dist_metrics", "newObj", &metric},
    {"hdbscan.hdbscan_", "HDBSCAN", &rule_class},
    {"hdbscan.plots", "ApproximationGraph CondensedTree MinimumSpanningTree SingleLinkageTree", &rule_class},
    {"hdbscan.prediction", "PredictionData", &rule_class},
    {"hmmlearn.base", "ConvergenceMonitor", &rule_class},
    {"hmmlearn.hmm", "CategoricalHMM GMMHMM GaussianHMM MultinomialHMM PoissonHMM", &rule_class},
    {"implicit.cpu.als", "AlternatingLeastSquares", &rule_class},
    {"implicit.cpu.bpr", "BayesianPersonalizedRanking", &rule_class},
    {"lifelines.fitters.coxph_fitter", "CoxPHFitter SemiParametricPHFitter", &rule_class},
    {"lifelines.fitters.kaplan_meier_fitter", "KaplanMeierFitter", &rule_class},
    {"lifelines.utils", "CensoringType", &member},
    {"lifelines.utils", "CovariateParameterMappings", &rule_class},
    {"networkx.classes.coreviews", "AdjacencyView AtlasView MultiAdjacencyView", &rule_class},
    {"networkx.classes.digraph", "DiGraph", &rule_class},
    {"networkx.classes.graph", "Graph", &rule_class},
    {"networkx.classes.multidigraph", "MultiDiGraph", &rule_class},
    {"networkx.classes.multigraph", "MultiGraph", &rule_class},
    {"networkx.classes.reportviews", "DegreeView DiDegreeView DiMultiDegreeView EdgeView InDegreeView InEdgeView InMultiEdgeView MultiDegreeView MultiEdgeView NodeView OutDegreeView OutEdgeView OutMultiEdgeView", &rule_class},
    {"nltk.classify.maxent", "BinaryMaxentFeatureEncoding MaxentClassifier", &rule_class},
    {"nltk.classify.naivebayes", "NaiveBayesClassifier", &rule_class},
    {"nltk.collocations", "BigramCollocationFinder TrigramCollocationFinder", &rule_class},
    {"nltk.probability", "ConditionalFreqDist FreqDist", &counts},
    {"nltk.probability", "ELEProbDist LaplaceProbDist LidstoneProbDist MLEProbDist", &rule_class},
    {"nltk.stem.porter", "PorterStemmer", &rule_class},
    {"nltk.tag.perceptron", "AveragedPerceptron", &rule_class},
    {"nltk.tag.sequential", "BigramTagger DefaultTagger TrigramTagger UnigramTagger", &rule_class},
    {"nltk.tokenize.punkt", "PunktLanguageVars", &rule_class_data},
    {"nltk.tokenize.punkt", "PunktParameters PunktSentenceTokenizer PunktToken", &rule_class},
    {"nltk.tokenize.regexp", "RegexpTokenizer", &rule_class},
    {"nltk.tree.tree", "Tree", &tree},
    {"optuna.distributions", "CategoricalDistribution FloatDistribution IntDistribution", &rule_class},
    {"optuna.pruners._hyperband", "HyperbandPruner", &rule_class},
    {"optuna.pruners._median", "MedianPruner", &rule_class},
    {"optuna.pruners._nop", "NopPruner", &rule_class},
    {"optuna.pruners._percentile", "PercentilePruner", &rule_class},
    {"optuna.pruners._successive_halving", "SuccessiveHalvingPruner", &rule_class},
    {"optuna.samplers._lazy_random_state", "LazyRandomState", &rule_class},
    {"optuna.samplers._random", "RandomSampler", &rule_class},
    {"optuna.samplers._tpe.parzen_estimator", "_ParzenEstimator", &rule_class},
    {"optuna.samplers._tpe.parzen_estimator", "_ParzenEstimatorParameters", &rule_class_args},
    {"optuna.samplers._tpe.sampler", "TPESampler", &rule_class},
    {"optuna.samplers._tpe.sampler", "default_gamma default_weights hyperopt_default_gamma", &rule_data},
    {"optuna.search_space.group_decomposed", "_GroupDecomposedSearchSpace _SearchSpaceGroup", &rule_class},
    {"optuna.search_space.intersection", "IntersectionSearchSpace", &rule_class},
    {"optuna.storages._in_memory", "InMemoryStorage _StudyInfo", &rule_class},
    {"optuna.study._study_direction", "StudyDirection", &member},
    {"optuna.study.study", "Study", &rule_class},
    {"optuna.trial._frozen", "FrozenTrial", &rule_class},
    {"optuna.trial._state", "TrialState", &member},
    {"statsmodels.base.data", "ModelData PandasData", &model_data},
    {"statsmodels.discrete.discrete_model", "BinaryResultsWrapper CountResultsWrapper Logit LogitResults MNLogit MultinomialResults MultinomialResultsWrapper Poisson PoissonResults PoissonResultsWrapper Probit ProbitResults", &rule_class},
    {"statsmodels.genmod.cov_struct", "Autoregressive Exchangeable Independence", &rule_class},
    {"statsmodels.genmod.families.family", "Binomial Gamma Gaussian InverseGaussian NegativeBinomial Poisson Tweedie", &rule_class},
    {"statsmodels.genmod.families.links", "CLogLog Identity InversePower InverseSquared Log Logit Power Probit identity inverse_power inverse_squared log logit", &rule_class},
    {"statsmodels.genmod.families.varfuncs", "Binomial NegativeBinomial Power VarianceFunction", &rule_class},
    {"statsmodels.genmod.generalized_estimating_equations", "GEE GEEResults GEEResultsWrapper", &rule_class},
    {"statsmodels.genmod.generalized_linear_model", "GLM GLMResults GLMResultsWrapper", &rule_class},
    {"statsmodels.nonparametric.kde", "KDEUnivariate", &rule_class},
    {"statsmodels.regression.linear_model", "GLS OLS OLSResults RegressionResults RegressionResultsWrapper WLS", &rule_class},
    {"statsmodels.regression.mixed_linear_model", "MixedLM MixedLMParams MixedLMResults MixedLMResultsWrapper VCSpec", &rule_class},
    {"statsmodels.regression.quantile_regression", "QuantReg QuantRegResults", &rule_class},
    {"statsmodels.robust.norms", "AndrewWave Hampel HuberT LeastSquares TrimmedMean TukeyBiweight", &rule_class},
    {"statsmodels.robust.robust_linear_model", "RLM RLMResults RLMResultsWrapper", &rule_class},
    {"statsmodels.tsa.ar_model", "AutoReg AutoRegResults AutoRegResultsWrapper", &rule_class},
    {"statsmodels.tsa.deterministic", "CalendarFourier CalendarSeasonality DeterministicProcess Fourier Seasonality TimeTrend", &rule_class},
    {"statsmodels.tsa.holtwinters.model", "ExponentialSmoothing Holt SimpleExpSmoothing", &rule_class},
    {"statsmodels.tsa.holtwinters.results", "HoltWintersResults HoltWintersResultsWrapper", &rule_class},
    {"statsmodels.tsa.vector_ar.var_model", "VAR VARResults VARResultsWrapper", &rule_class},
    {"xarray.core.dataarray", "DataArray", &rule_class},
    {"xarray.core.dataset", "Dataset", &rule_class},
    {"xarray.core.indexes", "PandasIndex PandasMultiIndex", &rule_class},
    {"xarray.core.indexing", "PandasIndexingAdapter PandasMultiIndexingAdapter", &rule_class},
    {"xarray.core.variable", "IndexVariable Variable", &rule_class},
};
/* clang-format on */
const allow_table allow_libraries = {"libraries of texts and statistics", rows, COUNT_OF(rows)};
