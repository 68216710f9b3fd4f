#include "node/shell/option_table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1024 /* of a config file */

static void *field_of(const struct itc_option *o, void *target)
{
    return (char *)target + o->offset;
}

static const struct itc_option *find(const struct itc_option_table *t, const char *name, size_t len)
{
    for (size_t i = 0; i < t->count; i++)
        if (strlen(t->options[i].name) == len && memcmp(t->options[i].name, name, len) == 0)
            return &t->options[i];
    return NULL;
}

/* Kinds. */

static int parse_switch(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    (void)value;
    (void)why;
    *(bool *)field = true;
    return 0;
}

static bool print_switch(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    out[0] = '\0';
    return i == 0 && *(const bool *)field;
}

const struct itc_option_kind itc_option_switch = {parse_switch, print_switch};

static int parse_number(void *field, const struct itc_option *o, const char *value, char *why)
{
    char *end;
    errno = 0;
    unsigned long long v = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno || v < o->least || v > o->most) {
        snprintf(why, ITC_OPTION_WHY, "give a whole number from %llu to %llu",
            (unsigned long long)o->least, (unsigned long long)o->most);
        return -1;
    }
    *(uint64_t *)field = v;
    return 0;
}

static bool print_number(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    snprintf(out, ITC_OPTION_TEXT, "%llu", (unsigned long long)*(const uint64_t *)field);
    return i == 0;
}

const struct itc_option_kind itc_option_number = {parse_number, print_number};

bool itc_text_set(struct itc_text *text, const char *value)
{
    if (strlen(value) >= sizeof text->s)
        return false;
    memcpy(text->s, value, strlen(value) + 1);
    return true;
}

bool itc_text_list_add(struct itc_text_list *list, const char *value)
{
    if (list->count == ITC_OPTION_LIST || !itc_text_set(&list->values[list->count], value))
        return false;
    list->count++;
    return true;
}

static int parse_text(void *field, const struct itc_option *o, const char *value, char *why)
{
    (void)o;
    if (itc_text_set(field, value))
        return 0;
    snprintf(why, ITC_OPTION_WHY, "give at most %d bytes", ITC_OPTION_TEXT - 1);
    return -1;
}

static bool print_text(const void *field, size_t i, char out[ITC_OPTION_TEXT])
{
    snprintf(out, ITC_OPTION_TEXT, "%s", ((const struct itc_text *)field)->s);
    return i == 0;
}

const struct itc_option_kind itc_option_text = {parse_text, print_text};

/* Reading. */

void itc_option_defaults(const struct itc_option_table *t, void *target, size_t size)
{
    char why[ITC_OPTION_WHY];
    memset(target, 0, size);
    for (size_t i = 0; i < t->count; i++) {
        const struct itc_option *o = &t->options[i];
        if (o->initial)
            ITC_ASSERT(o->kind->parse(field_of(o, target), o, o->initial, why) == 0);
    }
}

static int set(const struct itc_option *o, void *target, const char *value, const char *place,
    char why[ITC_OPTION_WHY])
{
    char hint[ITC_OPTION_WHY] = "";
    if (o->kind->parse(field_of(o, target), o, value, hint) == 0)
        return 0;
    snprintf(why, ITC_OPTION_WHY, "%.150s: \"%.100s\" is not a value for %s: %.200s", place, value,
        o->name, hint);
    return -1;
}

/* One argument at argv[0], its value perhaps at argv[1]. Returns how many were used, or -1. */
static int read_argument(const struct itc_option_table *t, void *target, int argc,
    char *const *argv, char why[ITC_OPTION_WHY])
{
    const char *arg = argv[0];
    if (strncmp(arg, "--", 2) != 0) {
        snprintf(why, ITC_OPTION_WHY,
            "\"%.100s\": options look like --name value; --help lists them", arg);
        return -1;
    }
    size_t len = strcspn(arg + 2, "=");
    const char *value = arg[2 + len] == '=' ? arg + 2 + len + 1 : NULL;
    const struct itc_option *o = find(t, arg + 2, len);
    if (!o) {
        snprintf(why, ITC_OPTION_WHY, "%.100s: there is no such option; --help lists them", arg);
        return -1;
    }
    if (!o->argument && value) {
        snprintf(why, ITC_OPTION_WHY, "--%s takes no value; write it alone", o->name);
        return -1;
    }
    if (!o->argument || value)
        return set(o, target, value ? value : "", "command line", why) ? -1 : 1;
    if (argc < 2) {
        snprintf(why, ITC_OPTION_WHY, "--%s needs a value: --%s %s", o->name, o->name, o->argument);
        return -1;
    }
    return set(o, target, argv[1], "command line", why) ? -1 : 2;
}

int itc_option_read_arguments(const struct itc_option_table *t, void *target, int argc,
    char *const *argv, char why[ITC_OPTION_WHY])
{
    int used;
    for (int i = 0; i < argc; i += used) {
        used = read_argument(t, target, argc - i, argv + i, why);
        if (used < 0)
            return -1;
    }
    return 0;
}

/* Cuts blanks off both ends, in place. */
static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        len--;
    text[len] = '\0';
    return text;
}

static int read_line(const struct itc_option_table *t, void *target, char *line, const char *place,
    char why[ITC_OPTION_WHY])
{
    char *name = trim(line);
    if (*name == '\0' || *name == '#')
        return 0;
    char *equals = strchr(name, '=');
    if (!equals) {
        snprintf(
            why, ITC_OPTION_WHY, "%.200s: a line reads \"name = value\", or starts with #", place);
        return -1;
    }
    *equals = '\0';
    name = trim(name);
    const struct itc_option *o = find(t, name, strlen(name));
    if (!o || o->arguments_only) {
        snprintf(why, ITC_OPTION_WHY,
            "%.200s: \"%.100s\" is not an option here; --print-config shows those that are", place,
            name);
        return -1;
    }
    return set(o, target, trim(equals + 1), place, why);
}

static int read_lines(const struct itc_option_table *t, void *target, FILE *file, const char *path,
    char why[ITC_OPTION_WHY])
{
    char line[LINE_MAX_BYTES];
    char place[ITC_OPTION_WHY / 2];
    for (unsigned number = 1;; number++) {
        size_t len = 0;
        int c;
        while ((c = getc(file)) != EOF && c != '\n' && c != '\0' && len < sizeof line - 1)
            line[len++] = (char)c;
        line[len] = '\0';
        snprintf(place, sizeof place, "%.180s:%u", path, number);
        if (c != EOF && c != '\n') {
            snprintf(why, ITC_OPTION_WHY, "%s: the line is too long or not text", place);
            return -1;
        }
        if (ferror(file)) {
            snprintf(why, ITC_OPTION_WHY, "%s: cannot be read: %s", place, strerror(errno));
            return -1;
        }
        if (read_line(t, target, line, place, why))
            return -1;
        if (c == EOF)
            return 0;
    }
}

int itc_option_read_file(
    const struct itc_option_table *t, void *target, const char *path, char why[ITC_OPTION_WHY])
{
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(
            why, ITC_OPTION_WHY, "cannot open the config file %.200s: %s", path, strerror(errno));
        return -1;
    }
    int result = read_lines(t, target, file, path, why);
    fclose(file);
    return result;
}

/* Writing. */

void itc_option_help(const struct itc_option_table *t, const void *defaults, FILE *out)
{
    char left[64], value[ITC_OPTION_TEXT];
    for (size_t i = 0; i < t->count; i++) {
        const struct itc_option *o = &t->options[i];
        snprintf(left, sizeof left, "--%s %s", o->name, o->argument ? o->argument : "");
        fprintf(out, "  %-28s %s", left, o->help);
        if (o->kind->print((const char *)defaults + o->offset, 0, value) && *value)
            fprintf(out, " [%s]", value);
        fputc('\n', out);
    }
}

void itc_option_print(const struct itc_option_table *t, const void *target, FILE *out)
{
    char value[ITC_OPTION_TEXT];
    for (size_t i = 0; i < t->count; i++) {
        const struct itc_option *o = &t->options[i];
        if (o->arguments_only)
            continue;
        fprintf(out, "# %s\n", o->help);
        const void *field = (const char *)target + o->offset;
        size_t n = 0;
        while (o->kind->print(field, n, value)) {
            fprintf(out, "%s = %s\n", o->name, value);
            n++;
        }
        if (n == 0)
            fprintf(out, "# %s = %s\n", o->name, o->argument);
        fputc('\n', out);
    }
}
