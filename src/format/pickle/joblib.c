/*
 * format/pickle/joblib.c - arrays that joblib writes raw between the opcodes.
 *
 * joblib.load reads the bytes of an array right after the BUILD of its wrapper. A reader that does not know this loses its place and
 * misses everything behind the first array (which is what most scanners do).
 */
#include "pickle/judge.h"
#include "pickle/machine.h"

#include "base/limits.h"

/* The class under its present name, and under the one of scikit-learn's bundled copy (before 0.23). */
static bool is_wrapper_class(const pickle_value *class)
{
    return pickle_is_global(class, "joblib.numpy_pickle", "NumpyArrayWrapper") ||
           pickle_is_global(class, "sklearn.externals.joblib.numpy_pickle", "NumpyArrayWrapper");
}

/* joblib 0.9 and older: the array lies in a file of its own. */
static bool is_file_wrapper_class(const pickle_value *class)
{
    if (!class || class->kind != PICKLE_GLOBAL) return false;
    str name = class->global.name;
    return (str_eq(name, STR("NDArrayWrapper")) || str_eq(name, STR("ZNDArrayWrapper"))) &&
           str_contains(class->global.module, STR("joblib.numpy_pickle"));
}

bool pickle_joblib_is_wrapper(const pickle_value *v)
{
    const pickle_value *class = pickle_class_of(v);
    return is_wrapper_class(class) || is_file_wrapper_class(class);
}

static bool companion(pickle_vm *vm, const pickle_value *wrapper, err *e)
{
    const pickle_value *filename = pickle_get(wrapper, "filename");
    str name = filename && filename->kind == PICKLE_STR ? filename->text : STR_NONE;
    bool is_bare = name.len > 0 && name.len <= LIMIT_NAME_BYTES && str_find(name, '/') < 0 &&
                   str_find(name, '\\') < 0 && str_find(name, ':') < 0 && str_find(name, '\0') < 0 &&
                   !str_eq(name, STR("..")) && !str_eq(name, STR("."));
    return pickle_judge_companion(vm, name, is_bare, e);
}

/* A wrapper turns into the array in place: everything that already holds the wrapper must hold the array. */
static bool become_array(pickle_vm *vm, pickle_value *wrapper, bytes data, pickle_value *objects, err *e)
{
    pickle_value *original = pickle_new(vm, PICKLE_CALL, e);
    if (!original) return false;
    *original = *wrapper; /* both are calls, allocated whole */
    wrapper->kind = PICKLE_ARRAY;
    wrapper->array.wrapper = original;
    wrapper->array.data = data;
    wrapper->array.objects = objects;
    vm->arrays++;
    return true;
}

/* joblib 1.2 and newer pad, so that the data can be mapped: one byte tells how many follow. */
static bool skip_padding(pickle_vm *vm, const pickle_value *wrapper, err *e)
{
    const pickle_value *alignment = pickle_get(wrapper, "numpy_array_alignment_bytes");
    if (!alignment || alignment->kind == PICKLE_NONE) return true;
    bytes padding;
    return pickle_take(vm, 1, &padding, e) && pickle_take(vm, padding.data[0], &padding, e);
}

static bool raw_array(pickle_vm *vm, pickle_value *wrapper, uint64_t count, size_t item_bytes, err *e)
{
    uint64_t total;
    if (__builtin_mul_overflow(count, (uint64_t)item_bytes, &total))
        return err_set(e, ERR_TOO_LARGE, "the size of an array overflows");
    bytes data;
    if (!skip_padding(vm, wrapper, e)) return false;
    if (!pickle_take(vm, total, &data, e)) return err_wrap(e, "a raw array");
    return become_array(vm, wrapper, data, NULL, e);
}

/* A complete pickle of its own, with its own stack and memo, starts here. */
static bool object_array(pickle_vm *vm, pickle_value *wrapper, err *e)
{
    if (vm->options.depth >= LIMIT_ARCHIVE_DEPTH)
        return err_set(e, ERR_TOO_LARGE, "pickles are nested deeper than LIMIT_ARCHIVE_DEPTH (%d)",
                       LIMIT_ARCHIVE_DEPTH);
    pickle_options inner = vm->options;
    inner.depth++;
    inner.joblib = false;
    inner.tail = false;
    inner.dry = false;
    report silent;
    report_init(&silent, vm->a);
    pickle_stream stream;
    pickle_summary summary;
    if (!pickle_run(vm->a, vm->in.all, vm->in.at, &inner, vm->options.dry ? &silent : vm->report, &stream,
                    &summary, e))
        return false;
    vm->globals += summary.globals;
    vm->known_globals += summary.known_globals;
    vm->calls += summary.calls;
    if (!stream.result) return err_set(e, ERR_INVALID, "the pickle of an object array does not end");
    return reader_seek(&vm->in, stream.end) && become_array(vm, wrapper, BYTES_NONE, stream.result, e);
}

/* joblib's loader reads a whole frame ahead, so it would find the array behind a frame that is not over; and each copy of joblib knows only
 * its own wrappers. No writer makes such files; where readers take the array from different places, ours must not pass for the only one. */
static bool loaders_agree(pickle_vm *vm, const pickle_value *wrapper, err *e)
{
    const pickle_value *class = pickle_class_of(wrapper), *subclass = pickle_get(wrapper, "subclass");
    bool is_bundled = str_starts_with(class->global.module, STR("sklearn."));
    const char *module = is_bundled ? "sklearn" : "joblib";
    if (vm->frame_end > vm->in.at)
        return pickle_judge_array(vm, "inside a frame, where joblib looks for it elsewhere", e);
    if (vm->wrapper_module && strcmp(vm->wrapper_module, module) != 0)
        return pickle_judge_array(vm, "in a wrapper of another joblib than the one before", e);
    vm->wrapper_module = module;
    bool is_array = pickle_is_global(subclass, "numpy", "ndarray") ||
                    pickle_is_global(subclass, "numpy", "matrix") ||
                    pickle_is_global(subclass, "numpy.matrixlib.defmatrix", "matrix") ||
                    pickle_is_global(subclass, "numpy", "memmap") ||
                    pickle_is_global(subclass, "numpy.core.memmap", "memmap") ||
                    pickle_is_global(subclass, "numpy._core.memmap", "memmap");
    return is_array || pickle_judge_array(vm, "that becomes something else than an array of numpy", e);
}

bool pickle_joblib_array(pickle_vm *vm, pickle_value *wrapper, err *e)
{
    if (!is_wrapper_class(pickle_class_of(wrapper))) return companion(vm, wrapper, e);
    pickle_dtype dtype;
    uint64_t shape[32], count;
    unsigned rank;
    if (!pickle_as_dtype(pickle_get(wrapper, "dtype"), &dtype, e) ||
        !pickle_shape(pickle_get(wrapper, "shape"), shape, &rank, &count, e))
        return err_wrap(e, "a joblib array");
    if (!loaders_agree(vm, wrapper, e)) return false;
    if (vm->first_raw_at == 0) {
        vm->first_raw_at = vm->in.at;
        vm->first_is_objects = dtype.has_objects;
    }
    if (dtype.has_objects) return object_array(vm, wrapper, e);
    return raw_array(vm, wrapper, count, dtype.item_bytes, e);
}
