/*
 * format/torch/storage.c - persistent ids: ('storage', class, key, location, elements[, view]).
 *
 * An honest id is five constants. The loader hands whatever stands there to its own code, so an id that is computed, or that names something
 * else than a storage, is a finding even if nothing comes of it.
 */
#include "torch/torch.h"

#include "nested.h"

#include <stdio.h>
#include <stdlib.h>

static const char advice[] = "Do not load this file; save the tensors again, best as safetensors.";

static const struct {
    const char *name;
    unsigned item_bytes;
} classes[] = {{"BFloat16Storage", 2}, {"BoolStorage", 1},           {"ByteStorage", 1},
               {"CharStorage", 1},     {"ComplexDoubleStorage", 16}, {"ComplexFloatStorage", 8},
               {"DoubleStorage", 8},   {"FloatStorage", 4},          {"HalfStorage", 2},
               {"IntStorage", 4},      {"LongStorage", 8},           {"QInt32Storage", 4},
               {"QInt8Storage", 1},    {"QUInt2x4Storage", 1},       {"QUInt4x2Storage", 1},
               {"QUInt8Storage", 1},   {"ShortStorage", 2},          {"UntypedStorage", 1}};

bool torch_storage_class(const pickle_value *v, unsigned *item_bytes)
{
    if (!v || v->kind != PICKLE_GLOBAL) return false;
    bool is_torch = str_eq(v->global.module, STR("torch")) || str_eq(v->global.module, STR("torch.storage"));
    for (size_t i = 0; is_torch && i < COUNT_OF(classes); i++)
        if (str_eq(v->global.name, str_from_c(classes[i].name))) {
            *item_bytes = classes[i].item_bytes;
            return true;
        }
    return false;
}

static bool say(const torch_storages *s, const char *code, severity how_bad, const char *title, uint64_t at,
                err *e)
{
    remark m = {.code = code,
                .severity = how_bad,
                .member = s->member,
                .advice = advice,
                .offset = at,
                .has_offset = true};
    return nested_say(s->report, &m, str_from_c(title), e);
}

static bool add(torch_storages *s, const torch_storage *item, err *e)
{
    if (s->count == s->capacity) {
        size_t wanted = s->capacity ? s->capacity * 2 : 64;
        torch_storage *larger = arena_alloc_array(s->report->arena, wanted, sizeof(*larger));
        if (!larger) return err_set(e, ERR_MEMORY, "no memory for %zu storages", wanted);
        if (s->count) memcpy(larger, s->items, s->count * sizeof(*larger));
        s->items = larger;
        s->capacity = wanted;
    }
    s->items[s->count++] = *item;
    return true;
}

/* None, or (key, offset, size) of a view into another storage: constants. */
static bool is_view(const pickle_value *v)
{
    if (v->kind == PICKLE_NONE) return true;
    if (v->kind != PICKLE_TUPLE) return false;
    for (size_t i = 0; i < v->list.count; i++)
        if (v->list.items[i]->kind != PICKLE_STR && v->list.items[i]->kind != PICKLE_INT) return false;
    return true;
}

static bool is_text(const pickle_value *v, str text)
{
    return v->kind == PICKLE_STR && str_eq(v->text, text);
}

bool torch_storage_note(void *ctx, const pickle_value *id, uint64_t at, err *e)
{
    torch_storages *s = ctx;
    pickle_value *const *part = id->list.items;
    size_t parts = id->kind == PICKLE_TUPLE ? id->list.count : 0;
    if (s->is_legacy && parts == 4 && is_text(part[0], STR("module")))
        return say(s, "MDL-PKL-016", SEVERITY_MEDIUM,
                   "The file carries the source text of a module beside its pickle", at, e);

    torch_storage item = {.offset = at};
    bool is_storage = parts == (s->is_legacy ? 6U : 5U) && is_text(part[0], STR("storage"));
    if (!is_storage)
        return say(s, "MDL-PKL-016", SEVERITY_HIGH,
                   "A persistent id stands for something else than a storage of tensors", at, e);
    if (!torch_storage_class(part[1], &item.item_bytes))
        return say(s, "MDL-PKL-016", SEVERITY_HIGH,
                   "A persistent id names a class that is no storage of tensors", at, e);
    bool is_plain = part[2]->kind == PICKLE_STR && part[3]->kind == PICKLE_STR &&
                    part[4]->kind == PICKLE_INT && part[4]->integer >= 0 &&
                    (!s->is_legacy || is_view(part[5]));
    if (!is_plain)
        return say(s, "MDL-PKL-016", SEVERITY_HIGH,
                   "A persistent id is computed while loading, or holds what no writer puts there", at, e);
    item.key = part[2]->text;
    item.elements = (uint64_t)part[4]->integer;
    return add(s, &item, e);
}

/* --- all of them ------------------------------------------------------------------------------------------------------------------- */

static int by_key_and_claim(const void *left, const void *right)
{
    const torch_storage *a = left, *b = right;
    int order = str_compare(a->key, b->key);
    uint64_t wants_a = torch_storage_bytes(a), wants_b = torch_storage_bytes(b);
    return order ? order : wants_a > wants_b ? -1 : wants_a < wants_b;
}

static int by_key(const void *left, const void *right)
{
    const torch_storage *a = left, *b = right;
    return str_compare(a->key, b->key);
}

uint64_t torch_storage_bytes(const torch_storage *s)
{
    uint64_t total;
    return __builtin_mul_overflow(s->elements, (uint64_t)s->item_bytes, &total) ? UINT64_MAX : total;
}

void torch_storages_settle(torch_storages *s)
{
    if (s->count == 0) return;
    qsort(s->items, s->count, sizeof(torch_storage), by_key_and_claim);
    size_t kept = 1;
    for (size_t i = 1; i < s->count; i++)
        if (!str_eq(s->items[i].key, s->items[kept - 1].key)) s->items[kept++] = s->items[i];
    s->count = kept;
}

torch_storage *torch_storage_find(const torch_storages *s, str key)
{
    torch_storage wanted = {.key = key};
    return s->count ? bsearch(&wanted, s->items, s->count, sizeof(wanted), by_key) : NULL;
}

bool torch_storage_missing(torch_storages *s, const torch_storage *item, const char *what, err *e)
{
    char title[256];
    int len =
        snprintf(title, sizeof(title), "The storage '%.*s' of the tensors %s",
                 (int)(item->key.len < 80 ? item->key.len : 80), item->key.data ? item->key.data : "", what);
    remark m = {.code = "MDL-TOR-006",
                .severity = SEVERITY_MEDIUM,
                .member = s->member,
                .advice = "Get the file again from its source.",
                .offset = item->offset,
                .has_offset = true,
                .is_unreadable = true};
    return nested_say(s->report, &m, (str){title, (size_t)len}, e);
}

bool torch_storage_facts(const torch_storages *s, report *r, err *e)
{
    uint64_t elements = 0, total = 0;
    for (size_t i = 0; i < s->count; i++)
        if (__builtin_add_overflow(elements, s->items[i].elements, &elements) ||
            __builtin_add_overflow(total, torch_storage_bytes(&s->items[i]), &total))
            return true; /* nonsense, and told already: no file is so large */
    return nested_fact_number(r, STR("storages"), s->count, e) &&
           nested_fact_number(r, STR("parameters"), elements, e) &&
           nested_fact_number(r, STR("tensor_bytes"), total, e);
}
