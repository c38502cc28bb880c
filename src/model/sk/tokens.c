/*
 * model/sk/tokens.c - reading token patterns, and finding what they match.
 *
 * A pattern is some sequences of steps; a step is a set of characters and how often, or a place. Matching tries the longest count first and falls back, as
 * re does; steps are counted, for a pattern of a hostile file may fall back without end.
 */
#include "sk/tokens.h"

#include <assert.h>

enum { STEPS_MAX = 32, PIECES_MAX = 32, SEQUENCES_MAX = 16, COUNT_MAX = 1000000 };

typedef enum piece_kind { PIECE_RANGE, PIECE_WORD, PIECE_DIGIT, PIECE_SPACE } piece_kind;

typedef struct piece {
    piece_kind kind;
    bool is_not; /* \W and its like */
    uint32_t first, last;
} piece;

typedef enum step_kind { STEP_SET, STEP_BOUND, STEP_NO_BOUND } step_kind;

typedef struct step {
    step_kind kind;
    bool is_not; /* [^...] */
    piece pieces[PIECES_MAX];
    size_t piece_count;
    size_t least, most;
} step;

typedef struct sequence {
    step *steps;
    size_t count;
} sequence;

struct token_pattern {
    sequence sequences[SEQUENCES_MAX];
    size_t count;
};

/* --- reading ------------------------------------------------------------------------------------------------------------- */

typedef struct reading {
    const uint32_t *at, *end;
    str whole;
    arena *memory;
    err *e;
} reading;

static bool refuse(const reading *r, const char *what)
{
    return err_set(r->e, ERR_UNSUPPORTED, "its token_pattern '%.*s' has %s, which is not understood",
                   STR_ARG(str_slice(r->whole, 0, 80)), what);
}

static bool next_is(reading *r, uint32_t c)
{
    if (r->at == r->end || *r->at != c) return false;
    r->at++;
    return true;
}

/* What follows a backslash, as a piece of a set. */
static bool read_escape(reading *r, piece *out)
{
    if (r->at == r->end) return refuse(r, "a backslash at its end");
    uint32_t c = *r->at++;
    switch (c) {
    case 'w':
    case 'W': *out = (piece){.kind = PIECE_WORD, .is_not = c == 'W'}; return true;
    case 'd':
    case 'D': *out = (piece){.kind = PIECE_DIGIT, .is_not = c == 'D'}; return true;
    case 's':
    case 'S': *out = (piece){.kind = PIECE_SPACE, .is_not = c == 'S'}; return true;
    case 't': c = '\t'; break;
    case 'n': c = '\n'; break;
    case 'r': c = '\r'; break;
    default:
        if (c >= 0x80 || character_is_word(c)) return refuse(r, "an escape");
        break;
    }
    *out = (piece){.first = c, .last = c};
    return true;
}

static bool read_piece(reading *r, piece *out)
{
    if (next_is(r, '\\')) return read_escape(r, out);
    *out = (piece){.first = *r->at, .last = *r->at};
    r->at++;
    return true;
}

static bool read_class(reading *r, step *out)
{
    out->is_not = next_is(r, '^');
    for (bool is_first = true; is_first || !next_is(r, ']'); is_first = false) {
        if (r->at == r->end) return refuse(r, "a class without an end");
        if (out->piece_count == PIECES_MAX) return refuse(r, "a class of many pieces");
        if (r->at[0] == '[' ||
            (r->end - r->at > 1 && r->at[0] == r->at[1] && strchr("&|~-", (int)(r->at[0] & 0x7f))))
            return refuse(r, "a set within a class");
        piece *p = &out->pieces[out->piece_count++], last;
        if (!read_piece(r, p)) return false;
        bool is_range = p->kind == PIECE_RANGE && r->end - r->at > 1 && r->at[0] == '-' && r->at[1] != ']';
        if (!is_range) continue;
        r->at++;
        if (!read_piece(r, &last)) return false;
        if (last.kind != PIECE_RANGE || last.first < p->first) return refuse(r, "a range of no characters");
        p->last = last.first;
    }
    return true;
}

/* Digits; `fallback` when there are none. */
static size_t read_count(reading *r, size_t fallback)
{
    size_t count = 0;
    bool any = false;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++, any = true)
        if (count < COUNT_MAX) count = count * 10 + (*r->at - '0');
    return any ? count : fallback;
}

static bool read_repeat(reading *r, step *out)
{
    out->least = out->most = 1;
    if (next_is(r, '+')) {
        out->most = SIZE_MAX;
    } else if (next_is(r, '*')) {
        out->least = 0;
        out->most = SIZE_MAX;
    } else if (next_is(r, '?')) {
        out->least = 0;
    } else if (next_is(r, '{')) {
        out->least = read_count(r, 0);
        out->most = out->least;
        if (next_is(r, ',')) out->most = read_count(r, SIZE_MAX);
        if (!next_is(r, '}') || out->most < out->least) return refuse(r, "a brace that counts nothing");
    } else {
        return true;
    }
    bool again = r->at < r->end && strchr("?+*{", (int)(*r->at < 0x80 ? *r->at : 'x')) != NULL;
    return !again || refuse(r, "a lazy, possessive or repeated count");
}

static bool read_step(reading *r, step *out)
{
    uint32_t c = *r->at;
    bool is_bound = c == '\\' && r->end - r->at > 1 && (r->at[1] == 'b' || r->at[1] == 'B');
    if (is_bound) {
        out->kind = r->at[1] == 'b' ? STEP_BOUND : STEP_NO_BOUND;
        r->at += 2;
        return true;
    }
    if (c == '(' || c == ')') return refuse(r, "a group");
    if (c == '^' || c == '$') return refuse(r, "an anchor");
    if (c == '*' || c == '+' || c == '?' || c == '{') return refuse(r, "a count of nothing");
    if (next_is(r, '[')) {
        if (!read_class(r, out)) return false;
    } else if (next_is(r, '.')) {
        out->is_not = true;
        out->pieces[out->piece_count++] = (piece){.first = '\n', .last = '\n'};
    } else if (!read_piece(r, &out->pieces[out->piece_count++])) {
        return false;
    }
    return read_repeat(r, out);
}

static bool read_sequence(reading *r, sequence *out)
{
    out->steps = arena_alloc_array(r->memory, STEPS_MAX, sizeof *out->steps);
    if (!out->steps) return err_set(r->e, ERR_MEMORY, "no memory for a token_pattern");
    size_t least = 0;
    while (r->at < r->end && *r->at != '|') {
        if (out->count == STEPS_MAX) return refuse(r, "many steps");
        step *s = &out->steps[out->count++];
        if (!read_step(r, s)) return false;
        least += s->kind == STEP_SET ? s->least : 0;
    }
    return least > 0 || refuse(r, "a match of no characters");
}

static void skip_flags(reading *r)
{
    static const uint32_t flags[] = {'(', '?', 'u', ')'};
    if (r->end - r->at >= 4 && memcmp(r->at, flags, sizeof flags) == 0) r->at += 4;
}

bool token_pattern_read(str text, arena *a, token_pattern **out, err *e)
{
    characters points;
    token_pattern *p = arena_alloc(a, sizeof *p);
    if (!p) return err_set(e, ERR_MEMORY, "no memory for a token_pattern");
    if (!characters_of(text, a, &points, e)) return false;
    reading r = {points.at, points.at + points.count, text, a, e};
    skip_flags(&r);
    do {
        if (p->count == SEQUENCES_MAX) return refuse(&r, "many alternatives");
        if (!read_sequence(&r, &p->sequences[p->count++])) return false;
    } while (next_is(&r, '|'));
    *out = p;
    return true;
}

/* --- matching ------------------------------------------------------------------------------------------------------------ */

static bool piece_has(const piece *p, uint32_t c)
{
    switch (p->kind) {
    case PIECE_WORD: return character_is_word(c) != p->is_not;
    case PIECE_DIGIT: return character_is_digit(c) != p->is_not;
    case PIECE_SPACE: return character_is_space(c) != p->is_not;
    default: return c >= p->first && c <= p->last;
    }
}

static bool set_has(const step *s, uint32_t c)
{
    bool found = false;
    for (size_t i = 0; i < s->piece_count && !found; i++) found = piece_has(&s->pieces[i], c);
    return found != s->is_not;
}

static bool is_bound(const characters *text, size_t at)
{
    bool before = at > 0 && character_is_word(text->at[at - 1]);
    bool after = at < text->count && character_is_word(text->at[at]);
    return before != after;
}

typedef struct matching {
    const characters *text;
    size_t *steps_left;
} matching;

/* Recursion is as deep as the sequence has steps. */
static bool match_from(const matching *m, const sequence *q, size_t step_at, size_t at, size_t *end)
{
    if (*m->steps_left == 0) return false;
    (*m->steps_left)--;
    if (step_at == q->count) {
        *end = at;
        return true;
    }
    const step *s = &q->steps[step_at];
    if (s->kind != STEP_SET)
        return is_bound(m->text, at) == (s->kind == STEP_BOUND) && match_from(m, q, step_at + 1, at, end);
    size_t count = 0;
    while (count < s->most && at + count < m->text->count && set_has(s, m->text->at[at + count])) count++;
    *m->steps_left -= count < *m->steps_left ? count : *m->steps_left;
    for (; count >= s->least; count--) {
        if (match_from(m, q, step_at + 1, at + count, end)) return true;
        if (count == 0) break;
    }
    return false;
}

bool token_pattern_next(const token_pattern *p, const characters *text, size_t *at, size_t *first,
                        size_t *steps_left, err *e)
{
    matching m = {text, steps_left};
    for (size_t start = *at; start < text->count; start++)
        for (size_t i = 0; i < p->count; i++) {
            size_t end;
            bool found = match_from(&m, &p->sequences[i], 0, start, &end);
            if (*steps_left == 0)
                return err_set(e, ERR_UNPROCESSABLE,
                               "the model's token_pattern takes too many steps on this text");
            if (!found) continue;
            *first = start;
            *at = end;
            return true;
        }
    *at = text->count;
    return false;
}
