/* key_cmd.h - `itcd key`: a validator's key, and what others may know of it. Shell; one thread. */
#ifndef ITC_SHELL_KEY_CMD_H
#define ITC_SHELL_KEY_CMD_H

/* `argv`: what follows "key". Returns the exit code: 0 done, 1 it could not be done, 3 wrong usage. */
int itc_key_command(int argc, char *const *argv);

#endif
