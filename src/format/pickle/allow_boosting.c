/*
 * format/pickle/allow_boosting.c - gradient boosting libraries: their models are a byte constant inside a thin object.
 */
#include "pickle/allow.h"

/* clang-format off */
static const allow_row rows[] = {
    {"catboost.core", "CatBoost CatBoostClassifier CatBoostRanker CatBoostRegressor", &rule_class_data},
    {"lightgbm.basic", "Booster", &rule_class_data},
    {"lightgbm.compat", "_LGBMLabelEncoder", &rule_class},
    {"lightgbm.sklearn", "LGBMClassifier LGBMModel LGBMRanker LGBMRegressor", &rule_class},
    {"xgboost.callback", "EarlyStopping EvaluationMonitor LearningRateScheduler", &rule_class},
    {"xgboost.compat", "XGBoostLabelEncoder", &rule_class}, /* 1.0 to 1.5 */
    {"xgboost.core", "Booster", &rule_class_data},
    {"xgboost.sklearn", "XGBClassifier XGBModel XGBRFClassifier XGBRFRegressor XGBRanker XGBRegressor", &rule_class},
};
/* clang-format on */
const allow_table allow_boosting = {"gradient boosting", rows, COUNT_OF(rows)};
