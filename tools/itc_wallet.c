#include "tools/itc_wallet.h"

#include "spv/cursor.h"
#include "spv/sign.h"
#include "tools/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

_Static_assert(sizeof((struct itc_wallet *)0)->why >= ITC_KEYFILE_WHY, "reasons are passed on");

#define STATE_VERSION 1
#define STATE_MAX (51 + ITC_LIGHT_MAX + ITC_OUTBOX_BYTES)
#define CONFIG_MAX 4096
#define PACE_DEFAULT_MS 1000

/* Leaves a sentence in w->why; always false. */
static bool __attribute__((format(printf, 2, 3)))
fail(struct itc_wallet *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->why, sizeof w->why, format, args);
    va_end(args);
    return false;
}

/* Path of a file of the wallet; its directory was checked to leave room for the name. */
static const char *path_of(struct itc_wallet *w, char path[ITC_PATH_MAX], const char *name)
{
    int e = itc_path_join(path, w->dir, name);
    ITC_ASSERT(e == 0);
    return path;
}

static bool set_dir(struct itc_wallet *w, const char *dir)
{
    w->lock_fd = -1;
    if (strlen(dir) == 0 || strlen(dir) + 128 > sizeof w->dir)
        return fail(w, "the name of the wallet's directory is empty or too long");
    snprintf(w->dir, sizeof w->dir, "%s", dir);
    return true;
}

static bool take_lock(struct itc_wallet *w)
{
    char path[ITC_PATH_MAX];
    w->lock_fd = open(path_of(w, path, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (w->lock_fd < 0)
        return fail(w, "cannot open %s: %s", path, strerror(errno));
    while (flock(w->lock_fd, LOCK_EX) < 0)
        if (errno != EINTR)
            return fail(w, "cannot lock %s: %s", path, strerror(errno));
    return true;
}

void itc_wallet_unlock(struct itc_wallet *w)
{
    if (w->lock_fd >= 0)
        close(w->lock_fd);
    w->lock_fd = -1;
}

bool itc_wallet_save(struct itc_wallet *w)
{
    uint8_t bytes[STATE_MAX], light[ITC_LIGHT_MAX], outbox[ITC_OUTBOX_BYTES];
    size_t len, light_len = itc_light_encode(light, &w->light);
    struct itc_writer out = itc_writer_of(bytes, sizeof bytes);
    itc_write_u8(&out, STATE_VERSION);
    itc_write_bytes(&out, w->key.b, sizeof w->key.b);
    itc_write_u64(&out, w->first_index);
    itc_write_u64(&out, w->first_time_ms);
    itc_write_u16(&out, (uint16_t)light_len);
    itc_write_bytes(&out, light, light_len);
    itc_write_bytes(&out, outbox, itc_outbox_encode(outbox, &w->outbox));
    enum itc_err err = itc_writer_end(&out, &len);
    ITC_ASSERT(err == ITC_OK && w->lock_fd >= 0);

    char path[ITC_PATH_MAX];
    int e = itc_file_replace(path_of(w, path, "state"), bytes, len);
    return e ? fail(w, "cannot write %s: %s", path, strerror(e)) : true;
}

static enum itc_err decode_state(struct itc_wallet *w, const uint8_t *bytes, size_t len)
{
    struct itc_reader r = itc_reader_of(bytes, len);
    uint8_t version = itc_read_u8(&r);
    itc_read_copy(&r, w->key.b, sizeof w->key.b);
    w->first_index = itc_read_u64(&r);
    w->first_time_ms = itc_read_u64(&r);
    size_t light_len = itc_read_u16(&r);
    const uint8_t *light = itc_read_bytes(&r, light_len);
    if (!light)
        return ITC_E_TRUNCATED;
    if (version != STATE_VERSION)
        return ITC_E_VERSION;
    enum itc_err e = itc_light_decode(&w->light, light, light_len);
    return e ? e : itc_outbox_decode(&w->outbox, r.at, r.left);
}

static bool read_state(struct itc_wallet *w)
{
    uint8_t bytes[STATE_MAX];
    size_t len;
    char path[ITC_PATH_MAX];
    if (access(path_of(w, path, "key"), F_OK) < 0)
        return fail(
            w, "there is no wallet in %s. Make one with: itc init --network light.itc", w->dir);
    int e = itc_file_read(bytes, sizeof bytes, &len, path_of(w, path, "state"));
    if (e)
        return fail(w, "cannot read %s: %s", path, strerror(e));
    enum itc_err err = decode_state(w, bytes, len);
    if (err)
        return fail(w,
            "%s is damaged (%s). Keep %s/key, and make a new wallet from it in another directory: "
            "itc --dir NEW init --network light.itc --key %s/key",
            path, itc_err_name(err), w->dir, w->dir);
    return true;
}

bool itc_wallet_open(struct itc_wallet *w, const char *dir)
{
    return set_dir(w, dir) && read_state(w);
}

bool itc_wallet_lock(struct itc_wallet *w)
{
    struct itc_light seen = w->light;
    if (!take_lock(w) || !read_state(w)) {
        itc_wallet_unlock(w);
        return false;
    }
    if (seen.header.index > w->light.header.index)
        w->light = seen;
    return true;
}

bool itc_wallet_keep(struct itc_wallet *w)
{
    if (!itc_wallet_lock(w))
        return false;
    bool saved = itc_wallet_save(w);
    itc_wallet_unlock(w);
    return saved;
}

static bool read_network(struct itc_wallet *w, const char *network)
{
    uint8_t bytes[ITC_LIGHT_MAX];
    size_t len;
    int e = itc_file_read(bytes, sizeof bytes, &len, network);
    if (e)
        return fail(w, "cannot read %s: %s", network, strerror(e));
    enum itc_err err = itc_light_decode(&w->light, bytes, len);
    if (err)
        return fail(w, "%s is not a light.itc file (%s); `itcd genesis` writes one", network,
            itc_err_name(err));
    w->first_index = w->light.header.index;
    w->first_time_ms = w->light.header.time_ms;
    return true;
}

/* The state first: a wallet exists once its key does, and then lacks nothing. */
static bool create_files(struct itc_wallet *w, const struct itc_secret *secret)
{
    char path[ITC_PATH_MAX];
    if (access(path_of(w, path, "key"), F_OK) == 0)
        return fail(w, "there is a wallet in %s already; nothing was changed. Choose another --dir",
            w->dir);
    struct itc_signer signer;
    enum itc_err err = itc_signer_init(&signer, secret);
    if (err)
        return fail(w, "the key is not valid (%s)", itc_err_name(err));
    w->key = signer.key;
    itc_signer_wipe(&signer);
    if (!itc_wallet_save(w))
        return false;
    return itc_keyfile_create(path, secret, w->why) == 0;
}

bool itc_wallet_create(
    struct itc_wallet *w, const char *dir, const char *network, const char *import)
{
    struct itc_secret secret;
    w->outbox.count = 0;
    if (!set_dir(w, dir) || !read_network(w, network))
        return false;
    if (import ? itc_keyfile_read(&secret, import, w->why) : itc_keyfile_generate(&secret, w->why))
        return false;
    int e = itc_dir_make(w->dir);
    bool made = e ? fail(w, "cannot create %s: %s", w->dir, strerror(e))
                  : take_lock(w) && create_files(w, &secret);
    itc_wallet_unlock(w);
    itc_wipe(&secret, sizeof secret);
    return made;
}

bool itc_wallet_sign(struct itc_wallet *w, struct itc_tx *tx, uint8_t *bytes, size_t cap,
    size_t *len, struct itc_hash *id)
{
    struct itc_secret secret;
    struct itc_signer signer;
    char path[ITC_PATH_MAX];
    if (itc_keyfile_read(&secret, path_of(w, path, "key"), w->why))
        return false;
    enum itc_err err = itc_signer_init(&signer, &secret);
    itc_wipe(&secret, sizeof secret);
    if (err || !itc_key_equal(&signer.key, &w->key)) {
        itc_signer_wipe(&signer);
        return fail(w, "%s is not the key that this wallet was made with", path);
    }
    tx->issuer = w->key;
    err = itc_tx_encode(bytes, cap, len, tx);
    if (!err) {
        itc_tx_id(id, &w->light.chain, bytes, *len);
        itc_signer_sign(&signer, id, &tx->sig);
        err = itc_tx_encode(bytes, cap, len, tx);
    }
    itc_signer_wipe(&signer);
    return err ? fail(w, "this transaction cannot be written (%s): %s", itc_err_name(err),
                     itc_err_text(err))
               : true;
}

uint64_t itc_wallet_valid_until(const struct itc_wallet *w, uint32_t minutes)
{
    const struct itc_header *now = &w->light.header;
    uint64_t pace_ms = PACE_DEFAULT_MS;
    if (now->index > w->first_index && now->time_ms > w->first_time_ms)
        pace_ms = (now->time_ms - w->first_time_ms) / (now->index - w->first_index);
    uint64_t milestones = (uint64_t)minutes * 60000 / (pace_ms ? pace_ms : 1);
    if (milestones < ITC_WALLET_VALID_MIN)
        milestones = ITC_WALLET_VALID_MIN;
    return now->index + milestones;
}

bool itc_wallet_node(const struct itc_wallet *w, char *url, size_t cap)
{
    char path[ITC_PATH_MAX], line[256], word[128];
    if (itc_path_join(path, w->dir, "config"))
        return false;
    FILE *f = fopen(path, "re");
    bool found = false;
    while (f && !found && fgets(line, sizeof line, f))
        found = sscanf(line, " node = %127s", word) == 1 && strlen(word) < cap;
    if (f)
        fclose(f);
    if (found)
        memcpy(url, word, strlen(word) + 1);
    return found;
}

bool itc_wallet_set_node(struct itc_wallet *w, const char *url)
{
    char path[ITC_PATH_MAX], text[256];
    int n = snprintf(text, sizeof text, "# Which node this wallet asks.\nnode = %s\n", url);
    ITC_ASSERT(n > 0 && (size_t)n < sizeof text);
    int e = itc_file_replace(path_of(w, path, "config"), text, (size_t)n);
    return e ? fail(w, "cannot write %s: %s", path, strerror(e)) : true;
}
