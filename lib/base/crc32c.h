/*
 * crc32c.h - the CRC of Castagnoli (RFC 3720, B.4), by the processor where it
 * can: half a nanosecond a byte is what a checksum may cost.
 */
#ifndef BASE_CRC32C_H
#define BASE_CRC32C_H

#include "lib/base/base.h"

/* Of what came before and these bytes; `crc` is 0 at the start. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);
/* The same without help of the processor. */
uint32_t crc32c_plain(uint32_t crc, const void *p, size_t n);

#endif
