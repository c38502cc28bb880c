/*
 * format/mlflow/mlflow.h - MLmodel, the file that tells MLflow how to load a folder; and tags of Python in any YAML.
 */
#ifndef FORMAT_MLFLOW_MLFLOW_H
#define FORMAT_MLFLOW_MLFLOW_H

#include "format/format.h"

extern const model_format format_mlflow, format_yaml;

#endif
