/*
 * format/pickle/allow_pandas.c - pandas 1.5 to 3.1: frames, indexes, extension arrays, times.
 */
#include "pickle/allow.h"

/* (index class, keywords): the class is called with them. */
static bool takes_index(const allow_args *a)
{
    if (a->kwargs || a->count != 2 || a->items[0]->kind != PICKLE_GLOBAL || a->items[1]->kind != PICKLE_DICT)
        return false;
    const pickle_value *class = a->items[0];
    return class->global.row && class->global.row->rule->roles & ALLOW_NEW &&
           str_starts_with(class->global.module, STR("pandas")) &&
           str_ends_with(class->global.name, STR("Index"));
}

/* (None, path): with a text in the first place it would open that file. The newer form is (class, key, path, data). */
static bool takes_zone_file(const allow_args *a)
{
    if (a->kwargs || a->count == 0) return false;
    if (a->count == 2 && a->items[0]->kind == PICKLE_NONE) return rule_is_constant(a->items[1]);
    return a->count == 4 && pickle_is_global(a->items[0], "dateutil.tz._tzfile", "tzfile") &&
           rule_takes_data(a);
}

static const allow_rule zone_file = {.roles = ALLOW_NEW | ALLOW_CALL,
                                     .state = ALLOW_STATE_DICT,
                                     .args = takes_zone_file,
                                     .wants = "no file to read, and its name"};
static const allow_rule block = {
    .roles = ALLOW_CALL | ALLOW_DATA | ALLOW_PARTIAL, .args = rule_takes_data, .wants = "plain data"};
static const allow_rule index_class = {
    .roles = ALLOW_NEW, .state = ALLOW_STATE_DATA, .args = rule_takes_data, .wants = "plain data"};
static const allow_rule new_index = {.roles = ALLOW_CALL,
                                     .state = ALLOW_STATE_DATA,
                                     .args = takes_index,
                                     .wants = "an index class and its parts"};
/* Cython functions that are also kept: NaT refers to its own restorer. */
static const allow_rule rule_function_data = {
    .roles = ALLOW_CALL, .state = ALLOW_STATE_DATA, .args = rule_takes_data, .wants = "plain data"};

/* clang-format off */
/* ('Europe/Berlin', offsets...): the name of a file below those of the zones. */
static bool takes_named_zone(const allow_args *a)
{
    if (!rule_takes_constants(a)) return false;
    if (a->count == 0 || a->items[0]->kind != PICKLE_STR) return true;
    return !str_contains(a->items[0]->text, STR("..")) && !str_starts_with(a->items[0]->text, STR("/"));
}
static const allow_rule named_zone = {.roles = ALLOW_CALL, .args = takes_named_zone, .wants = "the name of a time zone"};

static const allow_row rows[] = {
    {"dateutil._common", "weekday", &rule_class_args},
    {"dateutil.relativedelta", "relativedelta", &rule_class},
    {"dateutil.tz._tzfile", "_unpickle", &zone_file}, /* 3.0 */
    {"dateutil.tz._tzfile", "tzfile", &rule_data},
    {"dateutil.tz.tz", "_ttinfo tzlocal tzutc", &rule_class_data},
    {"dateutil.tz.tz", "tzfile", &zone_file}, /* 2.6 to 2.9 */
    {"dateutil.tz.tz", "tzoffset tzrange tzstr", &rule_class_args},
    {"pandas", "ArrowDtype BooleanDtype Categorical CategoricalDtype CategoricalIndex DataFrame DateOffset DatetimeIndex DatetimeTZDtype Float32Dtype Float64Dtype Index Int16Dtype Int32Dtype Int64Dtype Int8Dtype Interval IntervalDtype IntervalIndex MultiIndex Period PeriodDtype PeriodIndex RangeIndex Series SparseDtype StringDtype TimedeltaIndex UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype", &rule_class_args_data},
    {"pandas", "NA NaT", &rule_data},
    {"pandas", "Grouper NamedAgg", &rule_class}, /* 3.0 */
    {"pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked", &rule_cython},
    {"pandas._libs.internals", "BlockPlacement", &rule_class_args_data},
    {"pandas._libs.internals", "_unpickle_block", &rule_function},
    {"pandas._libs.interval", "Interval", &rule_class_args_data},
    {"pandas._libs.interval", "IntervalMixin", &rule_class_args_data},
    {"pandas._libs.interval", "__pyx_unpickle_IntervalMixin", &rule_cython},
    {"pandas._libs.missing", "NA", &rule_data},
    {"pandas._libs.missing", "NAType", &rule_class},
    {"pandas._libs.sparse", "BlockIndex IntIndex", &rule_class_args_data},
    {"pandas._libs.tslibs.nattype", "__nat_unpickle _nat_unpickle", &rule_function_data},
    {"pandas._libs.tslibs.offsets", "BQuarterBegin BQuarterEnd BYearBegin BYearEnd BusinessDay BusinessHour BusinessMonthBegin BusinessMonthEnd CustomBusinessDay CustomBusinessHour CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day Easter FY5253 FY5253Quarter Hour LastWeekOfMonth Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd Week WeekOfMonth YearBegin YearEnd", &rule_class_args_data},
    {"pandas._libs.tslibs.period", "Period PeriodMixin", &rule_class_args_data},
    {"pandas._libs.tslibs.period", "__pyx_unpickle_PeriodMixin", &rule_cython}, /* 1.2 */
    {"pandas._libs.tslibs.timedeltas", "Timedelta", &rule_class_args_data},
    {"pandas._libs.tslibs.timedeltas", "_timedelta_unpickle", &rule_function_data},
    {"pandas._libs.tslibs.timestamps", "Timestamp", &rule_class_args_data},
    {"pandas._libs.tslibs.timestamps", "_unpickle_timestamp", &rule_function_data},
    {"pandas.api.typing", "DataFrameGroupBy DatetimeIndexResamplerGroupBy DatetimeIndexResamplerGroupby Expanding ExpandingGroupBy ExpandingGroupby ExponentialMovingWindow ExponentialMovingWindowGroupBy ExponentialMovingWindowGroupby PeriodIndexResamplerGroupBy PeriodIndexResamplerGroupby Resampler Rolling RollingGroupBy RollingGroupby SeriesGroupBy TimeGrouper TimedeltaIndexResamplerGroupBy TimedeltaIndexResamplerGroupby Window", &rule_class}, /* 3.0 */
    {"pandas.arrays", "ArrowExtensionArray ArrowStringArray BooleanArray DatetimeArray FloatingArray IntegerArray IntervalArray NumpyExtensionArray PeriodArray SparseArray StringArray TimedeltaArray", &rule_class_args_data},
    {"pandas.core.arrays.arrow.array", "ArrowExtensionArray", &rule_class_args_data},
    {"pandas.core.arrays.arrow.dtype", "ArrowDtype", &rule_class_args_data},
    {"pandas.core.arrays.boolean", "BooleanArray BooleanDtype", &rule_class_args_data},
    {"pandas.core.arrays.categorical", "Categorical", &rule_class_args_data},
    {"pandas.core.arrays.datetimes", "DatetimeArray", &rule_class_args_data},
    {"pandas.core.arrays.floating", "Float32Dtype Float64Dtype FloatingArray", &rule_class_args_data},
    {"pandas.core.arrays.integer", "Int16Dtype Int32Dtype Int64Dtype Int8Dtype IntegerArray UInt16Dtype UInt32Dtype UInt64Dtype UInt8Dtype", &rule_class_args_data},
    {"pandas.core.arrays.interval", "IntervalArray", &rule_class_args_data},
    {"pandas.core.arrays.masked", "BaseMaskedArray", &rule_class_args_data},
    {"pandas.core.arrays.numpy_", "NumpyExtensionArray PandasArray", &rule_class_args_data},
    {"pandas.core.arrays.period", "PeriodArray", &rule_class_args_data},
    {"pandas.core.arrays.sparse", "SparseArray SparseDtype", &rule_class_args_data}, /* before 1.0 */
    {"pandas.core.arrays.sparse.array", "SparseArray", &rule_class_args_data},
    {"pandas.core.arrays.sparse.dtype", "SparseDtype", &rule_class_args_data},
    {"pandas.core.arrays.string_", "StringArray StringDtype", &rule_class_args_data},
    {"pandas.core.arrays.string_arrow", "ArrowStringArray ArrowStringArrayNumpySemantics", &rule_class_args_data},
    {"pandas.core.arrays.timedeltas", "TimedeltaArray", &rule_class_args_data},
    {"pandas.core.dtypes.dtypes", "ArrowDtype CategoricalDtype DatetimeTZDtype IntervalDtype PandasDtype NumpyEADtype PeriodDtype SparseDtype", &rule_class_args_data},
    {"pandas.core.flags", "Flags", &rule_class},
    {"pandas.core.frame", "DataFrame", &rule_class},
    {"pandas.core.groupby.generic", "DataFrameGroupBy SeriesGroupBy", &rule_class},
    {"pandas.core.groupby.generic", "NamedAgg", &rule_class_args},
    {"pandas.core.groupby.grouper", "Grouper Grouping", &rule_class},
    {"pandas.core.groupby.ops", "BaseGrouper BinGrouper", &rule_class},
    {"pandas.core.indexes.base", "Index", &index_class},
    {"pandas.core.indexes.base", "_new_Index", &new_index},
    {"pandas.core.indexes.category", "CategoricalIndex", &index_class},
    {"pandas.core.indexes.datetimes", "DatetimeIndex", &index_class},
    {"pandas.core.indexes.datetimes", "_new_DatetimeIndex", &new_index},
    {"pandas.core.indexes.frozen", "FrozenNDArray", &rule_data}, /* before 1.0 */
    {"pandas.core.indexes.interval", "IntervalIndex", &index_class},
    {"pandas.core.indexes.interval", "_new_IntervalIndex", &new_index},
    {"pandas.core.indexes.multi", "MultiIndex", &index_class},
    {"pandas.core.indexes.numeric", "Float64Index Int64Index UInt64Index", &index_class},
    {"pandas.core.indexes.period", "PeriodIndex", &index_class},
    {"pandas.core.indexes.period", "_new_PeriodIndex", &new_index},
    {"pandas.core.indexes.range", "RangeIndex", &index_class},
    {"pandas.core.indexes.timedeltas", "TimedeltaIndex", &index_class},
    {"pandas.core.indexes.timedeltas", "_new_TimedeltaIndex", &new_index},
    {"pandas.core.internals.blocks", "new_block", &block}, /* through a partial: 1.3 and 1.4 */
    {"pandas.core.internals.managers", "BlockManager SingleBlockManager", &rule_class_args_data},
    {"pandas.core.resample", "DatetimeIndexResampler DatetimeIndexResamplerGroupby PeriodIndexResampler PeriodIndexResamplerGroupby TimeGrouper TimedeltaIndexResampler TimedeltaIndexResamplerGroupby", &rule_class},
    {"pandas.core.series", "Series", &rule_class},
    {"pandas.core.window.ewm", "ExponentialMovingWindow ExponentialMovingWindowGroupby", &rule_class},
    {"pandas.core.window.expanding", "Expanding ExpandingGroupby", &rule_class},
    {"pandas.core.window.rolling", "Rolling RollingGroupby Window", &rule_class},
    {"pandas.tseries.holiday", "USFederalHolidayCalendar", &rule_class},
    {"pandas.tseries.offsets", "BQuarterBegin BQuarterEnd BYearBegin BYearEnd BusinessDay BusinessHour BusinessMonthBegin BusinessMonthEnd CustomBusinessDay CustomBusinessHour CustomBusinessMonthBegin CustomBusinessMonthEnd DateOffset Day Easter FY5253 FY5253Quarter Hour LastWeekOfMonth Micro Milli Minute MonthBegin MonthEnd Nano QuarterBegin QuarterEnd Second SemiMonthBegin SemiMonthEnd Week WeekOfMonth YearBegin YearEnd", &rule_class_args_data}, /* 0.25 to 1.0 */
    {"pyarrow.lib", "_reconstruct_record_batch _reconstruct_table _restore_array chunked_array decimal128 decimal256 dictionary field large_list list_ map_ py_buffer scalar schema struct timestamp type_for_alias", &rule_function_data}, /* 21 to 25: texts of pandas 3 */
    {"pytz", "FixedOffset _UTC", &rule_function_data},
    {"pytz", "_p", &named_zone},
    {"pytz", "_FixedOffset", &rule_class_args_data},
    {"zoneinfo", "ZoneInfo", &rule_data},
};
/* clang-format on */
const allow_table allow_pandas = {"pandas", rows, COUNT_OF(rows)};
