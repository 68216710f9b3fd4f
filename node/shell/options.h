/* options.h - what an operator can set: the options of itcd. Shell; one thread, at start.
 * Later sources win: built-in defaults, config file, arguments. `peer` may be given several times and adds up. */
#ifndef ITC_SHELL_OPTIONS_H
#define ITC_SHELL_OPTIONS_H

#include "node/shell/option_table.h"

struct itc_options {
    struct itc_text data_dir;
    struct itc_text genesis;
    struct itc_text key;
    struct itc_text config;
    struct itc_text peer_listen; /* empty: none, as for the next two */
    struct itc_text service_listen;
    struct itc_text http_listen;
    struct itc_text_list peers;
    uint64_t verify_threads; /* 0: one per processor */
    uint64_t work_threads;
    uint64_t log_level; /* enum itc_log_level */
    bool help, version, print_config;
};

/* `argv`: without the program's name. Returns 0, or -1 with a sentence in `why`. */
ITC_MUST int itc_options_read(
    struct itc_options *out, int argc, char *const *argv, char why[ITC_OPTION_WHY]);
void itc_options_help(FILE *out);
void itc_options_print(const struct itc_options *o, FILE *out);

#endif
