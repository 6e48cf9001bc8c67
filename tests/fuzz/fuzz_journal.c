/* Any bytes in the place of a journal's segment, and of an entry: whatever is
 * called a record lies within them, and reading comes to an end. */
#include "lib/base/base.h"

#include "sender/journal_entry.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_entries(struct str payload)
{
	struct journal_entry e;
	uint16_t type;

	for (type = 0; type < 5; type++)
		if (journal_entry_read(&e, type, payload))
			assert(e.delivery > 0 && e.attempt > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct journal_image image = {data, size, 1, 1};
	size_t offset = JOURNAL_HEADER_SIZE, next;
	struct str payload = {(const char *)data, size};
	uint16_t type;
	int64_t synced;

	read_entries(payload);
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
