/*
 * format/pickle/danger.c - callables that published payloads use: they choose severity and words, never the verdict.
 *
 * A module stands for itself and everything below it; with names, for those alone. What a payload calls and this table lacks is still
 * "not on the allow-list".
 */
#include "pickle/allow.h"

typedef struct danger_row {
    const char *module; /* and its submodules */
    const char *names;  /* NULL: all of them */
    danger danger;
} danger_row;

#define RUNS                                \
    {                                       \
        "runs commands or processes", false \
    }
#define EVALUATES                         \
    {                                     \
        "evaluates or builds code", false \
    }
#define RESOLVES                                     \
    {                                                \
        "finds or combines functions by name", false \
    }
#define LOADS                                 \
    {                                         \
        "loads another pickle or model", true \
    }
#define TOUCHES                        \
    {                                  \
        "reads or writes files", false \
    }
#define CONNECTS                           \
    {                                      \
        "opens network connections", false \
    }
#define TAMPERS                                    \
    {                                              \
        "interferes with security scanners", false \
    }
#define CONTROLS                                 \
    {                                            \
        "changes the running interpreter", false \
    }

/* clang-format off */
static const danger_row rows[] = {
    {"__builtin__", NULL, EVALUATES},
    {"_aix_support", NULL, RUNS}, {"_osx_support", NULL, RUNS}, {"_posixsubprocess", NULL, RUNS}, {"_pyrepl", NULL, RUNS},
    {"asyncio", NULL, RUNS}, {"commands", NULL, RUNS}, {"distutils", NULL, RUNS}, {"imaplib", NULL, RUNS}, {"mailcap", NULL, RUNS},
    {"multiprocessing", NULL, RUNS}, {"nt", NULL, RUNS}, {"numpy.distutils", NULL, RUNS}, {"numpy.f2py", NULL, RUNS},
    {"os", NULL, RUNS}, {"pip", NULL, RUNS}, {"pipes", NULL, RUNS}, {"platform", NULL, RUNS}, {"popen2", NULL, RUNS},
    {"posix", NULL, RUNS}, {"pty", NULL, RUNS}, {"setuptools", NULL, RUNS}, {"subprocess", NULL, RUNS}, {"test", NULL, RUNS},
    {"torch.utils.bottleneck", NULL, RUNS}, {"torch.utils.collect_env", NULL, RUNS}, {"torch.utils.cpp_extension", NULL, RUNS},
    {"uuid", "_get_command_stdout _popen", RUNS}, {"webbrowser", NULL, RUNS}, {"ensurepip", NULL, RUNS}, {"venv", NULL, RUNS},
    {"sklearn.utils._testing", "check_output", RUNS},

    {"builtins", "eval exec compile __import__ open input breakpoint getattr setattr delattr globals locals vars type classmethod property map filter memoryview apply execfile reload help staticmethod super __build_class__", EVALUATES},
    {"bdb", NULL, EVALUATES}, {"cProfile", NULL, EVALUATES}, {"cgitb", NULL, EVALUATES}, {"code", NULL, EVALUATES},
    {"codeop", NULL, EVALUATES}, {"dataclasses", "_create_fn make_dataclass", EVALUATES}, {"doctest", NULL, EVALUATES},
    {"idlelib", NULL, EVALUATES}, {"inspect", NULL, EVALUATES}, {"lib2to3", NULL, EVALUATES}, {"marshal", NULL, EVALUATES},
    {"numexpr", NULL, EVALUATES}, {"numpy.testing", NULL, EVALUATES}, {"pandas", "eval", EVALUATES},
    {"pandas.core.computation", NULL, EVALUATES}, {"pdb", NULL, EVALUATES}, {"profile", NULL, EVALUATES}, {"runpy", NULL, EVALUATES},
    {"site", NULL, EVALUATES}, {"sysconfig", NULL, EVALUATES}, {"timeit", NULL, EVALUATES}, {"torch._dynamo", NULL, EVALUATES},
    {"torch._inductor", NULL, EVALUATES}, {"torch.fx", NULL, EVALUATES}, {"torch.jit", NULL, EVALUATES}, {"torch.ops", NULL, EVALUATES},
    {"torch.package", NULL, EVALUATES}, {"trace", NULL, EVALUATES}, {"turtle", NULL, EVALUATES},
    {"types", "FunctionType CodeType ModuleType MethodType LambdaType", EVALUATES}, {"typing", "get_type_hints ForwardRef NamedTuple", EVALUATES},
    {"cloudpickle", NULL, EVALUATES}, {"dill", NULL, EVALUATES}, {"cffi", NULL, EVALUATES},

    {"_frozen_importlib", NULL, RESOLVES}, {"_frozen_importlib_external", NULL, RESOLVES}, {"_imp", NULL, RESOLVES},
    {"_operator", NULL, RESOLVES}, {"atexit", NULL, RESOLVES}, {"concurrent", NULL, RESOLVES}, {"contextlib", NULL, RESOLVES},
    {"copyreg", "add_extension pickle constructor dispatch_table", RESOLVES}, {"functools", NULL, RESOLVES}, {"imp", NULL, RESOLVES},
    {"importlib", NULL, RESOLVES}, {"itertools", NULL, RESOLVES}, {"operator", NULL, RESOLVES}, {"pkgutil", NULL, RESOLVES},
    {"pydoc", NULL, RESOLVES}, {"unittest", NULL, RESOLVES}, {"weakref", NULL, RESOLVES}, {"zipimport", NULL, RESOLVES},

    {"_thread", NULL, CONTROLS}, {"gc", NULL, CONTROLS}, {"signal", NULL, CONTROLS}, {"sys", NULL, CONTROLS}, {"threading", NULL, CONTROLS},
    {"ctypes", NULL, CONTROLS}, {"_ctypes", NULL, CONTROLS}, {"numpy.ctypeslib", NULL, CONTROLS}, {"faulthandler", NULL, CONTROLS},

    {"_pickle", NULL, LOADS}, {"cPickle", NULL, LOADS}, {"huggingface_hub", NULL, LOADS}, {"joblib", "load", LOADS},
    {"joblib.externals", NULL, LOADS}, {"joblib.numpy_pickle", "load load_temporary_memmap", LOADS}, {"jsonpickle", NULL, LOADS},
    {"keras", NULL, LOADS}, {"mlflow", NULL, LOADS}, {"numpy", "load", LOADS}, {"numpy.lib", NULL, LOADS}, {"pandas", "read_pickle", LOADS},
    {"pandas.io", NULL, LOADS}, {"pickle", NULL, LOADS}, {"shelve", NULL, LOADS}, {"tensorflow", NULL, LOADS}, {"torch", "load hub", LOADS},
    {"torch.hub", NULL, LOADS}, {"torch.serialization", "load _load _legacy_load", LOADS}, {"torch.storage", "_load_from_bytes", LOADS},
    {"yaml", NULL, LOADS}, {"sklearn.utils._joblib", NULL, LOADS},

    {"_io", NULL, TOUCHES}, {"compileall", NULL, TOUCHES}, {"dbm", NULL, TOUCHES}, {"fileinput", NULL, TOUCHES}, {"glob", NULL, TOUCHES},
    {"io", NULL, TOUCHES}, {"linecache", NULL, TOUCHES}, {"logging", NULL, TOUCHES}, {"mmap", NULL, TOUCHES}, {"pathlib", NULL, TOUCHES},
    {"py_compile", NULL, TOUCHES}, {"shutil", NULL, TOUCHES}, {"sqlite3", NULL, TOUCHES}, {"tarfile", NULL, TOUCHES},
    {"tempfile", NULL, TOUCHES}, {"zipfile", NULL, TOUCHES},

    {"_socket", NULL, CONNECTS}, {"_ssl", NULL, CONNECTS}, {"aiohttp", NULL, CONNECTS}, {"ftplib", NULL, CONNECTS}, {"http", NULL, CONNECTS},
    {"httplib", NULL, CONNECTS}, {"httpx", NULL, CONNECTS}, {"nntplib", NULL, CONNECTS}, {"poplib", NULL, CONNECTS},
    {"requests", NULL, CONNECTS}, {"select", NULL, CONNECTS}, {"selectors", NULL, CONNECTS}, {"smtplib", NULL, CONNECTS},
    {"socket", NULL, CONNECTS}, {"socketserver", NULL, CONNECTS}, {"ssl", NULL, CONNECTS}, {"telnetlib", NULL, CONNECTS},
    {"urllib", NULL, CONNECTS}, {"urllib2", NULL, CONNECTS}, {"urllib3", NULL, CONNECTS}, {"xmlrpc", NULL, CONNECTS},

    {"fickling", NULL, TAMPERS}, {"modelaudit", NULL, TAMPERS}, {"modelscan", NULL, TAMPERS}, {"picklescan", NULL, TAMPERS},
};
/* clang-format on */

static bool covers(const danger_row *row, str module)
{
    str own = str_from_c(row->module);
    if (!str_starts_with(module, own)) return false;
    return module.len == own.len || (!row->names && module.data[own.len] == '.');
}

static bool names_it(const char *names, str name)
{
    str first, unused, rest = str_from_c(names), each;
    str_cut(name, '.', &first, &unused); /* an attribute of a listed name is as bad */
    while (str_next(&rest, ' ', &each))
        if (str_eq(each, first)) return true;
    return false;
}

const danger *danger_find(str module, str name)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (covers(&rows[i], module) && (!rows[i].names || names_it(rows[i].names, name)))
            return &rows[i].danger;
    /* transformers, diffusers, timm ...: takes a name and loads what it finds there. */
    static const danger loads_by_name = LOADS;
    return str_ends_with(name, STR(".from_pretrained")) ? &loads_by_name : NULL;
}
