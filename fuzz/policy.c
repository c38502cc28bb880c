/*
 * Policies and watches as clients send them: what is accepted must judge, and the two patterns languages must end.
 */
#include "src/policy/judge.h"
#include "src/policy/watch.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge_something(const policy *p, arena *a)
{
    AUTO(json_release)
    json_t *target =
        json_pack("{s:s, s:[{s:s, s:s, s:s, s:s, s:s, s:[s], s:s, s:f}, {s:s, s:s, s:s}]}", "verdict",
                  "unsafe", "findings", "kind", "vulnerability", "severity", "high", "component", "joblib",
                  "version", "1.0.1", "advisory", "PYSEC-1", "aliases", "CVE-1", "fixed", "", "cvss", 7.5,
                  "kind", "model_threat", "severity", "critical", "call", "posix.system('id')");
    judgement *made;
    size_t count;
    err e;
    assert(target && policy_judge(p, target, a, &made, &count, &e));
    for (size_t i = 0; i < count; i++) assert(made[i].summary.len && made[i].finding.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json_release) json_t *json = NULL;
    AUTO_ARENA arena a;
    arena_init(&a, 64u << 20);
    policy p;
    watch w;
    err e;
    if (!json_decode((bytes){data, size}, "input", &json, &e)) return 0;
    if (policy_read(json, &a, &p, &e)) judge_something(&p, &a);
    watched_item item = {STR("ml-models"), STR("a/b/c/model.pkl"), STR("application/octet-stream")};
    if (watch_normalise(json, &e) && watch_read(json, &a, &w, &e)) (void)watch_covers(&w, &item);
    return 0;
}
