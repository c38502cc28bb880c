/*
 * format/pickle/allow_sklearn_old.c - scikit-learn up to 0.21, under its public module names.
 */
#include "pickle/allow.h"

static const allow_rule obsolete = {
    .roles = ALLOW_NEW,
    .state = ALLOW_STATE_DICT,
    .caution = "a class of scikit-learn before 0.22, which current versions cannot load",
    .args = rule_takes_data,
    .wants = "plain data"};

/* clang-format off */
static const allow_row rows[] = {
    {"sklearn.cluster.dbscan_", "DBSCAN", &obsolete},
    {"sklearn.cluster.k_means_", "KMeans MiniBatchKMeans", &obsolete},
    {"sklearn.decomposition.nmf", "NMF", &obsolete},
    {"sklearn.decomposition.pca", "PCA", &obsolete},
    {"sklearn.decomposition.truncated_svd", "TruncatedSVD", &obsolete},
    {"sklearn.ensemble.bagging", "BaggingClassifier BaggingRegressor", &obsolete},
    {"sklearn.ensemble.forest", "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor RandomTreesEmbedding", &obsolete},
    {"sklearn.ensemble.gradient_boosting", "BinomialDeviance GradientBoostingClassifier GradientBoostingRegressor LeastAbsoluteError LeastSquaresError LogOddsEstimator MeanEstimator MultinomialDeviance PriorProbabilityEstimator QuantileEstimator ZeroEstimator", &obsolete},
    {"sklearn.ensemble.iforest", "IsolationForest", &obsolete},
    {"sklearn.ensemble.voting_classifier", "VotingClassifier", &obsolete},
    {"sklearn.ensemble.weight_boosting", "AdaBoostClassifier AdaBoostRegressor", &obsolete},
    {"sklearn.feature_selection.from_model", "SelectFromModel", &obsolete},
    {"sklearn.feature_selection.univariate_selection", "SelectKBest SelectPercentile", &obsolete},
    {"sklearn.feature_selection.variance_threshold", "VarianceThreshold", &obsolete},
    {"sklearn.impute", "MissingIndicator SimpleImputer", &obsolete},
    {"sklearn.linear_model.base", "LinearRegression", &obsolete},
    {"sklearn.linear_model.coordinate_descent", "ElasticNet ElasticNetCV Lasso LassoCV", &obsolete},
    {"sklearn.linear_model.logistic", "LogisticRegression LogisticRegressionCV", &obsolete},
    {"sklearn.linear_model.perceptron", "Perceptron", &obsolete},
    {"sklearn.linear_model.ridge", "Ridge RidgeCV RidgeClassifier RidgeClassifierCV", &obsolete},
    {"sklearn.linear_model.sgd_fast", "Hinge Huber Log ModifiedHuber SquaredHinge SquaredLoss", &obsolete},
    {"sklearn.linear_model.stochastic_gradient", "SGDClassifier SGDRegressor", &obsolete},
    {"sklearn.mixture.gaussian_mixture", "GaussianMixture", &obsolete},
    {"sklearn.neighbors.classification", "KNeighborsClassifier RadiusNeighborsClassifier", &obsolete},
    {"sklearn.neighbors.regression", "KNeighborsRegressor RadiusNeighborsRegressor", &obsolete},
    {"sklearn.neighbors.unsupervised", "NearestNeighbors", &obsolete},
    {"sklearn.neural_network.multilayer_perceptron", "MLPClassifier MLPRegressor", &obsolete},
    {"sklearn.preprocessing.data", "Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer OneHotEncoder PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler StandardScaler", &obsolete},
    {"sklearn.preprocessing.imputation", "Imputer", &obsolete},
    {"sklearn.preprocessing.label", "LabelBinarizer LabelEncoder MultiLabelBinarizer", &obsolete},
    {"sklearn.svm.classes", "LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR", &obsolete},
    {"sklearn.tree.tree", "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor", &obsolete},
};
/* clang-format on */
const allow_table allow_sklearn_old = {"scikit-learn before 0.22", rows, COUNT_OF(rows)};
