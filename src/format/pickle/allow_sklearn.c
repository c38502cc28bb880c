/*
 * format/pickle/allow_sklearn.c - scikit-learn: estimators, the parts that fitted states hold, and the metrics that scorers keep.
 *
 * Each class was found defined in its module (not merely imported there) in the versions beside it, by walking the installed packages of
 * 0.22.2.post1, 0.23.2, 0.24.2, 1.0.1, 1.0.2, 1.1.3, 1.2.2, 1.3.2, 1.4.2, 1.5.2, 1.6.1, 1.7.2, 1.8.0, 1.9.1 (tests/golden/format/list_sklearn.py).
 * PyFuncDistance is left out: it holds a function. "_loss" is how the extension module of 1.5 to 1.8 calls itself in pickles.
 */
#include "pickle/allow.h"

/* newObj(class) makes an instance of whatever it gets: here, of the classes of the modules that have it. */
static bool takes_own_class(const allow_args *a)
{
    if (a->kwargs || a->count != 1 || a->items[0]->kind != PICKLE_GLOBAL || !rule_may_be_kept(a->items[0]))
        return false;
    str module = a->items[0]->global.module;
    return str_starts_with(module, STR("sklearn.")) &&
           (str_ends_with(module, STR("._dist_metrics")) || str_ends_with(module, STR("._ball_tree")) ||
            str_ends_with(module, STR("._kd_tree")));
}

static const allow_rule new_object = {.roles = ALLOW_CALL,
                                      .state = ALLOW_STATE_DATA,
                                      .args = takes_own_class,
                                      .wants = "a tree or distance class of scikit-learn"};

/* clang-format off */
static const allow_row rows[] = {
    {"_loss", "CyAbsoluteError CyExponentialLoss CyHalfBinomialLoss CyHalfTweedieLoss CyHuberLoss CyPinballLoss", &rule_class_args_data}, /*  */
    {"_loss", "CyHalfGammaLoss CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLossIdentity", &rule_class_args_data}, /* 1.5.2 to 1.8.0 */
    {"_loss", "__pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyExponentialLoss __pyx_unpickle_CyHalfBinomialLoss __pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyHuberLoss __pyx_unpickle_CyPinballLoss", &rule_cython}, /*  */
    {"_loss", "__pyx_unpickle_CyHalfGammaLoss __pyx_unpickle_CyHalfPoissonLoss __pyx_unpickle_CyHalfSquaredError __pyx_unpickle_CyHalfTweedieLossIdentity", &rule_cython}, /* 1.5.2 */
    {"_loss", "__pyx_unpickle_CyHalfMultinomialLoss", &rule_cython}, /* 1.5.2 to 1.8.0 */
    {"sklearn._loss._loss", "CyAbsoluteError CyHalfBinomialLoss CyHalfGammaLoss CyHalfMultinomialLoss CyHalfPoissonLoss CyHalfSquaredError CyHalfTweedieLoss CyHalfTweedieLossIdentity CyPinballLoss", &rule_class_args_data}, /* 1.1.3 to 1.9.1 */
    {"sklearn._loss._loss", "CyExponentialLoss CyHuberLoss", &rule_class_args_data}, /* 1.3.2 to 1.9.1 */
    {"sklearn._loss._loss", "__pyx_unpickle_CyHalfGammaLoss __pyx_unpickle_CyHalfPoissonLoss __pyx_unpickle_CyHalfSquaredError __pyx_unpickle_CyHalfTweedieLossIdentity", &rule_cython}, /* 1.1.3 to 1.4.2 */
    {"sklearn._loss._loss", "__pyx_unpickle_CyAbsoluteError __pyx_unpickle_CyHalfBinomialLoss __pyx_unpickle_CyHalfMultinomialLoss __pyx_unpickle_CyHalfTweedieLoss __pyx_unpickle_CyPinballLoss", &rule_cython}, /* 1.1.3 to 1.9.1 */
    {"sklearn._loss._loss", "__pyx_unpickle_CyExponentialLoss __pyx_unpickle_CyHuberLoss", &rule_cython}, /* 1.3.2 to 1.9.1 */
    {"sklearn._loss.glm_distribution", "GammaDistribution InverseGaussianDistribution NormalDistribution PoissonDistribution TweedieDistribution", &rule_class}, /* 0.23.2 to 1.2.2 */
    {"sklearn._loss.glm_distribution", "DistributionBoundary", &rule_class_args}, /* 0.23.2 to 1.2.2 */
    {"sklearn._loss.link", "IdentityLink Interval LogLink LogitLink MultinomialLogit", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn._loss.link", "HalfLogitLink", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn._loss.loss", "AbsoluteError HalfBinomialLoss HalfGammaLoss HalfMultinomialLoss HalfPoissonLoss HalfSquaredError HalfTweedieLoss HalfTweedieLossIdentity PinballLoss", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn._loss.loss", "ExponentialLoss HuberLoss", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn._loss.loss", "HalfBinomialLossArrayAPI HalfMultinomialLossArrayAPI HalfPoissonLossArrayAPI", &rule_class}, /* 1.9.1 */
    {"sklearn.base", "BaseEstimator", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.calibration", "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.calibration", "_TemperatureScaling", &rule_class}, /* 1.8.0 to 1.9.1 */
    {"sklearn.cluster._affinity_propagation", "AffinityPropagation", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._agglomerative", "AgglomerativeClustering FeatureAgglomeration", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._bicluster", "BaseSpectral SpectralBiclustering SpectralCoclustering", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._birch", "Birch _CFNode _CFSubcluster", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._bisect_k_means", "BisectingKMeans _BisectingTree", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn.cluster._dbscan", "DBSCAN", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._hdbscan.hdbscan", "HDBSCAN", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn.cluster._kmeans", "KMeans MiniBatchKMeans", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._kmeans", "_BaseKMeans", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn.cluster._kmeans", "_kmeans_single_elkan _kmeans_single_lloyd", &rule_data}, /* 1.1.3 to 1.9.1 */
    {"sklearn.cluster._mean_shift", "MeanShift", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._optics", "OPTICS", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cluster._spectral", "SpectralClustering", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.compose._column_transformer", "ColumnTransformer make_column_selector", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.compose._column_transformer", "_RemainderColsList", &rule_class}, /* 1.5.2 to 1.6.1 */
    {"sklearn.compose._target", "TransformedTargetRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.covariance._elliptic_envelope", "EllipticEnvelope", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.covariance._empirical_covariance", "EmpiricalCovariance", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.covariance._graph_lasso", "GraphicalLasso GraphicalLassoCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.covariance._graph_lasso", "BaseGraphicalLasso", &rule_class}, /* 1.2.2 to 1.9.1 */
    {"sklearn.covariance._graph_lasso", "_DictWithDeprecatedKeys", &rule_dict_class}, /* 1.0.1 to 1.1.3 */
    {"sklearn.covariance._robust_covariance", "MinCovDet", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.covariance._shrunk_covariance", "LedoitWolf OAS ShrunkCovariance", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cross_decomposition._cca", "CCA", &rule_class}, /* 0.22.2.post1 to 0.23.2 */
    {"sklearn.cross_decomposition._pls", "PLSCanonical PLSRegression PLSSVD _PLS", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.cross_decomposition._pls", "CCA", &rule_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.decomposition._base", "_BasePCA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._dict_learning", "DictionaryLearning MiniBatchDictionaryLearning SparseCoder", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._factor_analysis", "FactorAnalysis", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._fastica", "FastICA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._incremental_pca", "IncrementalPCA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._kernel_pca", "KernelPCA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._lda", "LatentDirichletAllocation", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._nmf", "NMF", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._nmf", "MiniBatchNMF", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn.decomposition._nmf", "_BaseNMF", &rule_class}, /* 1.2.2 to 1.9.1 */
    {"sklearn.decomposition._pca", "PCA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._sparse_pca", "MiniBatchSparsePCA SparsePCA", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.decomposition._sparse_pca", "_BaseSparsePCA", &rule_class}, /* 1.2.2 to 1.9.1 */
    {"sklearn.decomposition._truncated_svd", "TruncatedSVD", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.discriminant_analysis", "LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.dummy", "DummyClassifier DummyRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._bagging", "BaggingClassifier BaggingRegressor BaseBagging", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._base", "BaseEnsemble _BaseHeterogeneousEnsemble", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._forest", "BaseForest ExtraTreesClassifier ExtraTreesRegressor ForestClassifier ForestRegressor RandomForestClassifier RandomForestRegressor RandomTreesEmbedding", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._gb", "BaseGradientBoosting GradientBoostingClassifier GradientBoostingRegressor VerboseReporter", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._gb_losses", "BinomialDeviance ExponentialLoss HuberLossFunction LeastAbsoluteError LeastSquaresError MultinomialDeviance QuantileLossFunction", &rule_class}, /* 0.22.2.post1 to 1.3.2 */
    {"sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._hist_gradient_boosting.gradient_boosting", "BaseHistGradientBoosting HistGradientBoostingClassifier HistGradientBoostingRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._hist_gradient_boosting.loss", "BinaryCrossEntropy CategoricalCrossEntropy LeastAbsoluteDeviation LeastSquares", &rule_class}, /* 0.22.2.post1 to 1.0.2 */
    {"sklearn.ensemble._hist_gradient_boosting.loss", "Poisson", &rule_class}, /* 0.23.2 to 1.0.2 */
    {"sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._iforest", "IsolationForest", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._stacking", "StackingClassifier StackingRegressor _BaseStacking", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._voting", "VotingClassifier VotingRegressor _BaseVoting", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.ensemble._weight_boosting", "AdaBoostClassifier AdaBoostRegressor BaseWeightBoosting", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_extraction._dict_vectorizer", "DictVectorizer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_extraction._hash", "FeatureHasher", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_extraction.image", "PatchExtractor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_extraction.text", "CountVectorizer HashingVectorizer TfidfTransformer TfidfVectorizer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_extraction.text", "strip_accents_ascii strip_accents_unicode", &rule_pure}, /* 0.20.4 to 1.9.1 */
    {"sklearn.feature_selection._from_model", "SelectFromModel", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_selection._mutual_info", "mutual_info_classif mutual_info_regression", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.feature_selection._rfe", "RFE RFECV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_selection._sequential", "SequentialFeatureSelector", &rule_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.feature_selection._univariate_selection", "GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest SelectPercentile _BaseFilter", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.feature_selection._univariate_selection", "chi2 f_classif f_oneway f_regression r_regression", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.feature_selection._variance_threshold", "VarianceThreshold", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.frozen._frozen", "FrozenEstimator", &rule_class}, /* 1.6.1 to 1.9.1 */
    {"sklearn.gaussian_process._gpc", "GaussianProcessClassifier _BinaryGaussianProcessClassifierLaplace", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.gaussian_process._gpr", "GaussianProcessRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.gaussian_process.kernels", "CompoundKernel ConstantKernel DotProduct ExpSineSquared Exponentiation Matern PairwiseKernel Product RBF RationalQuadratic Sum WhiteKernel", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.gaussian_process.kernels", "Hyperparameter", &rule_class_args}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.impute._base", "MissingIndicator SimpleImputer _BaseImputer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.impute._iterative", "IterativeImputer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.impute._iterative", "_ImputerTriplet", &rule_class_args}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.impute._knn", "KNNImputer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.isotonic", "IsotonicRegression", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.kernel_approximation", "AdditiveChi2Sampler Nystroem RBFSampler SkewedChi2Sampler", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.kernel_approximation", "PolynomialCountSketch", &rule_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.kernel_ridge", "KernelRidge", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._base", "LinearModel LinearRegression", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._base", "MultiOutputLinearModel", &rule_class}, /* 1.9.1 */
    {"sklearn.linear_model._bayes", "ARDRegression BayesianRidge", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._coordinate_descent", "ElasticNet ElasticNetCV Lasso LassoCV LinearModelCV MultiTaskElasticNet MultiTaskElasticNetCV MultiTaskLasso MultiTaskLassoCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._glm.glm", "GeneralizedLinearRegressor", &rule_class}, /* 0.23.2 to 1.0.2 */
    {"sklearn.linear_model._glm.glm", "GammaRegressor PoissonRegressor TweedieRegressor", &rule_class}, /* 0.23.2 to 1.9.1 */
    {"sklearn.linear_model._glm.glm", "_GeneralizedLinearRegressor", &rule_class}, /* 1.1.3 to 1.9.1 */
    {"sklearn.linear_model._glm.link", "IdentityLink LogLink LogitLink", &rule_class}, /* 0.23.2 to 1.0.2 */
    {"sklearn.linear_model._huber", "HuberRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._least_angle", "Lars LarsCV LassoLars LassoLarsCV LassoLarsIC", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._logistic", "LogisticRegression LogisticRegressionCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._omp", "OrthogonalMatchingPursuit OrthogonalMatchingPursuitCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._passive_aggressive", "PassiveAggressiveClassifier PassiveAggressiveRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._perceptron", "Perceptron", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._quantile", "QuantileRegressor", &rule_class}, /* 1.0.1 to 1.9.1 */
    {"sklearn.linear_model._ransac", "RANSACRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._ridge", "Ridge RidgeCV RidgeClassifier RidgeClassifierCV _BaseRidge _BaseRidgeCV _RidgeGCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._ridge", "_IdentityClassifier _IdentityRegressor", &rule_class}, /* 0.23.2 to 1.9.1 */
    {"sklearn.linear_model._sgd_fast", "Huber Log SquaredLoss", &rule_class_args}, /* 0.22.2.post1 to 1.5.2 */
    {"sklearn.linear_model._sgd_fast", "EpsilonInsensitive Hinge ModifiedHuber SquaredEpsilonInsensitive SquaredHinge", &rule_class_args}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._stochastic_gradient", "BaseSGD BaseSGDClassifier BaseSGDRegressor SGDClassifier SGDRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.linear_model._stochastic_gradient", "SGDOneClassSVM", &rule_class}, /* 1.0.1 to 1.9.1 */
    {"sklearn.linear_model._theil_sen", "TheilSenRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.manifold._classical_mds", "ClassicalMDS", &rule_class}, /* 1.8.0 to 1.9.1 */
    {"sklearn.manifold._isomap", "Isomap", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.manifold._locally_linear", "LocallyLinearEmbedding", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.manifold._mds", "MDS", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.manifold._spectral_embedding", "SpectralEmbedding", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.manifold._t_sne", "TSNE", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.metrics._classification", "accuracy_score balanced_accuracy_score brier_score_loss classification_report cohen_kappa_score confusion_matrix f1_score fbeta_score hamming_loss hinge_loss jaccard_score log_loss matthews_corrcoef multilabel_confusion_matrix precision_recall_fscore_support precision_score recall_score zero_one_loss", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics._classification", "class_likelihood_ratios", &rule_pure}, /* 1.2.2 to 1.9.1 */
    {"sklearn.metrics._classification", "d2_log_loss_score", &rule_pure}, /* 1.6.1 to 1.9.1 */
    {"sklearn.metrics._classification", "d2_brier_score", &rule_pure}, /* 1.9.1 */
    {"sklearn.metrics._dist_metrics", "BrayCurtisDistance CanberraDistance ChebyshevDistance DiceDistance EuclideanDistance HammingDistance HaversineDistance JaccardDistance KulsinskiDistance MahalanobisDistance ManhattanDistance MatchingDistance MinkowskiDistance RogersTanimotoDistance RussellRaoDistance SEuclideanDistance SokalMichenerDistance SokalSneathDistance WMinkowskiDistance", &rule_class_data}, /* 1.0.2 to 1.2.2 */
    {"sklearn.metrics._dist_metrics", "WMinkowskiDistance32", &rule_class_data}, /* 1.2.2 */
    {"sklearn.metrics._dist_metrics", "BrayCurtisDistance32 CanberraDistance32 ChebyshevDistance32 DiceDistance32 EuclideanDistance32 HammingDistance32 HaversineDistance32 JaccardDistance32 KulsinskiDistance32 MahalanobisDistance32 ManhattanDistance32 MatchingDistance32 MinkowskiDistance32 RogersTanimotoDistance32 RussellRaoDistance32 SEuclideanDistance32 SokalMichenerDistance32 SokalSneathDistance32", &rule_class_data}, /* 1.2.2 to 1.9.1 */
    {"sklearn.metrics._dist_metrics", "BrayCurtisDistance64 CanberraDistance64 ChebyshevDistance64 DiceDistance64 EuclideanDistance64 HammingDistance64 HaversineDistance64 JaccardDistance64 KulsinskiDistance64 MahalanobisDistance64 ManhattanDistance64 MatchingDistance64 MinkowskiDistance64 RogersTanimotoDistance64 RussellRaoDistance64 SEuclideanDistance64 SokalMichenerDistance64 SokalSneathDistance64", &rule_class_data}, /* 1.3.2 to 1.9.1 */
    {"sklearn.metrics._dist_metrics", "newObj", &new_object}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics._ranking", "auc average_precision_score coverage_error dcg_score det_curve label_ranking_average_precision_score label_ranking_loss ndcg_score precision_recall_curve roc_auc_score roc_curve top_k_accuracy_score", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics._ranking", "confusion_matrix_at_thresholds metric_at_thresholds", &rule_pure}, /* 1.9.1 */
    {"sklearn.metrics._regression", "d2_tweedie_score explained_variance_score max_error mean_absolute_error mean_absolute_percentage_error mean_gamma_deviance mean_pinball_loss mean_poisson_deviance mean_squared_error mean_squared_log_error mean_tweedie_deviance median_absolute_error r2_score", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics._regression", "d2_absolute_error_score d2_pinball_score", &rule_pure}, /* 1.2.2 to 1.9.1 */
    {"sklearn.metrics._regression", "root_mean_squared_error root_mean_squared_log_error", &rule_pure}, /* 1.4.2 to 1.9.1 */
    {"sklearn.metrics._scorer", "_PredictScorer _ProbaScorer _ThresholdScorer", &rule_class}, /* 0.22.2.post1 to 1.3.2 */
    {"sklearn.metrics._scorer", "_MultimetricScorer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.metrics._scorer", "_PassthroughScorer", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn.metrics._scorer", "_Scorer", &rule_class}, /* 1.4.2 to 1.9.1 */
    {"sklearn.metrics._scorer", "_CurveScorer", &rule_class}, /* 1.6.1 to 1.9.1 */
    {"sklearn.metrics._scorer", "_passthrough_scorer", &rule_data}, /* 0.22.2.post1 to 1.2.2 */
    {"sklearn.metrics._scorer", "negative_likelihood_ratio positive_likelihood_ratio", &rule_data}, /* 1.2.2 to 1.9.1 */
    {"sklearn.metrics.cluster._supervised", "adjusted_mutual_info_score adjusted_rand_score completeness_score contingency_matrix entropy fowlkes_mallows_score homogeneity_completeness_v_measure homogeneity_score mutual_info_score normalized_mutual_info_score pair_confusion_matrix rand_score v_measure_score", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics.cluster._unsupervised", "calinski_harabasz_score davies_bouldin_score silhouette_samples silhouette_score", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.metrics.pairwise", "additive_chi2_kernel chi2_kernel cosine_distances cosine_similarity euclidean_distances haversine_distances laplacian_kernel linear_kernel manhattan_distances nan_euclidean_distances paired_cosine_distances paired_distances paired_euclidean_distances paired_manhattan_distances pairwise_distances pairwise_distances_argmin pairwise_distances_argmin_min pairwise_kernels polynomial_kernel rbf_kernel sigmoid_kernel", &rule_pure}, /* 1.0.2 to 1.9.1 */
    {"sklearn.mixture._base", "BaseMixture", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.mixture._bayesian_mixture", "BayesianGaussianMixture", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.mixture._gaussian_mixture", "GaussianMixture", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.model_selection._classification_threshold", "_CurveScorer", &rule_class}, /* 1.5.2 */
    {"sklearn.model_selection._classification_threshold", "BaseThresholdClassifier FixedThresholdClassifier TunedThresholdClassifierCV", &rule_class}, /* 1.5.2 to 1.9.1 */
    {"sklearn.model_selection._search", "BaseSearchCV GridSearchCV ParameterGrid ParameterSampler RandomizedSearchCV", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.model_selection._search_successive_halving", "BaseSuccessiveHalving HalvingGridSearchCV HalvingRandomSearchCV _SubsampleMetaSplitter", &rule_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.model_selection._search_successive_halving", "_refit_callable", &rule_data}, /* 0.24.2 */
    {"sklearn.model_selection._split", "GroupKFold GroupShuffleSplit KFold LeaveOneGroupOut LeaveOneOut LeavePGroupsOut LeavePOut PredefinedSplit RepeatedKFold RepeatedStratifiedKFold ShuffleSplit StratifiedKFold StratifiedShuffleSplit TimeSeriesSplit _CVIterableWrapper", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.model_selection._split", "StratifiedGroupKFold", &rule_class}, /* 1.0.1 to 1.9.1 */
    {"sklearn.multiclass", "OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier _ConstantPredictor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.multioutput", "MultiOutputEstimator", &rule_class}, /* 0.22.2.post1 to 0.23.2 */
    {"sklearn.multioutput", "ClassifierChain MultiOutputClassifier MultiOutputRegressor RegressorChain _BaseChain _MultiOutputEstimator", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.naive_bayes", "BaseDiscreteNB BaseNB", &rule_class}, /* 0.22.2.post1 to 0.23.2 */
    {"sklearn.naive_bayes", "BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB _BaseDiscreteNB _BaseNB", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._ball_tree", "BallTree", &rule_class_data}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._ball_tree", "BallTree32 BallTree64", &rule_class_data}, /* 1.4.2 to 1.9.1 */
    {"sklearn.neighbors._ball_tree", "newObj", &new_object}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._base", "NeighborsBase", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._classification", "KNeighborsClassifier RadiusNeighborsClassifier", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._dist_metrics", "BrayCurtisDistance CanberraDistance ChebyshevDistance DiceDistance EuclideanDistance HammingDistance HaversineDistance JaccardDistance KulsinskiDistance MahalanobisDistance ManhattanDistance MatchingDistance MinkowskiDistance RogersTanimotoDistance RussellRaoDistance SEuclideanDistance SokalMichenerDistance SokalSneathDistance WMinkowskiDistance", &rule_class_data}, /* 0.22.2.post1 to 1.0.1 */
    {"sklearn.neighbors._dist_metrics", "newObj", &new_object}, /* 0.22.2.post1 to 1.0.1 */
    {"sklearn.neighbors._graph", "KNeighborsTransformer RadiusNeighborsTransformer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._kd_tree", "KDTree", &rule_class_data}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._kd_tree", "KDTree32 KDTree64", &rule_class_data}, /* 1.4.2 to 1.9.1 */
    {"sklearn.neighbors._kd_tree", "newObj", &new_object}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._kde", "KernelDensity", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._lof", "LocalOutlierFactor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._nca", "NeighborhoodComponentsAnalysis", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._nearest_centroid", "NearestCentroid", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._quad_tree", "_QuadTree", &rule_class_args}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._regression", "KNeighborsRegressor RadiusNeighborsRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neighbors._unsupervised", "NearestNeighbors", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neural_network._multilayer_perceptron", "BaseMultilayerPerceptron MLPClassifier MLPRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neural_network._rbm", "BernoulliRBM", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.neural_network._stochastic_optimizers", "AdamOptimizer SGDOptimizer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.pipeline", "FeatureUnion Pipeline", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._data", "PolynomialFeatures", &rule_class}, /* 0.22.2.post1 to 0.24.2 */
    {"sklearn.preprocessing._data", "add_dummy_feature binarize maxabs_scale minmax_scale normalize power_transform quantile_transform robust_scale scale", &rule_pure}, /* 0.23.2 to 1.9.1 */
    {"sklearn.preprocessing._data", "Binarizer KernelCenterer MaxAbsScaler MinMaxScaler Normalizer PowerTransformer QuantileTransformer RobustScaler StandardScaler", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._discretization", "KBinsDiscretizer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._encoders", "OneHotEncoder OrdinalEncoder _BaseEncoder", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._function_transformer", "FunctionTransformer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._label", "LabelBinarizer LabelEncoder MultiLabelBinarizer", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.preprocessing._polynomial", "PolynomialFeatures SplineTransformer", &rule_class}, /* 1.0.1 to 1.9.1 */
    {"sklearn.preprocessing._target_encoder", "TargetEncoder", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn.random_projection", "BaseRandomProjection GaussianRandomProjection SparseRandomProjection", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.semi_supervised._label_propagation", "BaseLabelPropagation LabelPropagation LabelSpreading", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.semi_supervised._self_training", "SelfTrainingClassifier", &rule_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.svm._base", "BaseLibSVM BaseSVC", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.svm._classes", "LinearSVC LinearSVR NuSVC NuSVR OneClassSVM SVC SVR", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.tree._classes", "BaseDecisionTree DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.tree._tree", "Tree", &rule_class_args}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.utils", "Bunch", &rule_attribute_dict}, /* 0.22.2.post1 to 1.0.2 */
    {"sklearn.utils._bunch", "Bunch", &rule_attribute_dict}, /* 1.1.3 to 1.9.1 */
    {"sklearn.utils._encode", "MissingValues", &rule_class_args}, /* 0.24.2 to 1.9.1 */
    {"sklearn.utils._encode", "_nandict", &rule_dict_class}, /* 0.24.2 to 1.9.1 */
    {"sklearn.utils._metadata_requests", "MetadataRequest MetadataRouter MethodMapping MethodMetadataRequest", &rule_class}, /* 1.3.2 to 1.9.1 */
    {"sklearn.utils._metadata_requests", "MethodPair RouterMappingPair", &rule_class_args}, /* 1.3.2 to 1.9.1 */
    {"sklearn.utils._tags", "ClassifierTags InputTags RegressorTags Tags TargetTags TransformerTags", &rule_class}, /* 1.6.1 to 1.9.1 */
    {"sklearn.utils.metaestimators", "_BaseComposition", &rule_class}, /* 0.22.2.post1 to 1.9.1 */
    {"sklearn.utils.validation", "check_array", &rule_pure}, /* 1.4.2 to 1.9.1 */
};
/* clang-format on */
const allow_table allow_sklearn = {"scikit-learn", rows, COUNT_OF(rows)};
