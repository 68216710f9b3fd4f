/* replay.c - runs a fuzz target over the files of its corpus, so that any compiler's tests include what the fuzzer
 * once found.  usage: replay_<name> FOLDER */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_MAX_BYTES (1 << 20)

static void fail(const char *what, const char *path)
{
    fprintf(stderr, "replay: %s: %s\n", path, what);
    exit(1);
}

static void replay(const char *path)
{
    static uint8_t bytes[FILE_MAX_BYTES];
    FILE *f = fopen(path, "rb");
    if (!f)
        fail("cannot be opened", path);
    size_t len = fread(bytes, 1, sizeof bytes, f);
    if (ferror(f) || len == sizeof bytes)
        fail("cannot be read, or is too large", path);
    fclose(f);
    /* A block of just this size lets the address sanitizer see a read past its end. */
    uint8_t *exact = malloc(len > 0 ? len : 1);
    if (!exact)
        fail("no memory", path);
    for (size_t i = 0; i < len; i++)
        exact[i] = bytes[i];
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    if (argc != 2)
        fail("usage: replay_<name> FOLDER", argv[0]);
    DIR *folder = opendir(argv[1]);
    if (!folder)
        fail("no such folder", argv[1]);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        replay(path);
        count++;
    }
    closedir(folder);
    printf("%u files replayed\n", count);
    if (count == 0)
        fail("an empty corpus tests nothing", argv[1]);
    return 0;
}
