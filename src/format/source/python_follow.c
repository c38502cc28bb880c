/*
 * format/source/python_follow.c - functions, lambdas and classes of the text: what calling one runs, whichever of them is defined first.
 *
 * Of each function the first thing is kept that would be a finding if an import did it, and whom it calls. A call while importing then walks those
 * edges. What was found harmless is not looked at again until more is known, so the walk is bounded by functions times edges.
 */
#include "source/python_read.h"

enum { WALK_DEPTH = 64 };

int python_new_function(python_reader *p)
{
    if (p->function_count == FUNCTIONS_KEPT) return NO_FUNCTION;
    p->changes++;
    return (int)p->function_count++;
}

int python_method_of(const python_reader *p, size_t owner, str name)
{
    for (size_t i = p->method_count; i > 0; i--)
        if (p->methods[i - 1].owner == owner && str_eq(p->methods[i - 1].name, name))
            return (int)p->methods[i - 1].function;
    return NO_FUNCTION;
}

bool python_is_telling(python_value value)
{
    if (value.what == IS_LOCAL || value.what == IS_CLASS || value.what == IS_COMPUTED) return true;
    if (value.what != IS_NAMED) return false;
    python_deed deed = python_deed_of(value.text);
    return deed == DEED_COMMAND || deed == DEED_EVALUATE;
}

static int callee_of(python_reader *p, const python_edge *edge)
{
    if (edge->name.len == 0) return (int)edge->callee;
    if (edge->owner) return python_method_of(p, edge->owner - 1, edge->name);
    python_value value = python_look_up(p, edge->name);
    bool is_own = value.what == IS_LOCAL || value.what == IS_CLASS;
    return is_own && !value.is_boxed ? (int)value.function : NO_FUNCTION;
}

/* The first thing to tell of what calling it runs, or NULL. */
static python_later *find_later(python_reader *p, size_t function, unsigned depth)
{
    python_later *f = &p->functions[function], *found = NULL;
    if (f->is_set) return f;
    if (f->is_looked_at || f->seen_at == p->changes + 1 || depth == WALK_DEPTH) return NULL;
    f->is_looked_at = true;
    for (size_t i = 0; i < p->edge_count && !found; i++) {
        if (p->edges[i].caller != function) continue;
        int callee = callee_of(p, &p->edges[i]);
        if (callee != NO_FUNCTION) found = find_later(p, (size_t)callee, depth + 1);
    }
    f->is_looked_at = false;
    if (!found) f->seen_at = p->changes + 1;
    return found;
}

static void add_edge(python_reader *p, python_edge edge)
{
    if (p->here.function == NO_FUNCTION || p->edge_count == EDGES_KEPT) return;
    edge.caller = (size_t)p->here.function;
    p->edges[p->edge_count++] = edge;
    p->changes++;
}

void python_call_function(python_reader *p, size_t function)
{
    if (!p->here.at_import && !p->place->is_notebook) {
        add_edge(p, (python_edge){.callee = function});
        return;
    }
    python_later *told = find_later(p, function, 0);
    if (!told) return;
    python_say_later(p, told);
    told->is_set = false; /* once */
    p->changes++;
}

void python_call_unbound(python_reader *p, python_value callee)
{
    if (callee.what == IS_METHOD && callee.owner)
        add_edge(p, (python_edge){.name = callee.text, .owner = callee.owner});
    else if (callee.unbound.len)
        add_edge(p, (python_edge){.name = callee.unbound});
}
