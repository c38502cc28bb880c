/*
 * cli/server.h - `assay server`.
 */
#ifndef CLI_SERVER_H
#define CLI_SERVER_H

int server_run(int argc, char **argv);

#endif
