/* scratch.h - the end of a folder that a test or a bench has made for itself. Host only (I/O). */
#ifndef ITC_TOOLS_SCRATCH_H
#define ITC_TOOLS_SCRATCH_H

/* Removes `dir` and all that is in it; links are not followed. 0, or -1 if something is left. */
int itc_scratch_remove(const char *dir);

#endif
