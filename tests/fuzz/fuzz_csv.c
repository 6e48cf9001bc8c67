/* Fuzz target: any file as CSV; rows go forward, and contacts are right. */
#include "api/import_source.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Lines count up; a row without a fault is clean text. */
static void
read_all(struct import_source *s)
{
	struct import_row row;
	int64_t line = 0;

	while (import_source_next(s, &row, NULL) == IMPORT_ROW) {
		if (row.line <= line)
			abort();
		line = row.line;
		if (row.fault[0] == '\0' &&
		    (!str_is_utf8(row.attributes) || str_has_control(row.name)))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("csv", 0);
	struct import_options options;
	struct import_source *s;

	import_options_init(&options);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size ||
	    lseek(fd, 0, SEEK_SET) != 0)
		return 0;
	if (import_source_open(&s, fd, IMPORT_CSV, &options, NULL)) {
		read_all(s);
		if (import_source_offset(s) != (int64_t)size)
			abort();
		import_source_free(s);
	}
	close(fd);
	return 0;
}
