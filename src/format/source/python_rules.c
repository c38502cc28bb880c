/*
 * format/source/python_rules.c - the table. A module's functions are listed by name: most modules have harmless ones too.
 */
#include "source/python_rules.h"

/* clang-format off */
static const struct {
    const char *module, *names;
    python_deed deed;
} rows[] = {
    {"os", "system popen popen2 popen3 popen4 execl execle execlp execlpe execv execve execvp execvpe spawnl spawnle spawnlp spawnlpe spawnv spawnve spawnvp spawnvpe posix_spawn posix_spawnp startfile", DEED_COMMAND},
    {"posix", "system popen execv execve posix_spawn posix_spawnp", DEED_COMMAND},
    {"nt", "system execv execve spawnv spawnve startfile", DEED_COMMAND},
    {"subprocess", "run call Popen check_call check_output getoutput getstatusoutput", DEED_COMMAND},
    {"_posixsubprocess", "fork_exec", DEED_COMMAND},
    {"commands", "getoutput getstatusoutput", DEED_COMMAND},
    {"pty", "spawn", DEED_COMMAND},
    {"platform", "popen", DEED_COMMAND},
    {"asyncio", "create_subprocess_exec create_subprocess_shell", DEED_COMMAND},
    {"asyncio.subprocess", "create_subprocess_exec create_subprocess_shell", DEED_COMMAND},
    {"pexpect", "spawn run", DEED_COMMAND},
    {"sh", "bash sh curl wget", DEED_COMMAND},
    {"builtins", "eval exec execfile", DEED_EVALUATE},
    {"code", "interact InteractiveInterpreter InteractiveConsole", DEED_EVALUATE},
    {"runpy", "run_path run_module", DEED_EVALUATE},
    {"types", "FunctionType CodeType", DEED_EVALUATE},
    {"timeit", "timeit repeat Timer", DEED_EVALUATE},
    {"pandas", "eval", DEED_EVALUATE},
    {"builtins", "compile", DEED_COMPILE},
    {"builtins", "__import__", DEED_IMPORT},
    {"importlib", "import_module __import__", DEED_IMPORT},
    {"builtins", "getattr", DEED_ATTRIBUTE},
    {"builtins", "globals locals vars", DEED_SCOPE},
    {"functools", "partial", DEED_PARTIAL},
    {"builtins", "map filter sorted min max", DEED_CALLER},
    {"functools", "reduce", DEED_CALLER},
    {"itertools", "starmap accumulate takewhile dropwhile filterfalse", DEED_CALLER},
    {"threading", "Thread Timer", DEED_CALLER},
    {"_thread", "start_new_thread", DEED_CALLER},
    {"multiprocessing", "Process", DEED_CALLER},
    {"atexit", "register", DEED_CALLER},
    {"asyncio", "run to_thread", DEED_CALLER},
    {"ctypes", "CDLL PyDLL WinDLL cdll.LoadLibrary windll.LoadLibrary", DEED_NATIVE},
    {"ipython", "system getoutput", DEED_COMMAND},
    {"builtins", "get_ipython", DEED_IPYTHON},
    {"libc", "system execl execlp execv execve execvp popen", DEED_COMMAND},
    {"base64", "b64decode b32decode b16decode b85decode a85decode urlsafe_b64decode standard_b64decode decodebytes decodestring", DEED_DECODE},
    {"binascii", "unhexlify a2b_hex a2b_base64 a2b_uu", DEED_DECODE},
    {"codecs", "decode getdecoder", DEED_DECODE},
    {"zlib", "decompress decompressobj", DEED_DECODE},
    {"gzip", "decompress", DEED_DECODE},
    {"bz2", "decompress", DEED_DECODE},
    {"lzma", "decompress", DEED_DECODE},
    {"builtins", "chr bytes bytearray bytes.fromhex bytearray.fromhex", DEED_DECODE},
    {"cryptography.fernet", "Fernet", DEED_DECODE},
    {"urllib.request", "urlopen urlretrieve Request", DEED_FETCH},
    {"urllib", "urlopen urlretrieve", DEED_FETCH},
    {"urllib2", "urlopen", DEED_FETCH},
    {"requests", "get post put request Session", DEED_FETCH},
    {"httpx", "get post request Client stream", DEED_FETCH},
    {"http.client", "HTTPConnection HTTPSConnection", DEED_FETCH},
    {"socket", "socket create_connection", DEED_FETCH},
    {"wget", "download", DEED_FETCH},
    {"pickle", "load loads Unpickler", DEED_UNPICKLE},
    {"_pickle", "load loads Unpickler", DEED_UNPICKLE},
    {"cPickle", "load loads Unpickler", DEED_UNPICKLE},
    {"pickle5", "load loads Unpickler", DEED_UNPICKLE},
    {"six.moves.cPickle", "load loads Unpickler", DEED_UNPICKLE},
    {"dill", "load loads load_session load_module Unpickler", DEED_UNPICKLE},
    {"cloudpickle", "load loads", DEED_UNPICKLE},
    {"joblib", "load", DEED_UNPICKLE},
    {"sklearn.externals.joblib", "load", DEED_UNPICKLE},
    {"pandas", "read_pickle", DEED_UNPICKLE},
    {"shelve", "open Shelf DbfilenameShelf", DEED_UNPICKLE},
    {"marshal", "load loads", DEED_UNPICKLE},
    {"jsonpickle", "decode loads", DEED_UNPICKLE},
    {"pickle", "_load _loads _Unpickler", DEED_UNPICKLE},
    {"mlflow.sklearn", "load_model", DEED_UNPICKLE},
    {"mlflow.pyfunc", "load_model", DEED_UNPICKLE},
    {"mlflow.pytorch", "load_model", DEED_UNPICKLE},
    {"fastai.learner", "load_learner", DEED_UNPICKLE},
    {"fastai.vision.all", "load_learner", DEED_UNPICKLE},
    {"fastai.basics", "load_learner", DEED_UNPICKLE},
    {"fastai.text.all", "load_learner", DEED_UNPICKLE},
    {"fastai.tabular.all", "load_learner", DEED_UNPICKLE},
    {"paddle", "load", DEED_UNPICKLE},
    {"compress_pickle", "load loads", DEED_UNPICKLE},
    {"hickle", "load", DEED_UNPICKLE},
    {"torch", "load", DEED_TORCH_LOAD},
    {"torch.serialization", "load", DEED_TORCH_LOAD},
    {"torch.hub", "load", DEED_REMOTE_CODE},
    {"numpy", "load", DEED_NUMPY_LOAD},
    {"numpy.lib.npyio", "load", DEED_NUMPY_LOAD},
    {"numpy.lib.format", "read_array", DEED_NUMPY_LOAD},
    {"yaml", "load load_all", DEED_YAML_LOAD},
    {"yaml", "unsafe_load unsafe_load_all", DEED_YAML_UNSAFE},
    {"keras.models", "load_model", DEED_KERAS_LOAD},
    {"keras.saving", "load_model", DEED_KERAS_LOAD},
    {"tensorflow.keras.models", "load_model", DEED_KERAS_LOAD},
    {"tensorflow.keras.saving", "load_model", DEED_KERAS_LOAD},
    {"tf_keras.models", "load_model", DEED_KERAS_LOAD},
    {"keras.config", "enable_unsafe_deserialization", DEED_KERAS_UNSAFE},
    {"tensorflow.keras.config", "enable_unsafe_deserialization", DEED_KERAS_UNSAFE},
};
/* clang-format on */

static bool is_listed(const char *names, str name)
{
    str each, rest = str_from_c(names);
    while (str_next(&rest, ' ', &each))
        if (str_eq(each, name)) return true;
    return false;
}

python_deed python_deed_of(str dotted)
{
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        str module = str_from_c(rows[i].module);
        bool is_inside =
            str_starts_with(dotted, module) && dotted.len > module.len && dotted.data[module.len] == '.';
        if (is_inside && is_listed(rows[i].names, str_skip(dotted, module.len + 1))) return rows[i].deed;
    }
    return DEED_NONE;
}

bool python_is_builtin(str name)
{
    static const char names[] = "eval exec execfile compile __import__ getattr globals locals vars chr bytes "
                                "bytearray open input setattr map filter sorted min max get_ipython "
                                "__builtins__ breakpoint";
    return is_listed(names, name);
}
