/* genesis_cmd.h - `itcd genesis`: makes a new network, keys and files. Shell; one thread. */
#ifndef ITC_SHELL_GENESIS_CMD_H
#define ITC_SHELL_GENESIS_CMD_H

/* `argv`: what follows "genesis". Returns the exit code: 0 done, 1 it could not be done, 3 wrong usage. */
int itc_genesis_command(int argc, char *const *argv);

#endif
