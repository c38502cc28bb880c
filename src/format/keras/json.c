/*
 * format/keras/json.c - a configuration's text: decoding as Python would, and what is said when it cannot be decoded.
 */
#include "keras/keras.h"

#include "base/limits.h"
#include "nested.h"

static const char advice[] =
    "Get the file again from its source; a configuration that Keras wrote can be read.";

/* --- decoding ------------------------------------------------------------------------------------------------------------------------------ */

static const char *const numbers_of_python[] = {"-Infinity", "Infinity", "NaN"};

/* Python writes numbers that JSON does not have. Outside of texts they become a number of the same width. */
static void replace_number(char *text, size_t len, size_t *at)
{
    for (size_t i = 0; i < COUNT_OF(numbers_of_python); i++) {
        size_t width = strlen(numbers_of_python[i]);
        if (width > len - *at || memcmp(text + *at, numbers_of_python[i], width) != 0) continue;
        memset(text + *at, ' ', width);
        text[*at] = '0';
        *at += width - 1;
        return;
    }
}

static void replace_numbers(char *text, size_t len)
{
    bool is_text = false;
    for (size_t at = 0; at < len; at++) {
        char c = text[at];
        if (is_text && c == '\\')
            at++;
        else if (c == '"')
            is_text = !is_text;
        else if (!is_text && (c == '-' || c == 'I' || c == 'N'))
            replace_number(text, len, &at);
    }
}

bool keras_json_decode(arena *a, bytes text, json_t **value, err *e)
{
    bytes copy = arena_copy_bytes(a, text);
    if (!copy.data) return err_set(e, ERR_MEMORY, "no memory for a configuration of %zu bytes", text.len);
    char *own = (char *)(uintptr_t)copy.data; /* the arena's, and ours alone */
    replace_numbers(own, copy.len);
    return json_decode_large(copy, LIMIT_ARCHIVE_MEMBER_BYTES, "the configuration", value, e);
}

/* --- reading ------------------------------------------------------------------------------------------------------------------------------- */

static bool name_the_threat(report *r, str member, str text, err *e)
{
    remark m = {.code = "MDL-KER-001", .severity = SEVERITY_HIGH, .member = member, .advice = advice};
    bool has_code = str_contains(text, STR("\"Lambda\"")) || str_contains(text, STR("__lambda__"));
    if (has_code &&
        !nested_say(r, &m, STR("The configuration cannot be read, and it names code of its own"), e))
        return false;
    m.severity = SEVERITY_CRITICAL;
    return !str_contains(text, STR("!!python/")) ||
           nested_say(r, &m, STR("The configuration is YAML that makes Python objects"), e);
}

static bool unreadable(report *r, str member, bytes text, const err *why, err *e)
{
    bool is_twice = str_contains(str_from_c(why->message), STR("duplicate object key"));
    remark m = {.code = "MDL-KER-008",
                .severity = is_twice ? SEVERITY_HIGH : SEVERITY_MEDIUM,
                .member = member,
                .advice = advice,
                .is_unreadable = true};
    return nested_say(r, &m, str_from_c(why->message), e) && name_the_threat(r, member, bytes_str(text), e);
}

bool keras_config_read(report *r, str member, bytes text, unsigned flags, err *e)
{
    AUTO(json_release) json_t *config = NULL;
    err why = {0};
    if (keras_json_decode(r->arena, text, &config, &why))
        return keras_config_walk(r, member, config, flags, e);
    if (why.code == ERR_MEMORY) return err_set(e, ERR_MEMORY, "%s", why.message);
    return unreadable(r, member, text, &why, e);
}

/* --- model.to_json() ----------------------------------------------------------------------------------------------------------------------- */

enum { HEAD_BYTES = 512 };

static bool sniff(const format_input *in)
{
    str text = str_trim(bytes_str(in->content));
    if (text.len < 2 || text.data[0] != '{') return false;
    str head = str_slice(text, 0, HEAD_BYTES);
    /* Keys may come in any order, and the configuration before the class: then the end of the text has it. */
    str tail = str_skip(text, text.len > HEAD_BYTES ? text.len - HEAD_BYTES : 0);
    /* TensorFlow.js keeps the same configuration under another key, beside the list of its weights' files. */
    bool is_of_js = str_contains(head, STR("\"modelTopology\"")) && str_contains(text, STR("\"class_name\""));
    bool has_class =
        is_of_js || str_contains(head, STR("\"class_name\"")) || str_contains(tail, STR("\"class_name\""));
    if (!has_class || !str_contains(text, STR("\"config\""))) return false;
    AUTO_ARENA arena scratch;
    arena_init(&scratch, LIMIT_ARCHIVE_MEMBER_BYTES + MIB);
    AUTO(json_release) json_t *value = NULL;
    if (!keras_json_decode(&scratch, in->content, &value, NULL))
        return is_of_js || str_contains(head, STR("\"class_name\""));
    if (is_of_js && json_object_get(value, "modelTopology")) return true;
    return json_text(value, "class_name").len > 0 && json_object_get(value, "config");
}

static bool read(const format_input *in, report *r, err *e)
{
    return report_fact(r, STR("framework"), STR("keras"), e) &&
           keras_config_read(r, STR_NONE, in->content, KERAS_TELLS, e);
}

const model_format format_keras_config = {
    .name = "keras_config", .title = "Keras configuration", .sniff = sniff, .read = read};
