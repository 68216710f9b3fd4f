/* bad_disk.h - a disk that fails from now on, for this process alone: its store's, RocksDB's. It takes its time before it
 * does, as disks do. For children that are to die of it. */
#ifndef ITC_TESTS_BAD_DISK_H
#define ITC_TESTS_BAD_DISK_H

/* Nothing is made durable any more: each fsync and fdatasync fails. */
void bad_disk_syncs(void);
/* It is full: each write to a file fails. */
void bad_disk_writes(void);

#endif
