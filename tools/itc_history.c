#include "tools/itc_history.h"

#include "tools/file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_CHARS 256

/* The whole log; one per process, so it need not live on the heap. */
static struct itc_history_entry all[ITC_HISTORY_MAX];

static int format_line(char line[LINE_MAX_CHARS], const struct itc_history_entry *e)
{
    char id[65], to[65];
    itc_hex_encode(id, e->id.b, 32);
    itc_hex_encode(to, e->to.b, 32);
    return snprintf(line, LINE_MAX_CHARS, "%" PRIu64 " %s %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n",
        e->time_ms, id, e->seq, e->valid_until, e->amount.grains, to);
}

static bool parse_line(struct itc_history_entry *e, const char *line)
{
    char id[65], to[65];
    int n = sscanf(line, "%" SCNu64 " %64s %" SCNu64 " %" SCNu64 " %" SCNu64 " %64s", &e->time_ms,
        id, &e->seq, &e->valid_until, &e->amount.grains, to);
    return n == 6 && !itc_hex_decode(e->id.b, 32, id, strlen(id)) &&
           !itc_hex_decode(e->to.b, 32, to, strlen(to));
}

/* Loads the log into `all` and returns the number of entries; what is no entry is passed over. */
static size_t load(const char *dir)
{
    char path[ITC_PATH_MAX], line[LINE_MAX_CHARS];
    size_t count = 0;
    FILE *f = itc_path_join(path, dir, "sent") ? NULL : fopen(path, "re");
    while (f && count < ITC_HISTORY_MAX && fgets(line, sizeof line, f))
        if (parse_line(&all[count], line))
            count++;
    if (f)
        fclose(f);
    return count;
}

static int proof_path(char path[ITC_PATH_MAX], const char *dir, const struct itc_hash *id)
{
    char name[8 + 65] = "proofs/";
    itc_hex_encode(name + 7, id->b, 32);
    return itc_path_join(path, dir, name);
}

/* Replaces the log by `count` entries. */
static int store(const char *dir, const struct itc_history_entry *entries, size_t count)
{
    static char text[ITC_HISTORY_MAX * LINE_MAX_CHARS];
    char path[ITC_PATH_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++)
        len += (size_t)format_line(text + len, &entries[i]);
    int e = itc_path_join(path, dir, "sent");
    return e ? e : itc_file_replace(path, text, len);
}

int itc_history_add(const char *dir, const struct itc_history_entry *e)
{
    size_t count = load(dir), gone = 0;
    char path[ITC_PATH_MAX];
    if (count == ITC_HISTORY_MAX) {
        for (; gone < ITC_HISTORY_MAX / 2; gone++)
            if (!proof_path(path, dir, &all[gone].id))
                unlink(path); /* many never had one */
        memmove(all, all + gone, (count - gone) * sizeof *all);
    }
    all[count - gone] = *e;
    return store(dir, all, count - gone + 1);
}

size_t itc_history_read(const char *dir, struct itc_history_entry *out, size_t max)
{
    size_t count = load(dir);
    size_t n = count < max ? count : max;
    memcpy(out, all + (count - n), n * sizeof *out);
    return n;
}

bool itc_history_find(const char *dir, struct itc_history_entry *out, const struct itc_hash *id)
{
    size_t count = load(dir);
    for (size_t i = 0; i < count; i++) {
        if (itc_hash_equal(&all[i].id, id)) {
            *out = all[i];
            return true;
        }
    }
    return false;
}

int itc_history_keep_proof(
    const char *dir, const struct itc_hash *id, const uint8_t *bytes, size_t len)
{
    char path[ITC_PATH_MAX];
    int e = itc_path_join(path, dir, "proofs");
    if (!e)
        e = itc_dir_make(path);
    if (!e)
        e = proof_path(path, dir, id);
    return e ? e : itc_file_replace(path, bytes, len);
}

int itc_history_read_proof(
    const char *dir, const struct itc_hash *id, uint8_t *out, size_t cap, size_t *len)
{
    char path[ITC_PATH_MAX];
    int e = proof_path(path, dir, id);
    return e ? e : itc_file_read(out, cap, len, path);
}
