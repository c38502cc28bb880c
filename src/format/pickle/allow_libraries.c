/*
 * format/pickle/allow_libraries.c - libraries of texts, sequences and statistics: gensim 4.4, nltk 3.10, hmmlearn 0.3, implicit 0.7,
 * statsmodels 0.15.
 *
 * Defined in these modules, made without arguments, filled with attributes. Left out: what keeps functions or caches (Snowball's stemmers,
 * hdbscan, umap, prophet, optuna), and the state space models of statsmodels.
 */
#include "pickle/allow.h"

/* --- formulas of statsmodels ----------------------------------------------------------------------------------------------------- */

static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* Names of columns and the signs between them. patsy evaluates the parts of a formula as Python, where a name comes to a column or to some
 * value of the loading program; anything else could be a call. */
static bool is_plain_formula(str formula)
{
    if (formula.len == 0) return false;
    for (size_t i = 0; i < formula.len; i++)
        if (!is_word_byte(formula.data[i]) && !strchr("~+-:* ", formula.data[i])) return false;
    return memchr(formula.data, '\0', formula.len) == NULL;
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
    {"hmmlearn.base", "ConvergenceMonitor", &rule_class},
    {"hmmlearn.hmm", "CategoricalHMM GMMHMM GaussianHMM MultinomialHMM PoissonHMM", &rule_class},
    {"implicit.cpu.als", "AlternatingLeastSquares", &rule_class},
    {"implicit.cpu.bpr", "BayesianPersonalizedRanking", &rule_class},
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
    {"statsmodels.base.data", "ModelData PandasData", &model_data},
    {"statsmodels.discrete.discrete_model", "BinaryResultsWrapper CountResultsWrapper Logit LogitResults Poisson PoissonResults PoissonResultsWrapper Probit ProbitResults", &rule_class},
    {"statsmodels.genmod.families.family", "Binomial Gamma Gaussian InverseGaussian NegativeBinomial Poisson Tweedie", &rule_class},
    {"statsmodels.genmod.families.links", "CLogLog Identity InversePower InverseSquared Log Logit Power Probit identity inverse_power inverse_squared log logit", &rule_class},
    {"statsmodels.genmod.families.varfuncs", "Binomial NegativeBinomial Power VarianceFunction", &rule_class},
    {"statsmodels.genmod.generalized_linear_model", "GLM GLMResults GLMResultsWrapper", &rule_class},
    {"statsmodels.regression.linear_model", "GLS OLS OLSResults RegressionResults RegressionResultsWrapper WLS", &rule_class},
    {"statsmodels.regression.quantile_regression", "QuantReg QuantRegResults", &rule_class},
    {"statsmodels.robust.norms", "AndrewWave Hampel HuberT LeastSquares TrimmedMean TukeyBiweight", &rule_class},
    {"statsmodels.robust.robust_linear_model", "RLM RLMResults RLMResultsWrapper", &rule_class},
    {"statsmodels.tsa.holtwinters.model", "ExponentialSmoothing Holt SimpleExpSmoothing", &rule_class},
    {"statsmodels.tsa.holtwinters.results", "HoltWintersResults HoltWintersResultsWrapper", &rule_class},
    {"statsmodels.tsa.vector_ar.var_model", "VAR VARResults VARResultsWrapper", &rule_class},
};
/* clang-format on */
const allow_table allow_libraries = {"libraries of texts and statistics", rows, COUNT_OF(rows)};
