/* Fuzz target: any TZif file; what is taken gives offsets within bounds. */
#include "templates/liquid/liquid_zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {-60000000000000, -1, 0, 1700000000,
	    4102444800, 6000000000000};
	struct zone *zone = zone_parse((struct str){(const char *)data, size});
	size_t i;
	int offset;

	for (i = 0; zone != NULL && i < ARRAY_LEN(times); i++) {
		offset = zone_offset_at(zone, times[i]);
		if (offset > ZONE_OFFSET_MAX + 3600 ||
		    offset < -ZONE_OFFSET_MAX - 3600)
			abort();
	}
	zone_free(zone);
	return 0;
}
