/*
 * http/mhd.c - finding the functions of libmicrohttpd.
 */
#include "mhd.h"

#include "base/str.h"

#include <dlfcn.h>
#include <string.h>

mhd_library mhd;

bool mhd_load(err *e)
{
    if (mhd.start_daemon) return true;
    /* Never unloaded: GnuTLS has exit handlers of its own. */
    void *handle = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);
    if (!handle)
        return err_set(e, ERR_UNSUPPORTED, "serving needs libmicrohttpd (Debian package libmicrohttpd12): %s",
                       dlerror());
    mhd_library found;
    const struct {
        const char *name;
        void *place; /* of a function pointer */
    } wanted[] = {
#define X(name) {"MHD_" #name, &found.name},
        MHD_FUNCTIONS(X)
#undef X
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++) {
        void *symbol = dlsym(handle, wanted[i].name);
        if (!symbol) return err_set(e, ERR_UNSUPPORTED, "libmicrohttpd has no '%s'", wanted[i].name);
        memcpy(wanted[i].place, &symbol, sizeof(symbol));
    }
    mhd = found;
    return true;
}
