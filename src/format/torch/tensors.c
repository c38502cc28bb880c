/*
 * format/torch/tensors.c - the tensors of a PyTorch file: torch._utils._rebuild_tensor_v2(storage, offset, size, stride, ...) and its relatives, told with the
 * name under which the state dict, or the module, has them.
 */
#include "torch/torch.h"

#include "base/limits.h"
#include "pickle/facts.h"

typedef struct teller {
    const torch_shelf *shelf;
    report *report;
} teller;

typedef struct tensor_call {
    const pickle_value *storage, *offset, *size, *stride;
    const pickle_value *dtype; /* of an untyped storage */
} tensor_call;

static const pickle_value *arg_of(const pickle_value *args, size_t i)
{
    return args && args->kind == PICKLE_TUPLE && i < args->list.count ? args->list.items[i] : NULL;
}

/* Through parameters, which wrap a tensor as their first argument. */
static bool tensor_of(const pickle_value *v, tensor_call *out)
{
    static const char *const makers[] = {"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_tensor_v3",
                                         "_rebuild_qtensor"};
    for (unsigned depth = 0; v && v->kind == PICKLE_CALL && depth < 4; depth++) {
        const pickle_value *callable = v->call.callable, *args = v->call.args;
        for (size_t i = 0; i < COUNT_OF(makers); i++) {
            if (!pickle_is_global(callable, "torch._utils", makers[i])) continue;
            *out = (tensor_call){arg_of(args, 0), arg_of(args, 1), arg_of(args, 2), arg_of(args, 3),
                                 arg_of(args, 6)};
            return out->storage && out->storage->kind == PICKLE_PERSID && out->offset && out->size &&
                   out->stride;
        }
        bool is_wrapped = pickle_is_global(callable, "torch._utils", "_rebuild_parameter") ||
                          pickle_is_global(callable, "torch._utils", "_rebuild_parameter_with_state");
        v = is_wrapped ? arg_of(args, 0) : NULL;
    }
    return false;
}

static str type_word(const pickle_value *class, const pickle_value *dtype)
{
    static const struct {
        const char *class, *word;
    } words[] = {{"BFloat16Storage", "bfloat16"},
                 {"BoolStorage", "bool"},
                 {"ByteStorage", "uint8"},
                 {"CharStorage", "int8"},
                 {"ShortStorage", "int16"},
                 {"IntStorage", "int32"},
                 {"LongStorage", "int64"},
                 {"HalfStorage", "float16"},
                 {"FloatStorage", "float32"},
                 {"DoubleStorage", "float64"},
                 {"QInt8Storage", "qint8"},
                 {"QUInt8Storage", "quint8"},
                 {"QInt32Storage", "qint32"},
                 {"ComplexFloatStorage", "complex64"},
                 {"ComplexDoubleStorage", "complex128"}};
    if (dtype && dtype->kind == PICKLE_GLOBAL && str_eq(dtype->global.module, STR("torch")))
        return dtype->global.name;
    for (size_t i = 0; class && class->kind == PICKLE_GLOBAL && i < COUNT_OF(words); i++)
        if (str_eq(class->global.name, str_from_c(words[i].class))) return str_from_c(words[i].word);
    return STR("unknown");
}

static bool read_lengths(const pickle_value *v, uint64_t out[LIMIT_TENSOR_RANK], size_t *rank)
{
    if (v->kind == PICKLE_CALL) v = arg_of(v->call.args, 0); /* torch.Size((2, 3)) */
    if (!v || (v->kind != PICKLE_TUPLE && v->kind != PICKLE_LIST) || v->list.count > LIMIT_TENSOR_RANK)
        return false;
    for (size_t i = 0; i < v->list.count; i++) {
        if (v->list.items[i]->kind != PICKLE_INT || v->list.items[i]->integer < 0) return false;
        out[i] = (uint64_t)v->list.items[i]->integer;
    }
    *rank = v->list.count;
    return true;
}

static bool is_row_after_row(const uint64_t *shape, const uint64_t *strides, size_t rank, uint64_t *count)
{
    uint64_t step = 1;
    bool fits = true;
    for (size_t i = rank; i-- > 0;) {
        fits = fits && (strides[i] == step || shape[i] == 1);
        if (__builtin_mul_overflow(step, shape[i], &step)) return false;
    }
    *count = step;
    return fits;
}

/* The tensor's part of its storage; nothing when it is not at hand, or not all there. */
static bool numbers_of(const teller *t, const tensor_call *call, tensor_fact *told, err *e)
{
    const pickle_value *id = call->storage->persid, *key = arg_of(id, 2);
    size_t item = tensor_item_bytes(told->dtype);
    uint64_t count, start;
    bytes all = {0};
    if (!t->report->keeps_numbers || !item || !key || key->kind != PICKLE_STR ||
        call->offset->kind != PICKLE_INT || call->offset->integer < 0)
        return true;
    if (!t->shelf->find(t->shelf->ctx, key->text, &all, e)) return false;
    if (all.len == 0) return true;
    if (__builtin_mul_overflow((uint64_t)call->offset->integer, (uint64_t)item, &start) || start > all.len)
        return true;
    told->numbers = (bytes){all.data + start, all.len - (size_t)start};
    if (!is_row_after_row(told->shape, told->strides, told->rank, &count)) return true;
    uint64_t wanted;
    told->strides = NULL;
    if (__builtin_mul_overflow(count, (uint64_t)item, &wanted) || wanted > told->numbers.len)
        told->numbers = (bytes){0};
    else
        told->numbers.len = (size_t)wanted;
    return true;
}

static bool tell(void *ctx, str name, const pickle_value *v, bool *was_tensor, err *e)
{
    const teller *t = ctx;
    tensor_call call;
    uint64_t shape[LIMIT_TENSOR_RANK], strides[LIMIT_TENSOR_RANK], count = 1;
    size_t rank = 0, stride_rank = 0;
    *was_tensor = tensor_of(v, &call);
    if (!*was_tensor || !read_lengths(call.size, shape, &rank) ||
        !read_lengths(call.stride, strides, &stride_rank) || rank != stride_rank)
        return true;
    tensor_fact told = {.name = name,
                        .dtype = type_word(arg_of(call.storage->persid, 1), call.dtype),
                        .shape = shape,
                        .rank = rank,
                        .strides = strides,
                        .is_big_endian = t->shelf->is_big_endian};
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(count, shape[i], &count)) count = UINT64_MAX;
    if (__builtin_mul_overflow(count, (uint64_t)tensor_item_bytes(told.dtype), &told.bytes))
        told.bytes = UINT64_MAX;
    return numbers_of(t, &call, &told, e) && report_tensor(t->report, &told, e);
}

bool torch_tensors_tell(pickle_value *root, const torch_shelf *shelf, report *r, err *e)
{
    teller t = {.shelf = shelf, .report = r};
    return !root || pickle_tensors(r->arena, root, tell, &t, r, e);
}
