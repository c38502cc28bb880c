/*
 * main.c - the binary. What it can do is the table in cli/commands.c.
 */
#include "cli/commands.h"

int main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
