/* disk.h - a simulated disk: what a node wrote, and what of it a loss of power would leave. Uses
 * the heap.
 *
 *     batches:  1  2  3  4  5  6          live     holds all six; the node reads it
 *               \_durable_/               durable  holds four; after a crash it is all there is
 *
 * An image is a copy of what is durable, made at some time, which may be put back in its place.
 *
 * Batches become durable in order, and whole. Nothing becomes durable unless somebody asks: harsher
 * than a real disk, so that a node that forgets to ask is found out. A crash may leave more than that
 * (net.h, keeps_unsynced), up to any batch: the next one was torn.
 *
 * That is what the shell's store promises whichever of the unsynced sectors a disk keeps, of the last
 * write a part, too. RocksDB writes a batch as one record of its log, with a checksum, and at start
 * stops for good at the first record that is cut short or does not add up ("WAL Recovery Modes",
 * kPointInTimeRecovery, RocksDB's wiki), set in node/shell/rocks.c and tried on logs with holes and
 * torn ends in tests/unit/test_shell_rocks.c. */
#ifndef ITC_SIM_DISK_H
#define ITC_SIM_DISK_H

#include "tools/sim/mem_store.h"

struct itc_disk_batch;

struct itc_disk {
    struct itc_mem_store live;
    struct itc_mem_store durable;
    struct itc_disk_batch *first, *last; /* written, not durable; ascending */
    uint64_t written_batch;              /* newest */
    uint64_t durable_batch;
    struct itc_mem_store image;
    bool has_image;
};

void itc_disk_init(struct itc_disk *d);
void itc_disk_free(struct itc_disk *d);
/* Takes a step's batch, if it has one. Its number follows the last one's: asserted. */
void itc_disk_write(struct itc_disk *d, const struct itc_actions *a);
/* Batches up to `batch` are durable from now on. */
void itc_disk_sync(struct itc_disk *d, uint64_t batch);
/* Power is lost: what was not durable is gone, and the next process numbers its batches from 1
 * again. */
void itc_disk_crash(struct itc_disk *d);

/* What happens to a disk while its node is down. A new one takes its place. */
void itc_disk_replace(struct itc_disk *d);
/* Makes the image, also while the node is up; puts it back, if there is one. */
void itc_disk_keep_image(struct itc_disk *d);
bool itc_disk_put_back(struct itc_disk *d);
/* A bit of some stored vote flips, and no checksum notices. False: there is no vote. */
bool itc_disk_rot(struct itc_disk *d, uint32_t chance);

#endif
