/*
 * cli/options.c - argv against the table.
 */
#include "cli/options.h"

#include <stdio.h>

static void print_usage(const cli_usage *usage)
{
    printf("usage: %s\n\n%s\n\n", usage->synopsis, usage->about);
    for (size_t i = 0; i < usage->option_count; i++) {
        const cli_option *o = &usage->options[i];
        char left[48];
        snprintf(left, sizeof left, "%s %s", o->name, o->argument ? o->argument : "");
        printf("  %-26s %s\n", left, o->help);
    }
    printf("\nexample:\n  %s\n", usage->example);
}

static const cli_option *find(const cli_usage *usage, str name)
{
    for (size_t i = 0; i < usage->option_count; i++)
        if (str_eq(name, str_from_c(usage->options[i].name))) return &usage->options[i];
    return NULL;
}

static bool list_add(option_list *list, const char *item, const char *name, err *e)
{
    if (list->count == OPTION_LIST_MAX)
        return err_set(e, ERR_INVALID, "more than %d of %s", (int)OPTION_LIST_MAX, name);
    list->items[list->count++] = item;
    return true;
}

/* argv[*at] is an option; its value may be the next argument. */
static bool take_option(const cli_usage *usage, int argc, char **argv, int *at, err *e)
{
    str name = str_from_c(argv[*at]), value = STR_NONE;
    bool attached = str_cut(name, '=', &name, &value);
    const cli_option *o = find(usage, name);
    if (!o) return err_set(e, ERR_INVALID, "unknown option %s; see --help", argv[*at]);
    if (o->flag) {
        if (attached) return err_set(e, ERR_INVALID, "%s takes no value", o->name);
        *o->flag = true;
        return true;
    }
    if (!attached && *at + 1 >= argc)
        return err_set(e, ERR_INVALID, "%s needs %s; see --help", o->name, o->argument);
    const char *text = attached ? value.data : argv[++*at];
    if (o->list) return list_add(o->list, text, o->name, e);
    *o->value = text;
    return true;
}

bool options_parse(const cli_usage *usage, int argc, char **argv, option_list *rest, bool *help, err *e)
{
    bool only_rest = false;
    *help = false;
    for (int i = 1; i < argc; i++) {
        str arg = str_from_c(argv[i]);
        if (!only_rest && (str_eq(arg, STR("--help")) || str_eq(arg, STR("-h")))) {
            print_usage(usage);
            *help = true;
            return true;
        }
        if (!only_rest && str_eq(arg, STR("--"))) {
            only_rest = true;
            continue;
        }
        bool is_option = !only_rest && str_starts_with(arg, STR("--"));
        if (is_option ? !take_option(usage, argc, argv, &i, e) : !list_add(rest, argv[i], "arguments", e))
            return false;
    }
    return true;
}
