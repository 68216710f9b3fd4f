#include "node/shell/data_dir.h"

#include "node/shell/genesis_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GENESIS_NAME "genesis.itc"

static int read_genesis(struct itc_data_dir *d, const char *path, char *why, size_t why_cap)
{
    int error = itc_file_read(d->document, sizeof d->document, &d->document_len, path);
    if (error) {
        snprintf(why, why_cap, "cannot read the genesis %s: %s; --genesis FILE names it", path,
            strerror(error));
        return -1;
    }
    enum itc_err e = itc_genesis_decode(&d->genesis, d->document, d->document_len);
    if (e) {
        snprintf(why, why_cap, "%s is not a genesis document (%s). %s", path, itc_err_name(e),
            itc_err_text(e));
        return -1;
    }
    itc_genesis_id(&d->chain, d->document, d->document_len);
    return 0;
}

/* ~/.itc/<network> */
static int default_path(struct itc_data_dir *d, char *why, size_t why_cap)
{
    const char *home = getenv("HOME");
    const char *network = itc_network_name(d->genesis.params.network);
    int n = home && *home ? snprintf(d->path, sizeof d->path, "%s/.itc/%s", home, network) : -1;
    if (n > 0 && (size_t)n < sizeof d->path)
        return 0;
    snprintf(why, why_cap, "there is no usable home directory; say where with --data-dir");
    return -1;
}

static int find_path(struct itc_data_dir *d, const struct itc_options *o, char *why, size_t why_cap)
{
    if (o->data_dir.s[0] == '\0')
        return default_path(d, why, why_cap);
    snprintf(d->path, sizeof d->path, "%s", o->data_dir.s);
    return 0;
}

/* The folder's own document must be the one that was given. */
static int compare_kept(struct itc_data_dir *d, const char *kept, char *why, size_t why_cap)
{
    uint8_t bytes[ITC_GENESIS_MAX];
    size_t len;
    int error = itc_file_read(bytes, sizeof bytes, &len, kept);
    if (error == ENOENT)
        return 0;
    if (error) {
        snprintf(why, why_cap, "cannot read %s: %s", kept, strerror(error));
        return -1;
    }
    d->has_genesis = true;
    if (len == d->document_len && memcmp(bytes, d->document, len) == 0)
        return 0;
    snprintf(why, why_cap,
        "%s holds another chain; give another --data-dir, or leave out --genesis to run that chain",
        d->path);
    return -1;
}

int itc_data_dir_find(
    struct itc_data_dir *out, const struct itc_options *o, char *why, size_t why_cap)
{
    char kept[ITC_PATH_MAX];
    bool given = o->genesis.s[0] != '\0';
    out->has_genesis = !given;
    if (!given && o->data_dir.s[0] == '\0') {
        snprintf(why, why_cap,
            "say which chain: --genesis FILE at the first start, or --data-dir DIR of an earlier "
            "one; itcd genesis makes a new chain");
        return -1;
    }
    if (given && read_genesis(out, o->genesis.s, why, why_cap))
        return -1;
    if (find_path(out, o, why, why_cap))
        return -1;
    int error = itc_path_join(kept, out->path, GENESIS_NAME);
    if (!error && given)
        error = itc_dir_make(out->path);
    if (error) {
        snprintf(why, why_cap, "cannot make the data folder %s: %s", out->path, strerror(error));
        return -1;
    }
    return given ? compare_kept(out, kept, why, why_cap) : read_genesis(out, kept, why, why_cap);
}

int itc_data_dir_keep_genesis(struct itc_data_dir *d, char *why, size_t why_cap)
{
    char kept[ITC_PATH_MAX];
    if (d->has_genesis)
        return 0;
    int error = itc_path_join(kept, d->path, GENESIS_NAME);
    if (!error)
        error = itc_file_replace(kept, d->document, d->document_len);
    if (error) {
        snprintf(why, why_cap, "cannot keep the genesis in %s: %s", d->path, strerror(error));
        return -1;
    }
    d->has_genesis = true;
    return 0;
}
