/*
 * base/attr.h - the few compiler attributes that the rest of the code is written with.
 */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF(format_at, args_at) __attribute__((format(printf, format_at, args_at)))
#define UNUSED __attribute__((unused))

/* AUTO(fd_close) int fd = -1;  calls fd_close(fd) when the scope is left, however it is left.
 * AUTO_FOR(type, fn) beside the declaration of fn makes it usable that way. fn must accept the empty value. */
#define AUTO(fn) __attribute__((cleanup(fn##_auto)))
#define AUTO_FOR(type, fn)                        \
    UNUSED static inline void fn##_auto(type *it) \
    {                                             \
        fn(*it);                                  \
    }

/* The visible hand-over of an AUTO pointer: the variable is emptied, so leaving the scope releases nothing. */
#define TAKE(pointer)                       \
    __extension__({                         \
        __typeof__(pointer) t_ = (pointer); \
        (pointer) = NULL;                   \
        t_;                                 \
    })

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
