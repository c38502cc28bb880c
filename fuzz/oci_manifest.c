/*
 * Image manifests from clients: whatever is read must have references that are digests, and a descriptor.
 */
#include "src/api/oci_manifest.h"

#include "base/limits.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA arena a;
    arena_init(&a, 64 * MIB);
    AUTO_OCI_MANIFEST oci_manifest m = {0};
    err e;
    if (!oci_manifest_read((bytes){data, size}, STR_NONE, &a, &m, &e)) return 0;

    digest parsed;
    for (size_t i = 0; i < m.blob_count; i++) assert(digest_parse(m.blobs[i].digest, &parsed, &e));
    for (size_t i = 0; i < m.child_count; i++) assert(digest_parse(m.children[i].digest, &parsed, &e));
    assert(m.subject.len == 0 || digest_parse(m.subject, &parsed, &e));
    AUTO(json_release) json_t *descriptor = oci_manifest_descriptor(&m, m.subject, size);
    assert(descriptor);
    return 0;
}
