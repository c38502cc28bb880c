/*
 * Tool of tests/clients/test_advisories.py: lines of two Python versions, separated by a tab, become "<", "=", ">" or "invalid".
 */
#include "eco/pep440.h"

#include <stdio.h>

int main(void)
{
    char line[4096];
    while (fgets(line, sizeof line, stdin)) {
        str text = str_from_c(line), left, right;
        if (str_ends_with(text, STR("\n"))) text.len--;
        str_cut(text, '\t', &left, &right);
        int order = pep440_compare(left, right);
        bool is_valid = pep440_is_valid(left) && pep440_is_valid(right);
        puts(!is_valid ? "invalid" : order < 0 ? "<" : order > 0 ? ">" : "=");
    }
    return 0;
}
