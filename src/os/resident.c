/*
 * os/resident.c - starting up touches code that is never run again: readers of options, of certificates, the dynamic linker's tables.
 */
#include "os/resident.h"

#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Segments that are not writable were never written, so the file has the same bytes. What is read-only only after relocation lies in a writable one. */
static int drop_object(struct dl_phdr_info *object, size_t size_bytes, void *page_bytes)
{
    (void)size_bytes;
    uintptr_t page = *(const uintptr_t *)page_bytes;
    for (size_t i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || segment->p_flags & PF_W) continue;
        uintptr_t first = (object->dlpi_addr + segment->p_vaddr) & ~(page - 1);
        uintptr_t end = object->dlpi_addr + segment->p_vaddr + segment->p_memsz;
        (void)madvise((void *)first, ((end - first) + page - 1) & ~(page - 1), MADV_DONTNEED);
    }
    return 0;
}

void resident_drop_code(void)
{
    uintptr_t page_bytes = (uintptr_t)sysconf(_SC_PAGESIZE);
    (void)dl_iterate_phdr(drop_object, &page_bytes);
}
