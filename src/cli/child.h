/*
 * cli/child.h - the hidden command behind the spawner's children.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

int child_run(int argc, char **argv);

#endif
