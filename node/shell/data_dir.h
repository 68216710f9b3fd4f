/* data_dir.h - where a node's data lies, and which chain it belongs to. Shell; one thread, at start.
 *
 *     <data-dir>/genesis.itc    the document, kept from the first start on
 *     <data-dir>/...            the store (rocks.h)
 *
 * A folder that holds another chain's genesis is refused and stays untouched. */
#ifndef ITC_SHELL_DATA_DIR_H
#define ITC_SHELL_DATA_DIR_H

#include "node/shell/options.h"
#include "spv/genesis.h"
#include "tools/file.h"

struct itc_data_dir {
    char path[ITC_PATH_MAX];
    bool has_genesis; /* the folder has the document already */
    uint8_t document[ITC_GENESIS_MAX];
    size_t document_len;
    struct itc_genesis genesis; /* borrows document: do not copy the struct */
    struct itc_hash chain;
};

/* Reads the genesis document from --genesis or the data folder, finds the folder, and checks that the two
 * agree. Creates the folder if it is missing; writes nothing in it.
 * Returns 0, or -1 with a sentence in `why`. */
ITC_MUST int itc_data_dir_find(
    struct itc_data_dir *out, const struct itc_options *o, char *why, size_t why_cap);
/* Keeps the document in the folder, once the node has accepted the folder's store. */
ITC_MUST int itc_data_dir_keep_genesis(struct itc_data_dir *d, char *why, size_t why_cap);

#endif
