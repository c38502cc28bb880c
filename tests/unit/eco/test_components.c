/*
 * What files tell about components: requirements, Python metadata, dpkg status, os-release, package URLs.
 */
#include "tests/unit/test.h"

#include "base/buf.h"
#include "eco/eco.h"

/* Everything found as text, one component a line, so that a failure shows the difference. */
static bool add_line(void *ctx, const component *c, err *e)
{
    (void)e;
    buf_printf(ctx, "%.*s|%.*s|%s%s", STR_ARG(c->name), STR_ARG(c->version),
               c->version_is_known ? "known" : "open", c->is_declared_only ? "" : "|installed");
    if (c->source_name.len)
        buf_printf(ctx, "|%.*s %.*s", STR_ARG(c->source_name), STR_ARG(c->source_version));
    if (c->licenses.len) buf_printf(ctx, "|%.*s", STR_ARG(c->licenses));
    buf_printf(ctx, "\n");
    return true;
}

static void expect(const char *eco, const char *path, const char *file, const char *wanted)
{
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 20);
    AUTO_BUF buf got;
    buf_init(&got, 1 << 20);
    err e = {0};
    const ecosystem *it = ecosystem_find(str_from_c(eco));
    assert_non_null(it);
    assert_true(it->wants(str_from_c(path)));
    assert_true(
        it->read(&a, str_from_c(path), str_bytes(str_from_c(file)), (component_sink){&got, add_line}, &e));
    buf_add_byte(&got, 0);
    assert_string_equal((const char *)got.data, wanted);
}

static void requirements_read_tells_pins_from_ranges(void **state)
{
    (void)state;
    expect("pypi", "app/requirements.txt",
           "\xef\xbb\xbf# the service\n"
           "Scikit_Learn==0.24.0\r\n"
           "joblib == 1.0.1  # old\n"
           "fastapi>=0.60,<1\n"
           "uvicorn\n"
           "numpy===1.21.0\n"
           "torch==2.0.0+cu118\n"
           "pandas==1.*\n"
           "celery[redis, pytest]==4.4.7\n"
           "importlib-metadata (>=1.0) ; python_version < \"3.8\"\n"
           "tomli==2.0.1;python_version<'3.11'\n"
           "odd==not-a-version\n"
           "both==1.0,>=0.9\n",
           "scikit-learn|0.24.0|known\n"
           "joblib|1.0.1|known\n"
           "fastapi|>=0.60,<1|open\n"
           "uvicorn||open\n"
           "numpy|1.21.0|known\n"
           "torch|2.0.0+cu118|known\n"
           "pandas|==1.*|open\n"
           "celery|4.4.7|known\n"
           "importlib-metadata|>=1.0|open\n"
           "tomli|2.0.1|known\n"
           "odd|not-a-version|known\n"
           "both|==1.0,>=0.9|open\n");
}

static void requirements_read_joins_lines_and_drops_hashes(void **state)
{
    (void)state;
    expect(
        "pypi", "requirements/base.txt",
        "idna==2.8 \\\n"
        "    --hash=sha256:c357b3f628cf53ae2c4c05627ecc484553142ca23264e593d327bcde5e9c3407 \\\n"
        "    --hash=sha256:ea8b7f6188e6fa117537c3df7da9fc686d485087abf6ac197f9c46432f7e4a3c\n"
        "requests==\\\n2.25.1\n"
        "tqdm==4.0 \\\n"
        "# a comment ends what was continued \\\n"
        "certifi==2020.1.1\n"
        "wheel==0.1 \\",
        "idna|2.8|known\nrequests|2.25.1|known\ntqdm|4.0|known\ncertifi|2020.1.1|known\nwheel|0.1|known\n");
}

static void requirements_read_reports_what_names_no_version(void **state)
{
    (void)state;
    expect("pypi", "requirements-dev.txt",
           "-r base.txt\n"
           "--constraint=limits.txt\n"
           "--index-url https://mirror.example/simple\n"
           "--pre\n"
           "-e git+https://git.example/x/tool.git@v1#egg=Tool_Kit[extra]&subdirectory=d\n"
           "-e .\n"
           "https://files.example/wheels/torch-1.13.0%2Bcu117-cp39-cp39-linux_x86_64.whl#sha256=00\n"
           "pip @ https://files.example/pip-22.0.tar.gz\n"
           "onnx @ file:///srv/onnx-1.12.0-cp39-cp39-linux_x86_64.whl ; python_version > '3'\n"
           "./vendored/thing\n"
           "/-1.0-py3-none-any.whl\n"
           "broken[extra==1.0\n"
           "!!!\n",
           "-r base.txt||open\n"
           "--constraint=limits.txt||open\n"
           "tool-kit|git+https://git.example/x/tool.git@v1#egg=Tool_Kit[extra]&subdirectory=d|open\n"
           "-e .||open\n"
           "torch|1.13.0+cu117|known\n"
           "pip|https://files.example/pip-22.0.tar.gz|open\n"
           "onnx|1.12.0|known\n"
           "./vendored/thing||open\n"
           "/-1.0-py3-none-any.whl||open\n"
           "broken|[extra==1.0|open\n"
           "!!!||open\n");
}

static void pypi_metadata_read_stops_at_the_description(void **state)
{
    (void)state;
    expect("pypi", "usr/lib/python3/site-packages/scikit_learn-0.24.0.dist-info/METADATA",
           "Metadata-Version: 2.1\r\nName: scikit_learn\r\nVersion: 0.24.0\r\nSummary: A set of\r\n        "
           "modules: folded\r\nLicense: new BSD\r\n\r\nVersion: 9.9\r\n",
           "scikit-learn|0.24.0|known|installed|new BSD\n");
    expect("pypi", "x/joblib-1.0.1-py3.9.egg-info/PKG-INFO",
           "Metadata-Version: 1.1\nLicense: UNKNOWN\nClassifier: License :: OSI Approved :: BSD "
           "License\nClassifier: Topic :: Software\n",
           "joblib|1.0.1|known|installed|BSD License\n");
    expect("pypi", "x/a.dist-info/METADATA",
           "Name: a\nVersion: 1\nLicense: free text\nLicense-Expression: MIT OR Apache-2.0\n",
           "a|1|known|installed|MIT OR Apache-2.0\n");
    expect("pypi", "x/.dist-info/METADATA", "no field here", "");
}

static void deb_read_takes_what_is_installed_with_its_source(void **state)
{
    (void)state;
    expect("deb", "var/lib/dpkg/status",
           "Package: libc6\nStatus: install ok installed\nSource: glibc (2.36-9)\nVersion: "
           "2.36-9+b1\nDescription: GNU\n lines\n .\n Version: 1\n\n"
           "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\n"
           "Package: zlib1g\nStatus: install ok installed\nSource: zlib\nVersion: 1:1.2.13.dfsg-1+b2\n\n"
           "Package: linux-image\nSource: linux-signed-amd64 (6.1.1+1)\nStatus: install ok "
           "installed\nVersion: 6.1.1-1\n",
           "libc6|2.36-9+b1|known|installed|glibc 2.36-9\n"
           "zlib1g|1:1.2.13.dfsg-1+b2|known|installed|zlib 1:1.2.13.dfsg-1\n"
           "linux-image|6.1.1-1|known|installed|linux 6.1.1+1\n");
    expect("deb", "layer/var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 12.4\n",
           "base-files|12.4|known|installed|base-files 12.4\n");
}

static void ecosystems_want_their_own_files_only(void **state)
{
    (void)state;
    const ecosystem *pypi = ecosystem_find(STR("pypi")), *deb = ecosystem_find(STR("deb"));
    assert_true(pypi->wants(STR("pkg-1.0/PKG-INFO")));
    assert_true(pypi->wants(STR("lib/old.egg-info")));
    assert_false(pypi->wants(STR("a/b/c/PKG-INFO")));
    assert_false(pypi->wants(STR("METADATA")));
    assert_false(pypi->wants(STR("requirements.in")));
    assert_false(deb->wants(STR("var/lib/dpkg/status-old")));
    assert_false(deb->wants(STR("xvar/lib/dpkg/status")));
    assert_false(deb->wants(STR("var/lib/dpkg/status.d/base.md5sums")));
    assert_ptr_equal(ecosystem_find_osv(STR("Debian:12")), deb);
    assert_ptr_equal(ecosystem_find_osv(STR("Ubuntu:22.04:LTS")), deb);
    assert_null(ecosystem_find_osv(STR("npm")));
}

static void os_release_read_takes_quotes_off(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 16);
    str id, version;
    assert_true(os_release_read(&a, str_bytes(STR("PRETTY_NAME=\"D\"\nID=debian\nVERSION_ID=\"12\"\n")), &id,
                                &version));
    assert_true(str_eq(os_release_namespace(&a, id, version), STR("debian:12")));
    assert_true(os_release_read(&a, str_bytes(STR("ID='debian'\nVERSION_CODENAME=trixie\n")), &id, &version));
    assert_true(str_eq(os_release_namespace(&a, id, version), STR("debian:trixie")));
    assert_true(os_release_read(&a, str_bytes(STR("ID=\"wol\\fi")), &id, &version));
    assert_true(str_eq(os_release_namespace(&a, id, version), STR("wolfi")));
    assert_false(os_release_read(&a, str_bytes(STR("NAME=x\n")), &id, &version));
    assert_true(str_eq(os_release_namespace(&a, STR("de\0bian"), STR("12")), STR("de\0bian:12")));
}

static void component_purl_encodes(void **state)
{
    (void)state;
    AUTO_ARENA arena a;
    arena_init(&a, 1 << 16);
    component c = {.eco = ecosystem_find(STR("pypi")),
                   .name = STR("torch"),
                   .version = STR("2.0.0+cu118"),
                   .version_is_known = true};
    assert_true(str_eq(component_purl(&a, &c), STR("pkg:pypi/torch@2.0.0%2Bcu118")));
    c.version_is_known = false;
    assert_true(str_eq(component_purl(&a, &c), STR("pkg:pypi/torch")));
    component d = {.eco = ecosystem_find(STR("deb")),
                   .name = STR("zlib1g"),
                   .version = STR("1:1.2"),
                   .version_is_known = true,
                   .namespace = STR("debian:12")};
    assert_true(str_eq(component_purl(&a, &d), STR("pkg:deb/debian/zlib1g@1:1.2?distro=debian-12")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requirements_read_tells_pins_from_ranges),
        cmocka_unit_test(requirements_read_joins_lines_and_drops_hashes),
        cmocka_unit_test(requirements_read_reports_what_names_no_version),
        cmocka_unit_test(pypi_metadata_read_stops_at_the_description),
        cmocka_unit_test(deb_read_takes_what_is_installed_with_its_source),
        cmocka_unit_test(ecosystems_want_their_own_files_only),
        cmocka_unit_test(os_release_read_takes_quotes_off),
        cmocka_unit_test(component_purl_encodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
