/*
 * format/pickle/allow_imblearn.c - imbalanced-learn 0.12.4 and 0.14.2 and category_encoders 2.6.4: estimators that are built like those of
 * scikit-learn, defined in these modules, with no __setstate__ of their own.
 */
#include "pickle/allow.h"

/* clang-format off */
static const allow_row rows[] = {
    {"category_encoders.backward_difference", "BackwardDifferenceEncoder", &rule_class},
    {"category_encoders.basen", "BaseNEncoder", &rule_class},
    {"category_encoders.binary", "BinaryEncoder", &rule_class},
    {"category_encoders.cat_boost", "CatBoostEncoder", &rule_class},
    {"category_encoders.count", "CountEncoder", &rule_class},
    {"category_encoders.glmm", "GLMMEncoder", &rule_class},
    {"category_encoders.gray", "GrayEncoder", &rule_class},
    {"category_encoders.hashing", "HashingEncoder", &rule_class},
    {"category_encoders.helmert", "HelmertEncoder", &rule_class},
    {"category_encoders.james_stein", "JamesSteinEncoder", &rule_class},
    {"category_encoders.leave_one_out", "LeaveOneOutEncoder", &rule_class},
    {"category_encoders.m_estimate", "MEstimateEncoder", &rule_class},
    {"category_encoders.one_hot", "OneHotEncoder", &rule_class},
    {"category_encoders.ordinal", "OrdinalEncoder", &rule_class},
    {"category_encoders.polynomial", "PolynomialEncoder", &rule_class},
    {"category_encoders.quantile_encoder", "QuantileEncoder SummaryEncoder", &rule_class},
    {"category_encoders.rankhot", "RankHotEncoder", &rule_class},
    {"category_encoders.sum_coding", "SumEncoder", &rule_class},
    {"category_encoders.target_encoder", "TargetEncoder", &rule_class},
    {"category_encoders.woe", "WOEEncoder", &rule_class},
    {"category_encoders.wrapper", "NestedCVWrapper PolynomialWrapper", &rule_class},
    {"imblearn.base", "FunctionSampler SamplerMixin", &rule_class},
    {"imblearn.combine._smote_enn", "SMOTEENN", &rule_class},
    {"imblearn.combine._smote_tomek", "SMOTETomek", &rule_class},
    {"imblearn.ensemble._bagging", "BalancedBaggingClassifier", &rule_class},
    {"imblearn.ensemble._easy_ensemble", "EasyEnsembleClassifier", &rule_class},
    {"imblearn.ensemble._forest", "BalancedRandomForestClassifier", &rule_class},
    {"imblearn.ensemble._weight_boosting", "RUSBoostClassifier", &rule_class},
    {"imblearn.metrics.pairwise", "ValueDifferenceMetric", &rule_class},
    {"imblearn.over_sampling._adasyn", "ADASYN", &rule_class},
    {"imblearn.over_sampling._random_over_sampler", "RandomOverSampler", &rule_class},
    {"imblearn.over_sampling._smote.base", "SMOTE SMOTEN SMOTENC", &rule_class},
    {"imblearn.over_sampling._smote.cluster", "KMeansSMOTE", &rule_class},
    {"imblearn.over_sampling._smote.filter", "BorderlineSMOTE SVMSMOTE", &rule_class},
    {"imblearn.pipeline", "Pipeline", &rule_class},
    {"imblearn.under_sampling._prototype_generation._cluster_centroids", "ClusterCentroids", &rule_class},
    {"imblearn.under_sampling._prototype_selection._condensed_nearest_neighbour", "CondensedNearestNeighbour", &rule_class},
    {"imblearn.under_sampling._prototype_selection._edited_nearest_neighbours", "AllKNN EditedNearestNeighbours RepeatedEditedNearestNeighbours", &rule_class},
    {"imblearn.under_sampling._prototype_selection._instance_hardness_threshold", "InstanceHardnessThreshold", &rule_class},
    {"imblearn.under_sampling._prototype_selection._nearmiss", "NearMiss", &rule_class},
    {"imblearn.under_sampling._prototype_selection._neighbourhood_cleaning_rule", "NeighbourhoodCleaningRule", &rule_class},
    {"imblearn.under_sampling._prototype_selection._one_sided_selection", "OneSidedSelection", &rule_class},
    {"imblearn.under_sampling._prototype_selection._random_under_sampler", "RandomUnderSampler", &rule_class},
    {"imblearn.under_sampling._prototype_selection._tomek_links", "TomekLinks", &rule_class},
};
/* clang-format on */
const allow_table allow_imblearn = {"imbalanced-learn", rows, COUNT_OF(rows)};
