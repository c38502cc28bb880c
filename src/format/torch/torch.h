/*
 * format/torch/torch.h - what torch.save and torch.jit.save write: a ZIP since PyTorch 1.6, five pickles and raw storages before.
 */
#ifndef FORMAT_TORCH_TORCH_H
#define FORMAT_TORCH_TORCH_H

#include "format/format.h"
#include "pickle/machine.h"

extern const model_format format_torch, format_torch_legacy, format_torch_tar, format_torch_shard;

/* --- storages: what persistent ids stand for (storage.c) -------------------------------------------------------------------------- */

/* A block of numbers that the pickle refers to and the container holds. */
typedef struct torch_storage {
    str key;
    uint64_t elements, offset; /* of the opcode that refers to it */
    unsigned item_bytes;
    bytes numbers; /* once its place in the file is known; not in archives */
} torch_storage;

typedef struct torch_storages {
    report *report;
    str member;     /* of the pickle, for findings */
    bool is_legacy; /* ids have a sixth part, and there are ids of modules */
    torch_storage *items;
    size_t count, capacity;
} torch_storages;

/* How many bytes an item of this class of storages has. False when it is no global, or of another class. */
bool torch_storage_class(const pickle_value *class, unsigned *item_bytes);
/* For pickle_options.persistent_id; ctx is a torch_storages. Whatever is no plain reference to a storage is a finding. */
bool torch_storage_note(void *ctx, const pickle_value *id, uint64_t at, err *e) MUST_USE;
/* Sort by key and keep each once, the largest claim of them. */
void torch_storages_settle(torch_storages *s);
torch_storage *torch_storage_find(const torch_storages *s, str key);
/* Bytes that the storage needs; UINT64_MAX when that overflows. */
uint64_t torch_storage_bytes(const torch_storage *s);
/* It is not there, or too short. */
bool torch_storage_missing(torch_storages *s, const torch_storage *item, const char *what, err *e) MUST_USE;
bool torch_storage_facts(const torch_storages *s, report *r, err *e) MUST_USE;

/* --- tensors (tensors.c) ----------------------------------------------------------------------------------------------------------- */

/* Where the numbers of storages lie. */
typedef struct torch_shelf {
    bool (*find)(void *ctx, str key, bytes *numbers, err *e); /* empty: not at hand */
    void *ctx;
    bool is_big_endian;
} torch_shelf;
/* Every tensor below `root` (may be NULL), under its name; with its numbers when the report keeps them. */
bool torch_tensors_tell(pickle_value *root, const torch_shelf *shelf, report *r, err *e) MUST_USE;

/* --- code (script.c) -------------------------------------------------------------------------------------------------------------- */

/* The Python-like source of TorchScript: which operators does it use that reach beyond tensors? */
bool torch_script_read(str member, bytes source, report *r, err *e) MUST_USE;

/* --- torch.export (export.c) -------------------------------------------------------------------------------------------------------- */

/* models/<name>.json of an archive that torch.export wrote. */
bool torch_export_is(str path, bytes content);
/* The operators that its graphs call: MDL-TOR-003. */
bool torch_export_read(str member, bytes content, report *r, err *e) MUST_USE;

/* --- TorchServe (mar.c) ----------------------------------------------------------------------------------------------------------- */

/* The manifest of a .mar: who serves the model. */
bool torch_mar_read(bytes manifest, report *r, err *e) MUST_USE;

#endif
