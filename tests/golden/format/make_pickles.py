#!/usr/bin/env python3
"""Write pickles that try to get past a scanner, broken ones, and honest ones: hand-assembled opcode bytes, nothing is ever loaded.

    make_pickles.py FOLDER     writes <kind>.<name>.pkl for every case (kinds: evil, broken, good)

What each must be judged is told by its kind: evil is "unsafe" or, where noted, "suspicious"; broken is never "clean"; good is "clean".
The payloads only name harmless calls (getcwd, print) or ones that are never run.
"""
import bz2
import gzip
import io
import lzma
import pathlib
import pickle
import struct
import sys
import zipfile
import zlib

CASES = {}


def case(kind, name, data, suffix=".pkl", verdict=None):
    key = f"{kind}.{name}{suffix}"
    assert key not in CASES, key
    default = {"evil": "unsafe", "good": "clean", "broken": None}[kind]
    CASES[key] = (data, verdict or default)


def evil(name, data, **options):
    case("evil", name, data, **options)


def broken(name, data, **options):
    case("broken", name, data, **options)


def good(name, data, **options):
    case("good", name, data, **options)


# --- assembling ------------------------------------------------------------------------------------------------------------------

def u32(n):
    return struct.pack("<I", n)


def u64(n):
    return struct.pack("<Q", n)


def s(text):
    """SHORT_BINUNICODE"""
    raw = text.encode()
    return b"\x8c" + bytes([len(raw)]) + raw


def b(raw):
    """BINBYTES"""
    return b"B" + u32(len(raw)) + raw


def g(module, name):
    return f"c{module}\n{name}\n".encode()


def sg(module, name):
    return s(module) + s(name) + b"\x93"


def call(module, name, *args):
    return sg(module, name) + b"(" + b"".join(args) + b"tR"


P2, P4, P5 = b"\x80\x02", b"\x80\x04", b"\x80\x05"
CWD = call("os", "getcwd")
ODICT = sg("collections", "OrderedDict") + b")R"


# --- calls, one per opcode and per way to name the callable -------------------------------------------------------------------------

def calls():
    evil("global_reduce_proto0", g("os", "getcwd") + b"(tR.")
    evil("global_reduce_proto2", P2 + g("os", "getcwd") + b")R.")
    evil("stack_global_reduce", P4 + CWD + b".")
    evil("inst", b"(" + b"ios\ngetcwd\n.")
    evil("inst_with_arguments", b"(S'id'\nios\nsystem\n.")
    evil("obj", P2 + b"(" + g("os", "system") + b"X\x02\0\0\0ido.")
    evil("obj_without_arguments", P2 + b"(" + g("os", "getcwd") + b"o.")
    evil("newobj", P4 + sg("subprocess", "Popen") + b"(" + s("true") + b"t\x81.")
    evil("newobj_ex", P4 + sg("subprocess", "Popen") + b"(" + s("true") + b"t}\x92.")
    evil("popped_result", P4 + CWD + b"0N.")
    evil("pop_mark_result", P4 + b"(" + CWD + b"1N.")
    evil("result_in_memo_only", P4 + CWD + b"\x940N.")
    evil("before_proto", g("os", "getcwd") + b"(tR0" + P4 + b"N.")
    evil("proto_lowered_later", P5 + b"\x80\x00" + g("os", "getcwd") + b"(tR.")
    evil("inside_dict_value", P4 + b"}" + s("k") + CWD + b"s.")
    evil("inside_tuple", P4 + CWD + b"\x85.")
    evil("inside_frozenset", P4 + b"(" + CWD + b"\x91.")
    evil("as_dict_key", P4 + b"}" + CWD + b"Ns.")
    evil("as_argument_of_listed", P4 + sg("collections", "OrderedDict") + b"(" + CWD + b"tR.")
    evil("args_as_list", P4 + sg("collections", "OrderedDict") + b"]R.")
    evil("callable_from_dup", P4 + sg("os", "getcwd") + b"2)R.")
    evil("callable_from_memo", P4 + sg("os", "getcwd") + b"\x940N0h\x00)R.")
    evil("callable_from_far_memo", P4 + sg("os", "getcwd") + b"r" + u32(0xfffffff0) + b"0j" + u32(0xfffffff0) + b")R.")
    evil("callable_from_text_memo", b"cos\ngetcwd\np123456789012\n0g123456789012\n(tR.")
    evil("chain_of_calls", P4 + call("builtins", "getattr", sg("os", "path"), s("join")) + b")R.")
    evil("double_call", P4 + sg("functools", "partial") + sg("os", "getcwd") + b"\x85R)R.")
    evil("apply", b"c__builtin__\napply\n(cos\ngetcwd\n(ltR.")
    evil("two_payloads", P4 + CWD + b"0" + call("builtins", "print", s("x")) + b".")
    evil("one_element_then_garbage", P4 + CWD + b"0\xff\xff")
    evil("without_stop", P4 + CWD)
    evil("stop_missing_operand", P4 + CWD + b"0.")


def names():
    evil("string_operands", b"\x80\x04S'os'\nS'getcwd'\n\x93)R.")
    evil("string_escapes", b"\x80\x04S'\\x6f\\163'\nS'get\\x63wd'\n\x93)R.")
    evil("unicode_escapes", b"\x80\x04V\\u006f\\u0073\nVgetcw\\U00000064\n\x93)R.")
    evil("binstring_operands", P4 + b"T\x02\0\0\0os" + b"U\x06getcwd\x93)R.")
    evil("binunicode8_operands", P4 + b"\x8d" + u64(2) + b"os" + b"X" + u32(6) + b"getcwd\x93)R.")
    evil("names_from_memo", P4 + s("os") + b"\x940" + s("getcwd") + b"\x940h\x00h\x01\x93)R.")
    evil("names_memo_overwritten", P4 + s("json") + b"q\x000" + s("os") + b"q\x000h\x00" + s("getcwd") + b"\x93)R.")
    evil("memoize_counts_entries", P4 + s("os") + b"q\x050" + s("json") + b"\x940" + b"h\x05" + s("getcwd") + b"\x93)R.")
    evil("name_from_str_call", P4 + call("builtins", "str", b(b"os"), s("ascii")) + s("getcwd") + b"\x93)R.")
    evil("name_from_join", P4 + call("builtins", "getattr", s(""), s("join")) + s("x") + b"\x93.")
    evil("dotted_name", P4 + s("json") + s("codecs.builtins.print") + b"\x93)R.")
    evil("dotted_through_listed", P4 + s("sklearn.pipeline") + s("Pipeline.__init__.__globals__") + b"\x93.")
    evil("dotted_class_attribute", P4 + s("numpy") + s("ndarray.tofile") + b"\x93.", verdict="unsafe")
    evil("dunder_name", P4 + s("builtins") + s("__import__") + b"\x93" + s("os") + b"\x85R.")
    evil("empty_name", P4 + s("os") + s("") + b"\x93.")
    evil("empty_module", P4 + s("") + s("system") + b"\x93.")
    evil("space_in_module", P4 + s("os ") + s("system") + b"\x93.")
    evil("invisible_sign_in_module", P4 + s("o\u200bs") + s("system") + b"\x93.")
    evil("wide_blank_in_module", P4 + s("os\u00a0") + s("system") + b"\x93.")
    evil("nul_in_name", P4 + s("os") + s("system\0x") + b"\x93.")
    evil("newline_in_module", P4 + s("os\n") + s("system") + b"\x93.")
    evil("listed_names_joined", P4 + s("numpy") + s("ndarray matrix") + b"\x93)R.")
    evil("case_differs", P4 + s("Numpy") + s("ndarray") + b"\x93)R.")
    evil("python2_commands", P2 + g("commands", "getstatusoutput") + b")R.")
    evil("python2_builtin", b"c__builtin__\neval\n(S'1'\ntR.")
    evil("python2_builtin_protocol4", P4 + sg("__builtin__", "eval") + s("1") + b"\x85R.")
    evil("python2_reduce", P2 + g("__builtin__", "reduce") + b")R.")
    evil("extension_1", P2 + b"\x82\x05)R.")
    evil("extension_2", P2 + b"\x83\x05\x01)R.")
    evil("extension_4", P2 + b"\x84\x05\0\0\0)R.")
    evil("extension_registered", P2 + g("copyreg", "add_extension") + b"(X\x02\0\0\0osX\x06\0\0\0getcwdK\x05tR0\x82\x05)R.")
    evil("reference_only_danger", P4 + sg("os", "system") + b".")
    evil("reference_only_popped", P4 + sg("os", "system") + b"0N.")
    evil("reference_only_unlisted", P4 + sg("my_package", "Thing") + b".", verdict="suspicious")
    evil("unlisted_class", P4 + sg("my_package.model", "Net") + b")\x81.")
    evil("main_class", P4 + sg("__main__", "Model") + b")\x81}b.")


def gadgets():
    """Callables of published bypasses: found on no deny list at the time, and none is on the allow-list."""
    listed = """
        asyncio.unix_events._UnixSubprocessTransport._start bdb.Bdb.run builtins.compile builtins.exec cProfile.run code.interact
        codeop.compile_command ctypes.CDLL dataclasses._create_fn distutils.file_util.write_file doctest.debug_script ensurepip._run_pip
        gc.get_objects idlelib.autocomplete.AutoComplete imaplib.IMAP4_stream importlib.import_module inspect.getattr_static io.FileIO
        joblib.load lib2to3.pgen2.grammar.Grammar.loads linecache.getlines logging.FileHandler marshal.loads multiprocessing.util.spawnv_passfds
        numpy.load numpy.f2py.crackfortran.myeval numpy.testing._private.utils.runstring operator.methodcaller pandas.read_pickle pip.main
        pkgutil.resolve_name platform.popen profile.run pty.spawn pydoc.locate runpy.run_path shutil.rmtree site.execsitecustomize
        smtplib.SMTP socket.create_connection ssl.get_server_certificate sysconfig.get_config_vars timeit.timeit torch.load
        torch.utils.bottleneck.__main__.run_cprofile torch.fx.experimental.symbolic_shapes.ShapeEnv trace.Trace types.FunctionType
        typing.get_type_hints unittest.mock._importer urllib.request.urlopen uuid._get_command_stdout venv.create webbrowser.open
        cloudpickle.cloudpickle._make_function dill._dill._create_function picklescan.scanner.scan_pickle_bytes
        sklearn.utils._testing.check_output sklearn.utils.discovery.import_module joblib.parallel.loads sklearn.datasets._openml.urlopen
        sklearn.metrics._dist_metrics.PyFuncDistance64 scipy.stats._distn_infrastructure.rv_continuous
    """.split()
    for path in listed:
        module, _, name = path.rpartition(".")
        evil("gadget_" + path.replace(".", "_"), P4 + sg(module, name) + s("x") + b"\x85R.")


def hijacks():
    evil("planted_setstate", P4 + ODICT + b"}(" + s("__setstate__") + sg("builtins", "print") + b"ub" + s("x") + b"b.")
    evil("planted_append", P4 + ODICT + b"}" + s("append") + sg("builtins", "print") + b"sb" + s("x") + b"a.")
    evil("planted_extend", P4 + ODICT + b"}" + s("extend") + sg("builtins", "print") + b"sb(" + s("x") + b"e.")
    evil("planted_add", P4 + ODICT + b"}" + s("add") + sg("builtins", "print") + b"sb(" + s("x") + b"\x90.")
    evil("planted_with_listed_function", P4 + ODICT + b"}" + s("append") + sg("_codecs", "encode") + b"sb.")
    evil("planted_in_slots", P4 + ODICT + b"N}" + s("__setstate__") + sg("builtins", "print") + b"s\x86b.")
    evil("planted_by_dict_opcode", P4 + ODICT + b"(" + s("__class__") + sg("builtins", "dict") + b"db.")
    evil("build_on_class", P4 + sg("collections", "OrderedDict") + b"}" + s("x") + b"Nsb.")
    evil("build_on_module_attribute", P4 + sg("sklearn.pipeline", "Pipeline") + b"N}" + s("fit") + b"Ns\x86b.")
    evil("build_with_text", P4 + ODICT + s("x") + b"b.")
    evil("build_on_list", P4 + b"]}b.")
    evil("build_global_as_state", P4 + ODICT + sg("builtins", "dict") + b"b.")
    evil("append_to_global", P4 + sg("sys", "path") + s("/tmp") + b"a.")
    evil("append_to_object", P4 + ODICT + b"Na.")
    evil("appends_to_object", P4 + ODICT + b"(Ne.")
    evil("setitem_on_modules", P4 + sg("sys", "modules") + s("os") + b"Ns.")
    evil("setitems_on_environ", P4 + sg("os", "environ") + b"(" + s("a") + s("b") + b"u.")
    evil("setitem_on_estimator", P4 + sg("sklearn.pipeline", "Pipeline") + b")\x81" + s("a") + b"Ns.")
    evil("additems_on_object", P4 + ODICT + b"(N\x90.")


def arguments():
    evil("tuple_of_map", P4 + sg("builtins", "tuple") + sg("builtins", "map") + sg("builtins", "print") + b"](K\x01e\x86\x81\x85\x81.")
    evil("bytes_of_map", P4 + sg("builtins", "bytes") + call("builtins", "map", sg("builtins", "print"), b"]") + b"\x85R.")
    evil("deque_of_filter", P4 + sg("collections", "deque") + call("builtins", "filter", b"N", b"]") + b"\x85R.")
    evil("list_of_object", P4 + sg("builtins", "list") + ODICT + b"\x85R.")
    evil("reconstructor_foreign", P2 + g("copy_reg", "_reconstructor") + b"(" + g("subprocess", "Popen") + g("__builtin__", "object") + b"NtR.")
    evil("reconstructor_bad_base", P2 + g("copy_reg", "_reconstructor") + b"(" + g("sklearn.pipeline", "Pipeline") + g("sklearn.pipeline", "Pipeline") + b"NtR.")
    evil("newobj_function_foreign", P4 + sg("copyreg", "__newobj__") + sg("os", "system") + s("x") + b"\x86R.")
    evil("newobj_function_arguments", P4 + sg("copyreg", "__newobj__") + sg("sklearn.pipeline", "Pipeline") + s("x") + b"\x86R.")
    evil("numpy_reconstruct_foreign", P4 + sg("numpy.core.multiarray", "_reconstruct") + sg("builtins", "object") + b"K\x00\x85C\x01b\x87R.")
    evil("numpy_scalar_objects", P4 + sg("numpy.core.multiarray", "scalar") + call("numpy", "dtype", s("O8")) + b(P4 + CWD + b".") + b"\x86R.")
    evil("numpy_dtype_expression", P4 + call("numpy", "dtype", s("i4,O")) + b".")
    evil("numpy_dtype_object", P4 + call("numpy", "dtype", sg("builtins", "object")) + b".")
    evil("defaultdict_factory", P4 + call("collections", "defaultdict", sg("_codecs", "encode")) + b".")
    evil("encode_other_codec", P4 + call("_codecs", "encode", s("x"), s("zlib")) + b".")
    evil("class_with_arguments", P4 + sg("sklearn.linear_model._logistic", "LogisticRegression") + s("x") + b"\x85R.")
    evil("newobj_ex_keywords", P4 + sg("sklearn.pipeline", "Pipeline") + b")}" + s("steps") + b"Ns\x92.")
    evil("called_data_row", P4 + sg("numpy", "log1p") + b"K\x01\x85R.")
    evil("function_by_newobj", P4 + sg("_codecs", "encode") + s("x") + s("latin1") + b"\x86\x81.")
    evil("torch_from_type", P4 + call("torch._tensor", "_rebuild_from_type_v2", sg("os", "system"), sg("torch", "Tensor"), s("id") + b"\x85", b"N") + b".")
    evil("torch_load_from_bytes", P4 + call("torch.storage", "_load_from_bytes", b(P4 + CWD + b".")) + b".")
    evil("nested_loads", P4 + call("pickle", "loads", b(P4 + CWD + b".")) + b".")
    evil("nested_joblib_load", P4 + call("joblib", "load", s("other.pkl")) + b".")
    evil("callable_kept", P4 + sg("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81}" + s("func")
         + sg("os", "system") + b"sb.")
    evil("listed_function_kept", P4 + sg("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81}" + s("func")
         + sg("copyreg", "_reconstructor") + b"sb.", verdict="suspicious")
    evil("result_is_function", P4 + sg("_codecs", "encode") + b".", verdict="suspicious")
    evil("persistent_id", b"Ppayload\n.", verdict="suspicious")
    evil("persistent_id_binary", P2 + b"K\x01Q.", verdict="suspicious")
    evil("persistent_id_called", P2 + b"K\x01Q)R.")


def wrapper(dtype="f8", shape=b"K\x01\x85", module="joblib.numpy_pickle", align=True):
    """NumpyArrayWrapper with its state; raw bytes follow."""
    kind = call("numpy", "dtype", s(dtype), b"\x89", b"\x88")
    state = (s("subclass") + sg("numpy", "ndarray") + s("shape") + shape + s("order") + s("C") + s("dtype") + kind + s("allow_mmap") + b"\x88")
    if align:
        state += s("numpy_array_alignment_bytes") + b"K\x10"
    return sg(module, "NumpyArrayWrapper") + b")\x81}(" + state + b"ub"


def joblib_cases():
    pad = b"\x02\xff\xff"
    good("joblib_array", P4 + wrapper() + pad + bytes(8) + b".")
    good("joblib_array_old", P4 + wrapper(align=False) + b"\x01" + bytes(7) + b".")
    evil("joblib_call_after_array", P4 + wrapper() + pad + bytes(8) + b"0" + CWD + b".")
    evil("joblib_call_after_two_arrays", P4 + b"]" + wrapper() + pad + bytes(8) + b"a" + wrapper() + pad + bytes(8) + b"a" + CWD + b"a.")
    evil("joblib_objects_call", P4 + wrapper("O8") + P4 + CWD + b"." + b".")
    evil("joblib_raw_is_pickle", P4 + wrapper("S1", b"K" + bytes([len(CWD) + 2]) + b"\x85", align=False) + b"0" + CWD + b"." + b".")
    # Names by memo: within the objects of the array joblib sees a class, pickle.load with the outer memo a gadget of no list.
    before = s("acme.hooks") + b"\x940" + s("on_load") + b"\x940"
    inside = P4 + s("collections") + b"\x940" + s("OrderedDict") + b"\x940" + b"h\x00h\x01\x93)R."
    evil("joblib_objects_outer_names", P4 + before + wrapper("O8") + inside + b".")
    hidden = b"." + P4 + CWD + b"."
    evil("joblib_raw_is_second_pickle", P4 + wrapper("S1", b"K" + bytes([len(hidden)]) + b"\x85", align=False) + hidden + b".")
    evil("joblib_raw_is_third_pickle", P4 + wrapper("S1", b"K" + bytes([len(hidden) + 10]) + b"\x85", align=False) + b".N." + bytes(7) + P4[:0] + hidden[1:] + b"N" + b".")
    evil("joblib_raw_uses_outer_memo", P4 + s("os") + b"\x940" + s("getcwd") + b"\x940" + wrapper("S1", b"K\x08\x85", align=False)
         + b"0h\x00h\x01\x93)R" [:8] + b".")
    evil("joblib_side_file", P4 + sg("joblib.numpy_pickle", "NDArrayWrapper") + b")\x81}" + s("filename") + s("../../etc/passwd") + b"sb.")
    evil("joblib_side_file_bare", P4 + sg("joblib.numpy_pickle", "NDArrayWrapper") + b")\x81}" + s("filename") + s("m_01.npy") + b"sb.",
         verdict="suspicious")
    broken("joblib_array_too_long", P4 + wrapper(shape=b"J\xff\xff\xff\x7f\x85") + pad + bytes(8) + b".")
    broken("joblib_shape_overflows", P4 + wrapper(shape=b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x87") + pad + bytes(8) + b".")
    broken("joblib_no_dtype", P4 + sg("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81}b.")


def dtype_state(order="<", size=b"J\xff\xff\xff\xff", flags=b"K\x00", fields=b"NN", version=b"K\x03"):
    return b"(" + version + s(order) + b"N" + fields + size + size + flags + b"tb"


def desynchronised():
    """Files that joblib reads on at another place than a careless reader: behind the array, one sees data and the other a call."""
    swallow = lambda raw: b"B" + u32(len(raw)) + raw
    keep = s("order") + s("C") + s("allow_mmap") + b"\x88" + s("subclass") + sg("numpy", "ndarray")
    kind = call("numpy", "dtype", s("f8"), b"\x89", b"\x88")
    cls = sg("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81"
    payload = b"0" + CWD + b"."
    small, large = b"K\x01\x85", b"K\x02\x85"

    def state(dtype, shape):
        return s("dtype") + dtype + s("shape") + shape + keep

    evil("desync_slots_set_last", P4 + cls + b"}(" + state(kind, large) + b"u}(" + s("shape") + small + b"u\x86b" + bytes(8) + payload[:-1] + b"N" * 2 + b".")
    evil("desync_dtype_size", P4 + cls + b"}(" + state(kind + dtype_state(size=b"K\x01"), small) + b"ub" + bytes(8) + payload)
    evil("desync_dtype_flag", P4 + cls + b"}(" + state(kind + dtype_state(flags=b"K\x3f"), small) + b"ub" + bytes(8) + payload)
    evil("desync_dtype_fields", P4 + cls + b"}(" + state(call("numpy", "dtype", s("V8"), b"\x89", b"\x88") + dtype_state(
        "|", b"K\x08", fields=s("a") + b"\x85}" + s("a") + call("numpy", "dtype", s("O8")) + b"K\x00\x86s"), small) + b"ub" + bytes(8) + payload)
    evil("desync_dtype_version", P4 + cls + b"}(" + state(kind + dtype_state(version=b"K\x00"), small) + b"ub" + bytes(8) + payload)
    evil("desync_wrapper_by_function", P4 + call("sklearn.neighbors._kd_tree", "newObj", sg("joblib.numpy_pickle", "NumpyArrayWrapper")) + b"}(" + state(kind, small)
         + b"ub" + swallow(b"xxx" + payload) + b".")
    evil("desync_wrapper_reconstructed", P4 + call("copyreg", "_reconstructor", sg("joblib.numpy_pickle", "NumpyArrayWrapper"), sg("builtins", "object"), b"N") + b"}("
         + state(kind, small) + b"ub" + bytes(8) + payload)
    inner = cls + b"}(" + state(kind, small) + b"ub"
    evil("desync_frame", P4 + b"\x95" + u64(len(inner) + 4) + inner + b"0N0N" + bytes(4) + b"N." + payload)
    evil("desync_two_joblibs", P4 + wrapper(align=False) + bytes(8) + b"0" + wrapper(align=False, module="sklearn.externals.joblib.numpy_pickle") + bytes(8) + b".")
    evil("desync_subclass", P4 + cls + b"}(" + state(kind, small) + s("subclass") + sg("collections", "OrderedDict") + b"ub" + bytes(8) + b".")
    good("joblib_reconstructed", P4 + call("copyreg", "_reconstructor", sg("joblib.numpy_pickle", "NumpyArrayWrapper"), sg("builtins", "object"), b"N") + b"}("
         + state(kind, small) + b"ub" + bytes(8) + b".")


def attributes():
    """getattr, which honest files use for a method of a class, and texts that a class runs when it is restored."""
    zone = sg("builtins", "getattr") + sg("zoneinfo", "ZoneInfo") + s("_unpickle") + b"\x86R"
    good("getattr_listed", P4 + zone + b"(" + s("Europe/Berlin") + b"K\x01tR.")
    good("getattr_python2_name", P2 + g("__builtin__", "getattr") + g("zoneinfo", "ZoneInfo") + b"X\x09\0\0\0_unpickle\x86R(X\x03\0\0\0UTCK\x01tR.")
    evil("getattr_unlisted", P4 + sg("builtins", "getattr") + sg("zoneinfo", "ZoneInfo") + s("from_file") + b"\x86R" + s("x") + b"\x85R.")
    evil("getattr_on_listed_class", P4 + call("builtins", "getattr", sg("numpy", "ndarray"), s("tofile")) + b".")
    evil("getattr_three", P4 + call("builtins", "getattr", sg("zoneinfo", "ZoneInfo"), s("_unpickle"), sg("os", "system")) + b".")
    evil("getattr_dotted", P4 + call("builtins", "getattr", sg("zoneinfo", "ZoneInfo"), s("_unpickle.__self__")) + b".")
    evil("getattr_on_object", P4 + call("builtins", "getattr", ODICT, s("update")) + b".")
    evil("getattr_only_kept", P4 + b"]" + sg("builtins", "getattr") + b"a.")
    text = ("\ndef _parse_args(self, a,  loc=0, scale=1):\n    return (a, ), loc, scale\n\ndef _parse_args_rvs(self, a,  loc=0, scale=1, size=None):\n"
            "    return self._argcheck_rvs(a,  loc, scale, size=size)\n\ndef _parse_args_stats(self, a,  loc=0, scale=1, moments='mv'):\n    return (a, ), loc, scale, moments\n")
    for name, source in (("own", text), ("statement", text + "import os"), ("default", text.replace("loc=0", "loc=print(1)", 1)), ("first", "print(1)\n" + text),
                         ("names", text.replace("a, ", "a=print(1), ")), ("line", text.replace("return (a", "print(1);return (a", 1))):
        raw = source.encode()
        make = good if name == "own" else evil
        make(f"distribution_text_{name}", P4 + sg("scipy.stats._continuous_distns", "gamma_gen") + b")\x81}" + s("_parse_arg_template") + b"X" + u32(len(raw)) + raw + b"sb.")
    evil("distribution_text_twice", P4 + sg("scipy.stats._continuous_distns", "gamma_gen") + b")\x81}(" + s("_parse_arg_template") + s("print(1)") + s("_parse_arg_template") + s("") + b"ub.")
    evil("distribution_text_in_slots", P4 + sg("scipy.stats._continuous_distns", "gamma_gen") + b")\x81N}" + s("_parse_arg_template") + s("print(1)") + b"s\x86b.")
    evil("distribution_text_in_subclass", P4 + sg("scipy.stats._continuous_distns", "gamma_gen") + b")\x81" + ODICT + s("_parse_arg_template") + s("print(1)") + b"sb.")
    evil("state_is_dict_subclass", P4 + sg("pandas.core.series", "Series") + b")\x81" + ODICT + s("__setstate__") + sg("builtins", "dict") + b"sb.")
    evil("state_pair_of_subclass", P4 + sg("pandas", "Interval") + b")\x81" + ODICT + s("__setstate__") + sg("builtins", "dict") + b"sN\x86b.")
    def formula(text):
        return P4 + sg("statsmodels.base.data", "PandasData") + b")\x81}(" + s("formula") + s(text) + s("restore_model_spec") + b"\x88ub."
    for name, text in (("names", "y ~ a + b"), ("contrast", "y ~ C(a, Treatment(reference='b')) + a:b"), ("logarithm", "np.log(y) ~ np.log1p(a) + I(b ** 2)"), ("quoted", 'y ~ Q("a b") - 1')):
        good(f"statsmodels_formula_{name}", formula(text))
    for name, text in (("call", "y ~ exec('1')"), ("attribute", "y ~ np.os.system(a)"), ("attribute_call", "y ~ a.mean()"), ("method", "y ~ C(a).x()"), ("item", "y ~ a[0]"), ("chain", "y ~ (a)(b)"), ("escape", "y ~ Q('\\x61')"),
                       ("text_call", "y ~ 'a'('b')"), ("open", "y ~ Q('a"), ("brace", "y ~ {exec(1)}"), ("backtick", "y ~ `a`"), ("other_module", "y ~ sm.log(a)"), ("walrus", "y ~ (a := b)")):
        evil(f"statsmodels_formula_{name}", formula(text))
    evil("fraction_of_a_billion_digits", P4 + call("fractions", "Fraction", s("1e999999999")) + b".")
    good("fraction_of_text", P4 + call("fractions", "Fraction", s("-1/3")) + b".")
    evil("zone_by_path", P2 + g("pytz", "_p") + b"(X\x10\0\0\0../../etc/passwdtR.")
    good("type_of_none", P4 + call("builtins", "type", b"N") + b".")
    evil("type_of_three", P4 + call("builtins", "type", s("X"), b")", b"}") + b".")
    evil("type_of_object", P4 + call("builtins", "type", ODICT) + b".")
    place = sg("joblib.memory", "Memory") + b")\x81}(" + s("location")
    good("cache_without_location", P4 + place + b"N" + s("store_backend") + b"Nub.")
    evil("cache_with_location", P4 + place + s("/tmp/x") + b"ub.", verdict="suspicious")
    evil("statsmodels_formula", P4 + sg("statsmodels.base.data", "ModelData") + b")\x81}" + s("formula") + s("print(1)") + b"sb.")
    evil("bytes_of_a_number", P4 + call("builtins", "bytes", b"J\xff\xff\xff\x7f") + b".")
    evil("text_in_a_codec", P4 + call("builtins", "bytearray", s("x"), s("rot13")) + b".")
    evil("array_of_a_petabyte", P4 + call("numpy.core.multiarray", "_reconstruct", sg("numpy", "ndarray"), b"\x8a\x07\0\0\0\0\0\0\x04\x85", b"C\x01b") + b".")
    hooks = ODICT + b"(K\x01" + sg("numpy", "log1p") + b"u"
    evil("torch_backward_hooks", P4 + call("torch._utils", "_rebuild_parameter", b"N", b"\x88", hooks) + b".")


def containers():
    plain = P4 + CWD + b"."
    evil("trailing_archive", P4 + b"N.0" + npz([("a", b"x")]), suffix=".bin", verdict="suspicious")
    evil("packed_gzip", gzip.compress(plain, mtime=0), suffix=".pkl.gz")
    evil("packed_zlib", zlib.compress(plain), suffix=".pkl.z")
    evil("packed_bzip2", bz2.compress(plain), suffix=".pkl.bz2")
    evil("packed_xz", lzma.compress(plain), suffix=".pkl.xz")
    evil("packed_lzma", lzma.compress(plain, lzma.FORMAT_ALONE), suffix=".pkl.lzma")
    evil("packed_in_two_members", gzip.compress(plain[:5], mtime=0) + gzip.compress(plain[5:], mtime=0), suffix=".pkl.gz")
    evil("packed_then_cut", gzip.compress(plain + bytes(5000), 0, mtime=0)[:-2000], suffix=".pkl.gz")
    evil("packed_wrong_checksum", gzip.compress(plain, mtime=0)[:-8] + bytes(8), suffix=".pkl.gz")
    evil("packed_wrong_suffix", gzip.compress(plain, mtime=0), suffix=".joblib")
    evil("second_stream", P4 + b"N." + P4 + CWD + b".")
    evil("second_stream_after_padding", P4 + b"N." + bytes(64) + P4 + CWD + b".")
    evil("tenth_stream", (P4 + b"N.") * 9 + P4 + CWD + b".")
    evil("second_stream_then_broken", P4 + b"N." + P4 + CWD + b"\xff")
    evil("trailing_garbage", P4 + b"N." + b"\xff\xfe\xfd", verdict="suspicious")
    evil("named_as_safetensors", P4 + CWD + b".", suffix=".safetensors")
    evil("named_as_text", P4 + CWD + b".", suffix=".txt")
    evil("no_proto_named_as_text", g("os", "getcwd") + b"(tR.", suffix=".txt")
    evil("frame_hides_payload", P4 + b"\x95" + u64(2) + b"N0" + CWD + b".")
    evil("frame_too_long_after_call", P4 + CWD + b"\x95" + u64(1 << 40) + b".")
    broken("packed_cut", gzip.compress(P4 + b"(" + b"K\x01" * 3000 + b"t.", mtime=0)[:-9], suffix=".pkl.gz")
    broken("packed_wrong_checksum", gzip.compress(P4 + b"N.", mtime=0)[:-8] + bytes(8), suffix=".pkl.gz")


def npy(descr, shape, data, order="False", version=b"\x01\x00"):
    header = f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}".encode()
    header += b" " * (63 - (10 + len(header)) % 64) + b"\n"
    length = struct.pack("<H" if version[0] == 1 else "<I", len(header))
    return b"\x93NUMPY" + version + length + header + data


def npz(members, damage=None):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), data)
    return damage(out.getvalue()) if damage else out.getvalue()


def archives():
    plain, objects = npy("'<f8'", "(2,)", bytes(16)), npy("'|O'", "(1,)", P4 + CWD + b".")
    broken("npy_shape_is_a_number", npy("'<f8'", "3", bytes(24)), suffix=".npy")
    broken("npy_shape_in_brackets", npy("'<f8'", "(3)", bytes(24)), suffix=".npy")
    good("npz", npz([("a.npy", plain), ("b.npy", plain)]), suffix=".npz")
    evil("npz_objects", npz([("a.npy", plain), ("b.npy", objects)]), suffix=".npz")
    evil("npz_pickle_without_suffix", npz([("a.npy", plain), ("b", P4 + CWD + b".")]), suffix=".npz")
    evil("npz_named_as_pickle", npz([("a.npy", objects)]))
    evil("npz_wrong_checksum", npz([("a.npy", objects)], lambda data: data.replace(struct.pack("<I", zlib.crc32(objects)), b"abcd")), suffix=".npz")
    evil("npz_other_local_name", npz([("a.npy", plain)], lambda data: data.replace(b"a.npy", b"x.npy", 1)), suffix=".npz")
    evil("npz_prefix", npz([("a.npy", plain)], lambda data: g("os", "getcwd") + b"(tR." + data), suffix=".npz")
    evil("npz_flag_encrypted", npz([("a.npy", objects)], lambda data: data.replace(b"PK\1\2\x14\x03\x14\0\0\0", b"PK\1\2\x14\x03\x14\0\1\0")), suffix=".npz")
    broken("npz_cut", npz([("a.npy", plain)])[:-30], suffix=".npz")


def arrays():
    good("npy_plain", npy("'<f8'", "(2,)", bytes(16)), suffix=".npy")
    good("npy_scalar_v2", npy("'|u1'", "()", b"x", version=b"\x02\x00"), suffix=".npy")
    good("npy_fields", npy("[('a', '<i4'), (('title', 'b'), '<M8[ns]', (2, 3)), ('c', [('d', '|S5')])]", "(2,)", bytes(114), "True"), suffix=".npy")
    evil("npy_objects_call", npy("'|O'", "(1,)", P4 + CWD + b"."), suffix=".npy")
    evil("npy_objects_in_field_call", npy("[('a', '<i4'), ('b', [('c', '|O')])]", "(1,)", P4 + CWD + b"."), suffix=".npy")
    good("npy_objects_plain", npy("'|O'", "(1,)", P4 + b"]Na."), suffix=".npy")
    evil("npy_named_as_pickle", npy("'|O'", "(1,)", P4 + CWD + b"."))
    evil("npy_trailing", npy("'<f8'", "(1,)", bytes(9)), suffix=".npy", verdict="suspicious")
    broken("npy_too_short", npy("'<f8'", "(2,)", bytes(15)), suffix=".npy")
    broken("npy_expression", npy("__import__('os')", "(2,)", bytes(16)), suffix=".npy")
    broken("npy_shape_overflows", npy("'<f8'", "(4294967296, 4294967296)", bytes(16)), suffix=".npy")
    broken("npy_key_twice", npy("'<f8', 'descr': '|O'", "(2,)", bytes(16)), suffix=".npy")
    broken("npy_version", npy("'<f8'", "(1,)", bytes(8), version=b"\x09\x00"), suffix=".npy")
    broken("npy_cut", npy("'<f8'", "(1,)", bytes(8))[:40], suffix=".npy")
    broken("npy_deep", npy("[('a', " * 40 + "'<f8'" + ")]" * 40, "(1,)", bytes(8)), suffix=".npy")


def malformed():
    broken("empty", b"")
    broken("only_proto", P4)
    broken("text", b"this is not a pickle at all\n")
    broken("proto_6", b"\x80\x06N.")
    broken("unknown_opcode", P4 + b"N\xff.")
    broken("stack_underflow", P4 + b"R.")
    broken("tuple_underflow", P4 + b"N\x86.")
    broken("no_mark", P4 + b"Nt.")
    broken("pop_below_mark", P4 + b"N(R.")
    broken("memo_miss", P4 + b"h\x05.")
    broken("memo_negative", b"Np-1\n.")
    broken("length_too_long", P4 + b"B" + u32(100) + b"abc.")
    broken("length_u64_huge", P4 + b"\x8e" + u64((1 << 64) - 1) + b".")
    broken("binstring_negative", P4 + b"T\xff\xff\xff\xff.")
    broken("long4_negative", P4 + b"\x8b\xff\xff\xff\xff.")
    broken("line_without_end", b"S'abc")
    broken("string_unquoted", b"Sabc\n.")
    broken("string_bad_escape", b"S'\\xZZ'\n.")
    broken("unicode_bad_escape", b"V\\u12\n.")
    broken("int_not_a_number", b"Iabc\n.")
    broken("float_not_a_number", b"Fabc\n.")
    broken("long_too_many_digits", b"L" + b"9" * 5000 + b"L\n.")
    broken("dict_odd", P4 + b"(Nd.")
    broken("setitems_odd", P4 + b"}(Nu.")
    broken("obj_empty", P4 + b"(o.")
    broken("stack_global_of_numbers", P4 + b"K\x01K\x02\x93.")
    broken("frame_too_long", P4 + b"\x95" + u64(1000) + b"N.")
    broken("next_buffer", P5 + b"\x97.")
    broken("readonly_of_nothing", P5 + b"\x98.")
    broken("stop_on_empty", P4 + b".")
    broken("text_no_utf8", P4 + b"\x8c\x02\xc3\x28.")
    broken("text_no_utf8_behind_surrogate", P4 + b"\x8c\x05\xed\xa0\x80\xff\xfe.")
    good("text_surrogates", P4 + b"X" + u32(7) + b"a\xed\xa0\x80\xc3\xa4b.")
    broken("list_as_key", P4 + b"}]Ns.")
    broken("set_of_lists", P4 + b"\x8f(]\x90.")
    broken("frozenset_of_tuple_of_dict", P4 + b"(K\x01}\x86\x91.")
    good("frozensets_in_set", P4 + b"\x8f((\x91\x85\x90.")
    broken("cut_in_the_middle", pickle.dumps({"a": list(range(100))}, 4)[:50])


def partials():
    """functools.partial is allowed of functions that do no harm with any plain arguments, and of nothing else."""
    partial, check, system = sg("functools", "partial"), sg("sklearn.utils.validation", "check_array"), sg("os", "system")
    clip, block = sg("numpy", "clip"), sg("pandas.core.internals.blocks", "new_block")
    keywords = b"}(" + s("dtype") + b"N" + s("copy") + b"\x88u"
    good("partial_of_check_array", P4 + partial + check + b"\x85R(" + check + b")" + keywords + b"Ntb.")
    good("partial_of_numpy", P4 + partial + clip + b"\x85R(" + clip + b"(" + s("id") + b"t" + keywords + b"}tb.")
    good("partial_called_for_a_block", P4 + partial + block + b"\x85R(" + block + b")}" + s("ndim") + b"K\x02sNtb]" + call("builtins", "slice", b"K\x00", b"K\x01", b"N") + b"\x86R.")
    evil("partial_of_system", P4 + partial + system + b"\x85R.")
    evil("partial_swapped_by_build", P4 + partial + check + b"\x85R(" + system + b")}Ntb.")
    evil("partial_swapped_for_another", P4 + partial + check + b"\x85R(" + clip + b")}Ntb.")
    evil("partial_with_arguments", P4 + partial + check + s("id") + b"\x86R.")
    evil("partial_of_a_class", P4 + partial + sg("numpy", "memmap") + b"\x85R.")
    evil("partial_of_a_partial", P4 + partial + partial + clip + b"\x85R(" + clip + b")}Ntb\x85R.")
    evil("partial_called", P4 + partial + clip + b"\x85R(" + clip + b")}Ntb" + s("id") + b"\x85R.")
    evil("partial_with_attributes", P4 + partial + check + b"\x85R(" + check + b")}}" + s("__setstate__") + clip + b"stb.")
    evil("partial_with_a_function", P4 + partial + check + b"\x85R(" + check + b")}(" + s("dtype") + system + b"uNtb.")
    evil("partial_as_a_value", P4 + b"]" + partial + b"a.")
    evil("check_array_called", P4 + check + s("id") + b"\x85R.")


def items_as_attributes():
    """Some subclasses of dict look for attributes among their items, so an item plants a method as BUILD would."""
    for module, name in (("scipy.optimize._optimize", "OptimizeResult"), ("sklearn.utils._bunch", "Bunch"), ("scipy.optimize._zeros_py", "RootResults")):
        made = sg(module, name) + b")\x81"
        evil(f"item_is_setstate_of_{name}", P4 + made + s("__setstate__") + sg("numpy", "clip") + b"s" + s("/etc/passwd") + b"b.")
        evil(f"item_is_array_of_{name}", P4 + made + b"(" + s("__array_interface__") + b"}u.")
        good(f"items_of_{name}", P4 + made + b"(" + s("x") + b"K\x01" + s("update") + b"Nu.")
        rebuilt = g("copy_reg", "_reconstructor") + b"(" + g(module, name) + g("__builtin__", "dict")
        evil(f"rebuilt_items_of_{name}", P2 + rebuilt + b"}X\x0c\0\0\0__setstate__NstR.")
        evil(f"rebuilt_pairs_of_{name}", P2 + rebuilt + b"](X\x0c\0\0\0__setstate__Ntatr.".replace(b"tr.", b"tR."))
        good(f"rebuilt_{name}", P2 + rebuilt + b"}X\x01\0\0\0xNstR.")
        evil(f"made_key_of_{name}", P4 + made + call("numpy", "str_", s("__setstate__")) + b"Ns.")
    evil("made_key_of_state", P4 + sg("catboost.core", "CatBoost") + b")\x81}" + call("builtins", "str", s("__setstate__")) + b"Nsb.")
    good("made_keys_of_data", P4 + b"}" + call("numpy", "str_", s("__setstate__")) + b"Ns.")
    good("counter_of_words", P4 + sg("collections", "Counter") + b"}(" + s("__setstate__") + b"K\x01" + s("append") + b"K\x02u\x85R.")


def arrays_that_do_not_fit():
    """numpy reads beyond a list of objects that is shorter than its shape, and raises for bytes."""
    empty = call("numpy.core.multiarray", "_reconstruct", sg("numpy", "ndarray"), b"K\x00\x85", b(b"b"))

    def array(code, shape, data):
        return P4 + empty + b"(K\x01" + shape + call("numpy", "dtype", s(code), b"\x89", b"\x88") + b"\x89" + data + b"tb."

    good("array_fits", array("f8", b"K\x02\x85", b(bytes(16))))
    good("array_of_objects_fits", array("O8", b"K\x02\x85", b"](NNe"))
    evil("array_of_objects_too_short", array("O8", b"M\xff\xff\x85", b"](NNe"))
    evil("array_of_bytes_too_short", array("f8", b"K\x03\x85", b(bytes(16))))
    evil("array_of_bytes_too_long", array("f8", b"K\x01\x85", b(bytes(16))))
    evil("field_beyond_its_item", P4 + call("numpy", "dtype", s("V8"), b"\x89", b"\x88") + b"(K\x03" + s("|") + b"N" + s("a") + b"\x85}" + s("a")
         + call("numpy", "dtype", s("f8"), b"\x89", b"\x88") + b"M\xff\xff\x86sK\x08K\x01K\x10tb.")
    evil("mapped_file_kept", P4 + sg("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81}" + s("func") + sg("numpy", "memmap") + b"sb.", verdict="suspicious")
    parts = sg("numpy.core.multiarray", "_reconstruct") + sg("numpy", "ndarray") + b"K\x00\x85" + b(b"b") + b"\x87"
    kind = call("numpy", "dtype", s("f8"), b"\x89", b"\x88")
    good("array_by_dill", P4 + sg("dill._dill", "_create_array") + b"(" + parts + b"(K\x01K\x01\x85" + kind + b"\x89" + b(bytes(8)) + b"tNtR.")
    evil("array_by_dill_calls", P4 + call("dill._dill", "_create_array", sg("os", "system"), s("id") + b"\x85", b")", b"N") + b".")
    evil("array_by_dill_of_another_class", P4 + call("dill._dill", "_create_array", sg("numpy.core.multiarray", "_reconstruct"), sg("builtins", "object") + b"K\x00\x85" + b(b"b") + b"\x87", b")", b"N") + b".")
    good("mapped_array", P4 + call("numpy.core.multiarray", "_reconstruct", sg("numpy", "memmap"), b"K\x00\x85", b(b"b")) + b".")
    evil("scalar_too_short", P4 + call("numpy.core.multiarray", "scalar", call("numpy", "dtype", s("f8"), b"\x89", b"\x88"), b(bytes(4))) + b".")
    buffer = call("numpy.core.numeric", "_frombuffer", b(bytes(8)), call("numpy", "dtype", s("f8"), b"\x89", b"\x88"), b"K\x02\x85", s("C"))
    evil("buffer_too_short", P4 + buffer + b".")


def called_later():
    """What a library calls with arguments that the file chooses too, or while it loads."""
    transformer = sg("sklearn.preprocessing._function_transformer", "FunctionTransformer") + b")\x81}"
    evil("class_kept_as_function", P4 + transformer + s("func") + sg("lightgbm.basic", "Booster") + b"sb.", verdict="suspicious")
    good("type_kept_as_function", P4 + transformer + s("func") + sg("numpy", "float32") + b"sb.")
    tensor = call("torch._utils", "_rebuild_tensor", b"N", b"K\x00", b"K\x01\x85", b"K\x01\x85")
    odict = sg("collections", "OrderedDict") + b")R"
    good("tensor_without_hooks", P4 + tensor + b"(\x88N" + odict + b"tb.")
    evil("tensor_with_hooks", P4 + tensor + b"(\x88N" + odict + b"K\x01" + sg("numpy", "log1p") + b"stb.")
    evil("tensor_with_plain_hooks", P4 + tensor + b"(\x88N}K\x01" + sg("numpy", "log1p") + b"stb.")
    evil("parameter_of_another_class", P4 + call("torch._utils", "_rebuild_parameter_with_state", b"N", b"\x89", odict, b"}" + s("__class__") + sg("torch", "Tensor") + b"s") + b".")
    evil("distribution_calls_its_attribute", P4 + sg("scipy.stats._continuous_distns", "norm_gen") + b")\x81}" + s("_attach_argparser_methods") + sg("numpy", "zeros") + b"sb.")
    evil("sparse_matrix_of_a_petabyte", P4 + call("scipy.sparse._csr", "csr_matrix", b"J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86") + b".")
    evil("zone_outside_of_its_folder", P4 + s("zoneinfo") + s("ZoneInfo._unpickle") + b"\x93" + s("../../etc/passwd") + b"\x89\x86R.")


def zones_and_functions():
    """Rows whose function opens or imports what it is told, with everything but the harmless arguments."""
    good("zone_file_by_name_only", P4 + call("dateutil.tz.tz", "tzfile", b"N", s("Europe/Berlin")) + b".")
    evil("zone_file_opened", P4 + call("dateutil.tz.tz", "tzfile", s("/etc/passwd")) + b".")
    evil("zone_file_opened_with_name", P4 + call("dateutil.tz.tz", "tzfile", s("/etc/passwd"), s("x")) + b".")
    good("old_ufunc", P2 + g("numpy.core", "_ufunc_reconstruct") + s("numpy.core._multiarray_umath").replace(b"\x8c\x1c", b"X\x1c\0\0\0") + s("log1p").replace(b"\x8c\x05", b"X\x05\0\0\0") + b"\x86R.")
    evil("old_ufunc_imports", P4 + call("numpy.core", "_ufunc_reconstruct", s("os"), s("system")) + b".")
    evil("old_ufunc_of_numpy_load", P4 + call("numpy.core", "_ufunc_reconstruct", s("numpy"), s("load")) + b".")
    good("regex", P4 + call("re", "_compile", s("a+"), b"K\x20") + b".")
    evil("regex_flag_is_object", P4 + call("re", "_compile", s("a+"), sg("os", "system")) + b".")
    good("text_method_kept", P4 + b"]" + call("builtins", "getattr", sg("builtins", "str"), s("lower")) + b"a.")
    evil("text_method_called", P4 + call("builtins", "getattr", sg("builtins", "str"), s("lower")) + s("x") + b"\x85R.")
    evil("text_method_unlisted", P4 + call("builtins", "getattr", sg("builtins", "str"), s("format")) + b".")
    evil("distribution_shapes", P4 + sg("scipy.stats._continuous_distns", "norm_gen") + b")\x81}" + s("shapes") + s("a):\n import os #") + b"sN\x86b.")
    good("distribution_parameters", P4 + sg("scipy.stats._continuous_distns", "norm_gen") + b")\x81}(" + s("shapes") + s("a, b") + s("momtype") + b"K\x00uN\x86b.")
    data = sg("statsmodels.base.data", "PandasData") + b")\x81}(" + s("restore_model_spec") + b"\x88" + s("formula")
    good("formula_of_names", P4 + data + s("y ~ x1 + x2:x3 - 1") + b"ub.")
    evil("formula_calls", P4 + data + s("y ~ __import__('os').system('id')") + b"ub.")
    evil("formula_with_brackets", P4 + data + s("y ~ x[0]") + b"ub.")
    evil("formula_twice", P4 + data + s("y ~ f(x)") + s("formula") + s("y ~ x") + b"ub.")
    good("data_without_formula", P4 + sg("statsmodels.base.data", "ModelData") + b")\x81}" + s("endog") + b"Nsb.")
    evil("names_in_bytes_that_are_no_text", P4 + b"c\xff\xfe\nx\n)R.", verdict="unparseable")


def honest():
    data = {"text": "ä€\U0001f600", "bytes": b"\0\xff", "ints": [0, -1, 2**31, -(2**63), 2**200, -(2**200)], "floats": [0.5, -1e300, float("inf")],
            "nested": ((), [], {}, (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)), "none": None, "truth": [True, False], "set": {1, 2}, "frozen": frozenset([3])}
    for protocol in range(6):
        if protocol < 4:
            usable = {k: v for k, v in data.items()}
        else:
            usable = data
        good(f"plain_{protocol}", pickle.dumps(usable, protocol))
    import collections
    import datetime
    import decimal
    shared = ["x"] * 3
    loop = []
    loop.append(loop)
    others = [collections.OrderedDict(a=1), collections.Counter("aab"), collections.deque([1], 3), collections.defaultdict(list, {1: [2]}),
              datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc), datetime.timedelta(1), decimal.Decimal("1.5"), complex(1, 2), slice(1, 2),
              range(3), bytearray(b"x"), shared, shared, loop]
    for protocol in range(6):
        good(f"library_{protocol}", pickle.dumps(others, protocol))
    good("deep_lists", b"]" * 100000 + b"a" * 99999 + b".")
    good("long_text_that_looks_evil", P4 + b"X" + u32(18) + b"cos\nsystem\n(S'id'\n" + b".")
    good("two_streams", P4 + b"N." + P4 + b"K\x01.")
    good("padding_after", P4 + b"N." + bytes(100))
    good("packed", gzip.compress(pickle.dumps(data, 4), mtime=0), suffix=".pkl.gz")


def build():
    calls()
    names()
    gadgets()
    hijacks()
    arguments()
    joblib_cases()
    desynchronised()
    attributes()
    containers()
    arrays()
    archives()
    malformed()
    partials()
    items_as_attributes()
    arrays_that_do_not_fit()
    called_later()
    zones_and_functions()
    honest()
    return CASES


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, (data, _) in sorted(build().items()):
        (folder / name).write_bytes(data)
    print(f"{len(CASES)} files in {folder}")


if __name__ == "__main__":
    main()
