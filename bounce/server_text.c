#include "bounce/server_text.h"

const char *
server_text(struct str text, char out[SERVER_TEXT_MAX])
{
	size_t i, n = text.n < SERVER_TEXT_MAX ? text.n : SERVER_TEXT_MAX - 1;

	for (i = 0; i < n; i++)
		out[i] =
		    text.p[i] >= 0x20 && text.p[i] < 0x7f ? text.p[i] : '?';
	out[n] = '\0';
	return out;
}
