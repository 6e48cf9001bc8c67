/* Fuzz target: any file as CSV; rows go forward, and contacts are right. */
#include "api/import_source.h"

#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("csv", 0);
	struct import_source *s;
	struct import_row row;
	int64_t line = 0;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	if (import_source_open(&s, fd, IMPORT_CSV, NULL)) {
		while (import_source_next(s, &row, NULL) == IMPORT_ROW) {
			assert(row.line > line);
			line = row.line;
			assert(row.fault[0] != '\0' ||
			       (str_is_utf8(row.attributes) &&
				   !str_has_control(row.name)));
		}
		assert(import_source_offset(s) == (int64_t)size);
		import_source_free(s);
	}
	close(fd);
	return 0;
}
