#include "lib/base/base.h"

#include "tests/sink/sink_rule.h"

static const char help[] =
    "\nA rule is PLACE[@N] [CONDITION ...] = ACTION\n\n"
    "  PLACE      connect greeting ehlo helo starttls tls auth login mail "
    "rcpt\n"
    "             data body dot rset noop quit; in, out: octets read, written\n"
    "  CONDITION  every:N (or @N)  nth:N  first:N  from:N  chance:0.1\n"
    "             to:a@b.test  to:@b.test  to:user7*  conn:N[-M]  open:N\n"
    "             since:S  until:S  quota:N/S  grey:S  per:conn|user|to\n"
    "             at:N (in, out, body)  sweep:A-B (in, out)\n"
    "  ACTION     NNN text (\\n for more lines; 421 closes)  close NNN text\n"
    "             say TEXT  drop  reset  stall [S]  delay A[-B]  slow N/MS\n"
    "             slow-read N/MS  garbage [N]  corrupt [N]\n"
    "             lose [drop|reset|stall]\n\n"
    "Examples:\n"
    "  rcpt@4=451 4.7.1 later               every fourth recipient\n"
    "  rcpt to:@d1.test chance:0.5=450 4.2.1 busy\n"
    "  rcpt grey:300=451 4.7.1 greylisted   for five minutes\n"
    "  mail quota:100/60 per:user=451 4.7.0 slow down\n"
    "  connect open:3=421 4.3.2 concurrent connections limit exceeded\n"
    "  dot@10=lose stall                    taken, and no reply ever\n"
    "  dot=delay 0-200                      replies take 0 to 200 ms\n"
    "  greeting conn:1-5=slow 1/5000        a tarpit\n"
    "  data=slow-read 1/5000                a window that stays shut\n"
    "  in sweep:1-2000=drop                 a connection for every offset\n"
    "  out sweep:1-500=reset                and the other direction\n"
    "  login until:30=535 5.7.8 no          wrong for half a minute\n"
    "  tls@3=garbage                        instead of a handshake\n"
    "  ehlo=say 250-a\\n250 PIPELINING       other extensions\n";

void
sink_rule_help(FILE *out)
{
	fputs(help, out);
}
