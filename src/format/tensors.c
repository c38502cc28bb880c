/*
 * format/tensors.c - tensors of a report: told one by one, summed up, and for converters kept with their numbers.
 */
#include "format/report.h"

#include "base/limits.h"
#include "report_parts.h"

static uint64_t add_saturating(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t numbers_of(const tensor_fact *t)
{
    uint64_t product = 1;
    for (size_t i = 0; i < t->rank; i++) {
        if (t->shape[i] == 0) return 0;
        if (__builtin_mul_overflow(product, t->shape[i], &product)) product = UINT64_MAX;
    }
    return product;
}

size_t tensor_item_bytes(str dtype)
{
    static const struct {
        const char *word;
        size_t item_bytes;
    } words[] = {{"bool", 1},       {"int8", 1},      {"uint8", 1},       {"int16", 2},
                 {"uint16", 2},     {"int32", 4},     {"uint32", 4},      {"int64", 8},
                 {"uint64", 8},     {"float16", 2},   {"bfloat16", 2},    {"float32", 4},
                 {"float64", 8},    {"complex64", 8}, {"complex128", 16}, {"float8_e4m3fn", 1},
                 {"float8_e5m2", 1}};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq(dtype, str_from_c(words[i].word))) return words[i].item_bytes;
    return 0;
}

/* The highest number that the strides reach lies within those that are there. */
static bool reaches_within(const tensor_fact *t, uint64_t there)
{
    uint64_t last = 0;
    for (size_t i = 0; i < t->rank; i++)
        if (t->shape[i] == 0) return true; /* it has none */
    for (size_t i = 0; i < t->rank; i++) {
        uint64_t step;
        if (__builtin_mul_overflow(t->strides[i], t->shape[i] - 1, &step) ||
            __builtin_add_overflow(last, step, &last))
            return false;
    }
    return last < there;
}

/* Each part is turned by itself: a complex number has two. */
static void copy_number(uint8_t *to, const uint8_t *from, size_t parts, size_t part, bool turned)
{
    for (size_t p = 0; p < parts; p++, to += part, from += part)
        for (size_t i = 0; i < part; i++) to[i] = from[turned ? part - 1 - i : i];
}

/* Row after row, walking an index over the shape as an odometer does. */
static void lay_out(const tensor_fact *t, size_t item, uint64_t count, uint8_t *to)
{
    size_t parts = str_starts_with(t->dtype, STR("complex")) ? 2 : 1;
    uint64_t at[LIMIT_TENSOR_RANK] = {0}, from = 0;
    for (uint64_t i = 0; i < count; i++) {
        copy_number(to + i * item, t->numbers.data + (t->strides ? from : i) * item, parts, item / parts,
                    t->is_big_endian);
        for (size_t d = t->rank; t->strides && d-- > 0;) {
            from += t->strides[d];
            if (++at[d] < t->shape[d]) break;
            from -= t->strides[d] * t->shape[d];
            at[d] = 0;
        }
    }
}

/* Blocks stay packed until they are written: a model may be larger unpacked than memory is. */
static bool keep_blocks(report *r, tensor_fact *t, err *e)
{
    uint64_t count = numbers_of(t), wanted;
    bool fits = count % t->blocks->numbers == 0 &&
                !__builtin_mul_overflow(count / t->blocks->numbers, (uint64_t)t->blocks->bytes, &wanted) &&
                t->numbers.len == wanted && t->rank <= LIMIT_TENSOR_RANK;
    if (!fits) t->numbers = (bytes){0};
    const uint8_t *at = t->numbers.data;
    if (!fits || (at >= r->whole.data && at + wanted <= r->whole.data + r->whole.len)) return true;
    t->numbers = arena_copy_bytes(r->arena, t->numbers);
    return t->numbers.data || wanted == 0 ||
           err_set(e, ERR_MEMORY, "no memory for a tensor of %llu bytes", (unsigned long long)wanted);
}

static bool keep_numbers(report *r, tensor_fact *t, err *e)
{
    if (t->blocks) return keep_blocks(r, t, e);
    uint64_t count = numbers_of(t), wanted;
    size_t item = tensor_item_bytes(t->dtype);
    bool fits = item && !__builtin_mul_overflow(count, (uint64_t)item, &wanted) &&
                t->rank <= LIMIT_TENSOR_RANK &&
                (t->strides ? reaches_within(t, t->numbers.len / item) : t->numbers.len == wanted);
    if (!fits) {
        t->numbers = (bytes){0};
        return true;
    }
    const uint8_t *at = t->numbers.data;
    bool is_view = at >= r->whole.data && at + wanted <= r->whole.data + r->whole.len;
    if (!t->strides && !t->is_big_endian && is_view) return true;
    uint8_t *copy = arena_alloc(r->arena, (size_t)wanted + 1);
    if (!copy)
        return err_set(e, ERR_MEMORY, "no memory for a tensor of %llu bytes", (unsigned long long)wanted);
    lay_out(t, item, count, copy);
    t->numbers = (bytes){copy, (size_t)wanted};
    return true;
}

bool report_tensor(report *r, const tensor_fact *t, err *e)
{
    r->tensor_count++;
    r->parameter_count = add_saturating(r->parameter_count, numbers_of(t));
    r->tensor_bytes = add_saturating(r->tensor_bytes, t->bytes);
    if (r->tensor_kept >= LIMIT_TENSORS_SHOWN && !r->keeps_numbers) return true;
    tensor_fact kept = *t;
    if (!r->keeps_numbers)
        kept.numbers = (bytes){0};
    else if (!keep_numbers(r, &kept, e))
        return false;
    kept.strides = NULL;
    kept.is_big_endian = false;
    if (kept.rank > LIMIT_TENSOR_RANK) kept.rank = LIMIT_TENSOR_RANK;
    uint64_t *shape = arena_alloc_array(r->arena, kept.rank + 1, sizeof *shape);
    if (!shape) return err_set(e, ERR_MEMORY, "no memory for a report of %zu tensors", r->tensor_kept);
    if (kept.rank) memcpy(shape, t->shape, kept.rank * sizeof *shape);
    kept.shape = shape;
    if (!report_keep(r->arena, &kept.name, e) || !report_keep(r->arena, &kept.dtype, e)) return false;
    void *items = r->tensors;
    if (!report_grow(r->arena, &items, &r->tensor_capacity, r->tensor_kept, sizeof kept, e)) return false;
    r->tensors = items;
    r->tensors[r->tensor_kept++] = kept;
    return true;
}

bool report_tensors_of(report *r, const report *part, str member, err *e)
{
    uint64_t parameters = part->parameter_count, total = part->tensor_bytes;
    for (size_t i = 0; i < part->tensor_kept; i++) {
        tensor_fact t = part->tensors[i];
        str own = str_ends_with(member, STR(".npy")) ? str_slice(member, 0, member.len - 4) : member;
        t.name = str_eq(t.name, STR("array"))
                     ? own
                     : arena_printf(r->arena, "%.*s!%.*s", STR_ARG(member), STR_ARG(t.name));
        if (!t.name.data) return err_set(e, ERR_MEMORY, "no memory for a report of tensors");
        if (!report_tensor(r, &t, e)) return false;
        uint64_t numbers = numbers_of(&t);
        parameters -= numbers < parameters ? numbers : parameters;
        total -= t.bytes < total ? t.bytes : total;
    }
    r->tensor_count += part->tensor_count - part->tensor_kept; /* of which only the sums are known */
    r->parameter_count = add_saturating(r->parameter_count, parameters);
    r->tensor_bytes = add_saturating(r->tensor_bytes, total);
    return true;
}
