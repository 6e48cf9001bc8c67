/* Any bytes in the place of a journal's segment: whatever is called a record
 * lies within them, and reading comes to an end. */
#include "lib/base/base.h"

#include "lib/base/journal_segment.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_image image = {data, size, 1, 1};
	size_t offset = JOURNAL_HEADER_SIZE, next;
	struct str payload;
	uint16_t type;
	int64_t synced;

	(void)journal_image_header(&image, &synced);
	while (journal_image_find(&image, &offset)) {
		assert(journal_image_record(&image, offset, &type, &payload,
		    &next));
		assert(next > offset && payload.n <= JOURNAL_PAYLOAD_MAX);
		assert((const uint8_t *)payload.p + payload.n <= data + size);
		offset = next;
	}
	return 0;
}
