/* clock.h - the shell's clocks. Shell; any thread.
 * Real time (it may jump) is what the node is told; waiting and measuring use the monotonic clock. */
#ifndef ITC_SHELL_CLOCK_H
#define ITC_SHELL_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

uint64_t itc_clock_unix_ms(void);
uint64_t itc_clock_mono_us(void);
/* Monotonic time `wait_ms` from now, for a condition made by itc_clock_cond_init. */
struct timespec itc_clock_deadline(uint32_t wait_ms);
void itc_clock_cond_init(pthread_cond_t *cond);

#endif
