/* option_table.h - one table describes an option everywhere: on the command line, as a line of the config
 * file, in --help, in --print-config. Shell; one thread, at start.
 *
 *     { name, argument, default, help, kind, place in the program's struct }
 *
 *       command line     --name value   --name=value       (--name for a switch)
 *       config file       name = value                      # comment lines; an empty value is allowed
 *
 * Defaults are text in the table and go through the same parser as everything else. All functions that can
 * fail return 0, or -1 with a sentence in `why` that names the place and what to do. */
#ifndef ITC_SHELL_OPTION_TABLE_H
#define ITC_SHELL_OPTION_TABLE_H

#include "spv/base.h"

#include <stdio.h>

#define ITC_OPTION_WHY 512  /* bytes of a reason, NUL included */
#define ITC_OPTION_TEXT 256 /* bytes of a value, NUL included */
#define ITC_OPTION_LIST 64  /* values of a repeated option */

struct itc_option;

/* How an option's value is read and written. */
struct itc_option_kind {
    /* Puts `value` in `field`. Returns 0, or -1 with what a good value looks like in `why`. */
    int (*parse)(void *field, const struct itc_option *o, const char *value, char *why);
    /* Writes the i-th value of `field` as text; false: there are no more. */
    bool (*print)(const void *field, size_t i, char out[ITC_OPTION_TEXT]);
};

struct itc_option {
    const char *name;
    const char *argument; /* "FILE"; NULL: a switch, set by being there */
    const char *initial;  /* default; NULL: what the program puts there, else zero */
    const char *help;     /* one line */
    const struct itc_option_kind *kind;
    size_t offset;        /* of its field in the program's struct */
    uint64_t least, most; /* numbers only */
    bool arguments_only;  /* not a line of the config file */
};

struct itc_option_table {
    const struct itc_option *options;
    size_t count;
};

/* Kinds, with the type of their field. */
extern const struct itc_option_kind itc_option_switch; /* bool */
extern const struct itc_option_kind itc_option_number; /* uint64_t, least .. most */
struct itc_text {
    char s[ITC_OPTION_TEXT];
};
extern const struct itc_option_kind itc_option_text; /* struct itc_text */
struct itc_text_list {
    size_t count;
    struct itc_text values[ITC_OPTION_LIST];
};
/* Appends; false: full, or too long. For kinds that accumulate. */
ITC_MUST bool itc_text_list_add(struct itc_text_list *list, const char *value);
/* Copies a value; false: too long. */
ITC_MUST bool itc_text_set(struct itc_text *text, const char *value);

/* Zeros `target`, which has `size` bytes, and gives each option its default. */
void itc_option_defaults(const struct itc_option_table *t, void *target, size_t size);
/* `argv`: the arguments, without the program's name. */
ITC_MUST int itc_option_read_arguments(const struct itc_option_table *t, void *target, int argc,
    char *const *argv, char why[ITC_OPTION_WHY]);
ITC_MUST int itc_option_read_file(
    const struct itc_option_table *t, void *target, const char *path, char why[ITC_OPTION_WHY]);
/* Names, arguments and help texts, with the values that `defaults` has. */
void itc_option_help(const struct itc_option_table *t, const void *defaults, FILE *out);
/* Writes a config file that gives the same values as `target` has. */
void itc_option_print(const struct itc_option_table *t, const void *target, FILE *out);

#endif
