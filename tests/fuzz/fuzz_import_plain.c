/* Fuzz target: any file becomes UTF-8 or is refused, within its bound. */
#include "api/import_plain.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define BYTES_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char text[BYTES_MAX + 1];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum import_encoding encoding =
	    size > 0 ? data[0] % (IMPORT_WINDOWS_1252 + 1) : IMPORT_DETECT;
	struct import_plain p = {memfd_create("plain", 0), P_tmpdir, encoding,
	    BYTES_MAX};
	ssize_t n;
	int fd = -1;

	if (p.fd < 0 || (size > 1 && write(p.fd, data + 1, size - 1) < 0))
		abort();
	if (import_plain_open(&p, &fd, NULL) && fd >= 0) {
		n = read(fd, text, sizeof(text));
		if (n < 0 || n > BYTES_MAX)
			abort();
		if (encoding > IMPORT_UTF8 &&
		    !str_is_utf8((struct str){text, (size_t)n}))
			abort();
		close(fd);
	}
	close(p.fd);
	return 0;
}
