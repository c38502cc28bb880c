/*
 * cli/scan_print.c - the scan document for people: the verdict first, then what was found, worst first, and what to do.
 *
 * All text may come from a hostile file: control characters and bytes that are no text never reach the terminal.
 */
#include "scan.h"

#include "base/limits.h"
#include "format/report.h"
#include "os/file.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct printer {
    buf out;
    const scan_view *view;
    bool is_list; /* of several targets: then "clean" needs no sentence each time */
} printer;

enum { TEXT_SHOWN_BYTES = 400, MODELS_SHOWN = 10, CLEAN_SHOWN = 20 };

static void add_text(printer *p, str text)
{
    scan_text_add(&p->out, text, TEXT_SHOWN_BYTES);
}

static void add_painted(printer *p, const char *colour, const char *text)
{
    if (p->view->coloured)
        buf_printf(&p->out, "\033[%sm%s\033[0m", colour, text);
    else
        buf_add_str(&p->out, str_from_c(text));
}

/* --- findings ---------------------------------------------------------------------------------------------------------------- */

static const char *colour_of(str word)
{
    if (str_eq(word, STR("critical"))) return "1;31";
    if (str_eq(word, STR("high"))) return "31";
    return str_eq(word, STR("medium")) ? "33" : "2";
}

static void add_severity(printer *p, const json_t *f)
{
    char padded[16];
    str word = json_text(f, "severity");
    snprintf(padded, sizeof(padded), "%-8.*s", STR_ARG(str_slice(word, 0, 8)));
    buf_add_str(&p->out, STR("  "));
    add_painted(p, colour_of(word), padded);
    buf_add_str(&p->out, STR("  "));
}

static void add_where(printer *p, const json_t *f)
{
    const json_t *where = json_object_get(f, "where"), *offset = json_object_get(where, "offset");
    const json_t *layer = json_object_get(where, "layer");
    str member = json_text(where, "member");
    if (member.len) {
        buf_add_str(&p->out, STR("  in "));
        add_text(p, member);
    }
    if (layer) buf_printf(&p->out, " (layer %lld)", (long long)json_integer_value(layer) + 1);
    if (offset) buf_printf(&p->out, ", byte %lld", (long long)json_integer_value(offset));
    const json_t *line = json_object_get(where, "line");
    if (line) buf_printf(&p->out, ", line %lld", (long long)json_integer_value(line));
}

static void add_indented(printer *p, const char *label, str text)
{
    if (text.len == 0) return;
    buf_printf(&p->out, "            %s", label);
    add_text(p, text);
    buf_add_byte(&p->out, '\n');
}

static void add_aliases(printer *p, const json_t *f)
{
    size_t i;
    json_t *alias;
    json_array_foreach(json_object_get(f, "aliases"), i, alias)
    {
        str name = {json_string_value(alias), json_string_length(alias)};
        if (!str_starts_with(name, STR("CVE-"))) continue;
        buf_add_str(&p->out, STR(" "));
        add_text(p, name);
    }
}

static void add_vulnerability(printer *p, const json_t *f)
{
    str fixed = json_text(f, "fixed");
    add_severity(p, f);
    add_text(p, json_text(f, "component"));
    buf_add_byte(&p->out, ' ');
    add_text(p, json_text(f, "version"));
    buf_add_str(&p->out, STR("  "));
    add_text(p, json_text(f, "advisory"));
    add_aliases(p, f);
    buf_add_str(&p->out, fixed.len ? STR("  fixed in ") : STR("  no fix is known"));
    add_text(p, fixed);
    add_where(p, f);
    buf_add_byte(&p->out, '\n');
    add_indented(p, "", json_text(f, "title"));
}

static void add_other(printer *p, const json_t *f)
{
    add_severity(p, f);
    add_text(p, json_text(f, "code"));
    buf_add_str(&p->out, STR("  "));
    add_text(p, json_text(f, "title"));
    add_where(p, f);
    buf_add_byte(&p->out, '\n');
    add_indented(p, "calls  ", json_text(f, "call"));
    add_indented(p, "", json_text(f, "advice"));
}

static void add_finding(printer *p, const json_t *f)
{
    if (str_eq(json_text(f, "kind"), STR("vulnerability")))
        add_vulnerability(p, f);
    else
        add_other(p, f);
}

static void add_violation(printer *p, const json_t *v)
{
    add_severity(p, v);
    buf_add_str(&p->out, STR("policy "));
    add_text(p, json_text(v, "policy"));
    buf_add_str(&p->out, STR(", rule "));
    add_text(p, json_text(v, "rule"));
    buf_add_str(&p->out, STR(": "));
    add_text(p, json_text(v, "summary"));
    buf_add_byte(&p->out, '\n');
}

/* Worst first, whatever its kind; the document's own order within a severity. */
static void add_worst_first(printer *p, const json_t *items, void (*add)(printer *p, const json_t *item))
{
    for (int s = SEVERITY_CRITICAL; s >= SEVERITY_INFO; s--) {
        size_t i;
        json_t *item;
        json_array_foreach(items, i, item)
        {
            if (str_eq(json_text(item, "severity"), str_from_c(severity_name((severity)s)))) add(p, item);
        }
    }
}

/* --- targets ----------------------------------------------------------------------------------------------------------------- */

static const struct verdict_words {
    const char *name, *shown, *colour, *sentence,
        *of_many; /* of a file, of a model within an archive or image */
} verdicts[] = {
    {"clean", "clean", "32",
     "safe to load: every call it makes is on the allow-list, and it was read to its last byte",
     "the models in it are safe to load"},
    {"suspicious", "SUSPICIOUS", "33",
     "it was read to its end, and something in it is not known to be harmless",
     "a model in it is not known to be harmless"},
    {"unsafe", "UNSAFE", "1;31", "loading this file would run code that is not the model's",
     "loading a model in it would run code that is not the model\'s"},
    {"unparseable", "UNPARSEABLE", "1;33", "it could not be read to its end, and is treated as unsafe",
     "something in it could not be read to its end, and is treated as unsafe"},
    {"not_a_model", "no model", "2", NULL, NULL},
};

static const struct verdict_words *words_of(const json_t *target)
{
    str name = json_text(target, "verdict");
    for (size_t i = 0; i < COUNT_OF(verdicts); i++)
        if (str_eq(name, str_from_c(verdicts[i].name))) return &verdicts[i];
    return &verdicts[3];
}

static void add_head(printer *p, const json_t *target)
{
    const struct verdict_words *words = words_of(target);
    str format = json_text(target, "format");
    size_t components = json_array_size(json_object_get(target, "components"));
    add_painted(p, words->colour, words->shown);
    buf_add_str(&p->out, STR("  "));
    add_text(p, json_text(target, "path"));
    if (format.len) {
        buf_add_str(&p->out, STR("  "));
        add_text(p, format);
    }
    if (components) buf_printf(&p->out, "  %zu component%s", components, components == 1 ? "" : "s");
    buf_add_byte(&p->out, '\n');
    bool is_many = str_eq(format, STR("image")) || str_eq(format, STR("tar")) || str_eq(format, STR("zip"));
    const char *sentence = is_many ? words->of_many : words->sentence;
    bool is_said = p->is_list && str_eq(str_from_c(words->name), STR("clean"));
    if (sentence && !is_said) buf_printf(&p->out, "  %s\n", sentence);
}

static void add_model(printer *p, const json_t *m)
{
    buf_add_str(&p->out, STR("  model "));
    add_text(p, json_text(m, "path"));
    buf_add_str(&p->out, STR(": "));
    add_text(p, json_text(m, "verdict"));
    buf_add_byte(&p->out, '\n');
}

static void add_models(printer *p, const json_t *target)
{
    const json_t *models = json_object_get(target, "models");
    size_t shown = 0;
    for (int v = VERDICT_UNSAFE; v >= VERDICT_NOT_A_MODEL; v--) {
        size_t i;
        json_t *m;
        json_array_foreach(models, i, m)
        {
            if (!str_eq(json_text(m, "verdict"), str_from_c(verdict_name((verdict)v)))) continue;
            if (shown++ < MODELS_SHOWN) add_model(p, m);
        }
    }
    if (shown > MODELS_SHOWN) buf_printf(&p->out, "  ... and %zu more models\n", shown - MODELS_SHOWN);
}

static bool is_worth_showing(const json_t *target)
{
    return !str_eq(json_text(target, "verdict"), STR("not_a_model")) ||
           json_array_size(json_object_get(target, "findings")) > 0 ||
           json_array_size(json_object_get(target, "components")) > 0 ||
           json_array_size(json_object_get(target, "violations")) > 0;
}

static void add_target(printer *p, const json_t *target)
{
    add_head(p, target);
    add_models(p, target);
    add_worst_first(p, json_object_get(target, "findings"), add_finding);
    add_worst_first(p, json_object_get(target, "violations"), add_violation);
    if (p->view->explain) scan_explain(target, p->view, &p->out);
}

/* --- sums --------------------------------------------------------------------------------------------------------------------- */

static void add_counts(printer *p, const json_t *counts, const char *none)
{
    const char *word;
    json_t *count;
    bool any = false;
    json_object_foreach((json_t *)(uintptr_t)counts, word, count)
    {
        if (json_integer_value(count) == 0) continue;
        buf_printf(&p->out, "%s%lld %s", any ? ", " : "", (long long)json_integer_value(count),
                   strcmp(word, "not_a_model") == 0 ? "no model" : word);
        any = true;
    }
    if (!any) buf_add_str(&p->out, str_from_c(none));
}

static void add_summary(printer *p, const json_t *summary)
{
    const advisory_index *index = p->view->advisories;
    long long targets = json_integer_value(json_object_get(summary, "targets"));
    buf_printf(&p->out, "\n%lld file%s: ", targets, targets == 1 ? "" : "s");
    add_counts(p, json_object_get(summary, "verdicts"), "none");
    buf_add_str(&p->out, STR(". Findings: "));
    add_counts(p, json_object_get(summary, "findings"), "none");
    buf_printf(&p->out, ".\nJudged by %llu advisories, the newest of %.*s%s\n",
               (unsigned long long)index->advisory_count, STR_ARG(str_slice(index->newest_modified, 0, 10)),
               index->is_starter ? " (the starter set; `assay advisories update` fetches them all)." : ".");
}

/* --- all of them -------------------------------------------------------------------------------------------------------------- */

typedef struct ranked {
    const json_t *target;
    int verdict, severity;
    size_t place; /* in the document */
} ranked;

static int worst_severity(const json_t *target)
{
    int worst = -1;
    size_t i;
    json_t *f;
    json_array_foreach(json_object_get(target, "findings"), i, f)
    {
        severity s;
        if (severity_parse(json_text(f, "severity"), &s) && (int)s > worst) worst = (int)s;
    }
    return worst;
}

/* By what it means for whoever wants to load it. */
static int worse_first(const void *left, const void *right)
{
    const ranked *a = left, *b = right;
    if (a->verdict != b->verdict) return b->verdict - a->verdict;
    if (a->severity != b->severity) return b->severity - a->severity;
    return a->place < b->place ? -1 : a->place > b->place;
}

static ranked *rank_targets(const json_t *targets)
{
    ranked *ranks = calloc(json_array_size(targets) + 1, sizeof(*ranks));
    size_t i;
    json_t *target;
    json_array_foreach(targets, i, target)
    {
        verdict v;
        if (!ranks) return NULL;
        if (!verdict_parse(json_text(target, "verdict"), &v)) v = VERDICT_UNPARSEABLE;
        ranks[i] = (ranked){target, (int)v, worst_severity(target), i};
    }
    if (ranks) qsort(ranks, json_array_size(targets), sizeof(*ranks), worse_first);
    return ranks;
}

static void add_verdict_of_all(printer *p, const json_t *document, const json_t *worst)
{
    const struct verdict_words *words = words_of(worst);
    add_painted(p, words->colour, words->shown);
    buf_printf(&p->out, "  %zu files: ", json_array_size(json_object_get(document, "targets")));
    add_counts(p, json_object_get(json_object_get(document, "summary"), "verdicts"), "none");
    buf_add_str(&p->out, STR("\n\n"));
}

static void add_targets(printer *p, const json_t *document, const ranked *ranks)
{
    size_t count = json_array_size(json_object_get(document, "targets")), clean = 0;
    p->is_list = count > 1;
    if (p->is_list) add_verdict_of_all(p, document, ranks[0].target);
    for (size_t i = 0; i < count; i++) {
        if (p->is_list && !is_worth_showing(ranks[i].target)) continue;
        bool is_silent = ranks[i].verdict == VERDICT_CLEAN && ranks[i].severity < 0;
        if (p->is_list && is_silent && ++clean > CLEAN_SHOWN) continue;
        add_target(p, ranks[i].target);
    }
    if (clean > CLEAN_SHOWN) buf_printf(&p->out, "... and %zu more clean files\n", clean - CLEAN_SHOWN);
}

bool scan_print(const json_t *document, const scan_view *view, err *e)
{
    printer p = {.view = view};
    ranked *ranks = rank_targets(json_object_get(document, "targets"));
    if (!ranks) return err_set(e, ERR_MEMORY, "no memory for the report");
    buf_init(&p.out, LIMIT_SCAN_REPORT_BYTES);
    add_targets(&p, document, ranks);
    free(ranks);
    add_summary(&p, json_object_get(document, "summary"));
    bool fine = buf_ok(&p.out, "the report", e) && fd_write_all(STDOUT_FILENO, buf_bytes(&p.out), e);
    buf_done(&p.out);
    return fine;
}
