#include "lib/base/base.h"

#include "sender/smtp_step.h"

static const struct {
	const char *doing;
	int timeout_s;
	enum phase phase;
} steps[SMTP_STEP__COUNT] = {
    [SMTP_STEP_GREETING] = {"waiting for the greeting", 300, PHASE_CONNECT},
    [SMTP_STEP_EHLO] = {"sending EHLO", 300, PHASE_CONNECT},
    [SMTP_STEP_HELO] = {"sending HELO", 300, PHASE_CONNECT},
    [SMTP_STEP_STARTTLS] = {"sending STARTTLS", 300, PHASE_CONNECT},
    [SMTP_STEP_AUTH] = {"logging in", 300, PHASE_AUTH},
    [SMTP_STEP_MAIL] = {"sending MAIL FROM", 300, PHASE_MAIL},
    [SMTP_STEP_RCPT] = {"sending RCPT TO", 300, PHASE_RCPT},
    [SMTP_STEP_DATA] = {"sending DATA", 120, PHASE_DATA},
    [SMTP_STEP_BODY] = {"sending the message", 600, PHASE_DATA},
    [SMTP_STEP_LONE_DOT] = {"ending an empty message", 600, PHASE_DATA},
    [SMTP_STEP_RSET] = {"sending RSET", 120, PHASE_MAIL},
    [SMTP_STEP_QUIT] = {"sending QUIT", 5, PHASE_CONNECT},
};

const char *
smtp_step_doing(enum smtp_step s)
{
	return steps[s].doing;
}

int
smtp_step_timeout_s(enum smtp_step s)
{
	return steps[s].timeout_s;
}

enum phase
smtp_step_phase(enum smtp_step s)
{
	return steps[s].phase;
}
