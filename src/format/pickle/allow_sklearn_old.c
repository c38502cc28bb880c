/*
 * format/pickle/allow_sklearn_old.c - scikit-learn (before 0.22).
 */
#include "pickle/allow.h"

static const allow_row rows[] = {
    {"sklearn.ensemble.forest",
     "ExtraTreesClassifier ExtraTreesRegressor RandomForestClassifier RandomForestRegressor", &rule_class},
    {"sklearn.tree.tree",
     "DecisionTreeClassifier DecisionTreeRegressor ExtraTreeClassifier ExtraTreeRegressor", &rule_class},
};
const allow_table allow_sklearn_old = {"scikit-learn (before 0.22)", rows, COUNT_OF(rows)};
