#include "templates/html/html_context.h"

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r';
}

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static void
forget_name(struct html_place *p)
{
	memset(p->name, 0, sizeof(p->name));
	p->name_n = 0;
	p->merged = false;
}

/* A name that is too long is none that we know: its first letters would be
 * taken for one, so the last letter kept is a '*'. */
void
html_place_name_add(struct html_place *p, char c)
{
	if (p->name_n < PLACE_NAME_MAX)
		p->name[p->name_n++] = str_lower_char(c);
	else
		p->name[PLACE_NAME_MAX - 1] = '*';
}

void
html_place_name_last(struct html_place *p, char c, uint8_t letters)
{
	if (p->name_n == letters) {
		memmove(p->name, p->name + 1, letters - 1U);
		p->name_n--;
	}
	html_place_name_add(p, c);
}

bool
html_place_is(const struct html_place *p, const char *name)
{
	return str_eq((struct str){p->name, p->name_n}, str_of(name));
}

static void
go(struct html_place *p, enum place_state state)
{
	p->state = (uint8_t)state;
	p->last = 0;
}

static const char *const element_names[ELEMENT__COUNT] = {
    [ELEMENT_SCRIPT] = "script",
    [ELEMENT_STYLE] = "style",
    [ELEMENT_TITLE] = "title",
    [ELEMENT_TEXTAREA] = "textarea",
    [ELEMENT_XMP] = "xmp",
    [ELEMENT_IFRAME] = "iframe",
    [ELEMENT_NOEMBED] = "noembed",
    [ELEMENT_NOFRAMES] = "noframes",
    [ELEMENT_META] = "meta",
};

static enum place_element
element_of(const struct html_place *p)
{
	int i;

	for (i = ELEMENT_PLAIN + 1; i < ELEMENT__COUNT; i++)
		if (!p->closes && !p->merged &&
		    html_place_is(p, element_names[i]))
			return (enum place_element)i;
	return ELEMENT_PLAIN;
}

/* Behind the '>' of a tag. */
static void
end_tag(struct html_place *p)
{
	enum place_element element = (enum place_element)p->element;

	p->closes = false;
	forget_name(p);
	p->holds = HOLDS_TEXT;
	if (element == ELEMENT_PLAIN || element == ELEMENT_META) {
		p->element = ELEMENT_PLAIN;
		go(p, PLACE_TEXT);
		return;
	}
	go(p, PLACE_RAW);
	if (element == ELEMENT_STYLE)
		p->holds = HOLDS_STYLE;
	if (element == ELEMENT_SCRIPT)
		p->holds = HOLDS_SCRIPT;
	html_value_begin(p);
}

static void
end_value(struct html_place *p)
{
	p->holds = HOLDS_TEXT;
	p->url = p->string = p->quote = 0;
	forget_name(p);
	go(p, PLACE_TAG);
}

/* Behind '<': a tag begins, or text goes on. */
static void
feed_open(struct html_place *p, char c)
{
	if (letter(c)) {
		go(p, PLACE_TAG_NAME);
		html_place_name_add(p, c);
	} else if (c == '/' && !p->closes) {
		p->closes = true;
	} else if (c == '!' || c == '?' || (p->closes && c != '>')) {
		p->closes = false;
		go(p, PLACE_MARKUP);
		p->last = c == '!' ? (uint8_t)c : 0;
	} else if (c != '<' || p->closes) {
		p->closes = false;
		go(p, PLACE_TEXT);
	}
}

static void
feed_tag_name(struct html_place *p, char c)
{
	if (!blank(c) && c != '/' && c != '>') {
		html_place_name_add(p, c);
		return;
	}
	p->element = (uint8_t)element_of(p);
	forget_name(p);
	go(p, PLACE_TAG);
	if (c == '>')
		end_tag(p);
}

/* Between attributes, in a name and behind it. */
static void
feed_name(struct html_place *p, char c)
{
	if (c == '>') {
		end_tag(p);
	} else if (c == '/') {
		forget_name(p);
		go(p, PLACE_TAG);
	} else if (blank(c)) {
		if (p->state == PLACE_NAME)
			go(p, PLACE_EQUALS);
	} else if (c == '=' && p->state != PLACE_TAG) {
		go(p, PLACE_BEFORE);
	} else {
		if (p->state != PLACE_NAME)
			forget_name(p);
		go(p, PLACE_NAME);
		html_place_name_add(p, c);
	}
}

static void
begin_value(struct html_place *p, char quote)
{
	go(p, PLACE_VALUE);
	p->quote = (uint8_t)quote;
	p->holds = (uint8_t)html_value_of(p);
	html_value_begin(p);
}

static void
feed_before(struct html_place *p, char c)
{
	if (blank(c))
		return;
	if (c == '>') {
		end_tag(p);
		return;
	}
	begin_value(p, c == '"' || c == '\'' ? c : '\0');
	if (p->quote == 0)
		html_value_byte(p, c);
}

static void
feed_value(struct html_place *p, char c)
{
	if (p->quote != 0 ? c == (char)p->quote : blank(c)) {
		end_value(p);
	} else if (p->quote == 0 && c == '>') {
		end_value(p);
		end_tag(p);
	} else {
		html_value_byte(p, c);
	}
}

/* "<!--" becomes a comment, and "<!--[if" one that is read. */
static void
feed_markup(struct html_place *p, char c)
{
	if (c == '>') {
		go(p, PLACE_TEXT);
	} else if (c == '-' && p->last == '!') {
		p->last = '-';
	} else if (c == '-' && p->last == '-') {
		forget_name(p);
		go(p, PLACE_COMMENT);
	} else {
		p->last = 0;
	}
}

/* The first three letters tell whether it is a conditional one. */
static void
feed_comment(struct html_place *p, char c)
{
	if ((p->dashes == 2 || p->last == '!') && c == '>') {
		forget_name(p);
		go(p, PLACE_TEXT);
		return;
	}
	p->last = p->dashes == 2 && c == '!' ? (uint8_t)c : 0;
	if (p->name_n == 3)
		return;
	html_place_name_add(p, c);
	if (html_place_is(p, "[if")) {
		p->conditional = true;
		forget_name(p);
		go(p, PLACE_MARKUP);
	} else if (p->name_n == 3) {
		memset(p->name, '*', 3);
	}
}

static void
end_raw(struct html_place *p, char c)
{
	p->holds = HOLDS_TEXT;
	p->url = p->string = 0;
	p->closes = true;
	go(p, PLACE_TAG_NAME);
	feed_tag_name(p, c);
}

/* Up to "</name" of the same name. */
static void
feed_raw(struct html_place *p, char c)
{
	if (c == '<') {
		forget_name(p);
		p->last = '<';
	} else if (p->last == '<' && c == '/') {
		p->last = '/';
	} else if (p->last == '/' && letter(c)) {
		html_place_name_add(p, c);
	} else if (p->last == '/' && (blank(c) || c == '/' || c == '>') &&
		   html_place_is(p, element_names[p->element])) {
		end_raw(p, c);
	} else {
		if (p->last == '<' || p->last == '/') {
			p->last = 0;
			forget_name(p);
		}
		html_value_byte(p, c);
	}
}

static void
feed_byte(struct html_place *p, char c)
{
	switch ((enum place_state)p->state) {
	case PLACE_TEXT:
		if (c == '<')
			go(p, PLACE_OPEN);
		break;
	case PLACE_OPEN: feed_open(p, c); break;
	case PLACE_TAG_NAME: feed_tag_name(p, c); break;
	case PLACE_TAG:
	case PLACE_NAME:
	case PLACE_EQUALS: feed_name(p, c); break;
	case PLACE_BEFORE: feed_before(p, c); break;
	case PLACE_VALUE: feed_value(p, c); break;
	case PLACE_MARKUP: feed_markup(p, c); break;
	case PLACE_COMMENT: feed_comment(p, c); break;
	case PLACE_RAW: feed_raw(p, c); break;
	}
}

/* What a browser sees of a conditional comment ends like any other. */
static bool
ends_conditional(struct html_place *p, char c)
{
	if (!p->conditional || p->dashes < 2 || c != '>')
		return false;
	*p = (struct html_place){.state = PLACE_TEXT};
	return true;
}

/* How many of them stand right before; only where it matters. */
static void
count_dashes(struct html_place *p, char c)
{
	if (c != '-' || (p->state != PLACE_MARKUP &&
			    p->state != PLACE_COMMENT && !p->conditional))
		p->dashes = 0;
	else if (p->dashes < 2)
		p->dashes++;
}

void
html_place_feed(struct html_place *p, struct str text)
{
	size_t i, n;

	for (i = 0; i < text.n; i++) {
		if (p->state == PLACE_TEXT && !p->conditional) {
			n = str_chr(str_from(text, i), '<');
			if (n == STR_NOWHERE)
				return;
			i += n;
		}
		if (!ends_conditional(p, text.p[i])) {
			feed_byte(p, text.p[i]);
			count_dashes(p, text.p[i]);
		}
	}
}

void
html_place_feed_plain(struct html_place *p, struct str text)
{
	size_t i;

	for (i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (p->state == PLACE_TEXT) {
			html_place_name_last(p, c, 7);
			if (!html_place_is(p, "http://") &&
			    !html_place_is(p, "ttps://"))
				continue;
			go(p, PLACE_VALUE);
			p->holds = HOLDS_URL;
			html_value_begin(p);
			p->url = URL_AUTHORITY;
		} else if (blank(c) || (c != '\0' && strchr("()<>\"", c))) {
			*p = (struct html_place){.state = PLACE_TEXT};
		} else {
			html_value_byte(p, c);
		}
	}
}

bool
html_place_value(struct html_place *p, bool raw, struct html_place *other)
{
	/* "-{{ x }}->", "<!--[{{ x }}if" */
	bool two = (p->dashes > 0 && p->state != PLACE_MARKUP) ||
		   (p->state == PLACE_COMMENT && p->name_n < 3);

	*other = *p;
	p->dashes = p->last = 0;
	switch ((enum place_state)p->state) {
	case PLACE_OPEN:
		if (!raw) {
			go(p, p->closes ? PLACE_MARKUP : PLACE_TEXT);
			p->closes = false;
			break;
		}
		go(p, PLACE_TAG_NAME); /* fall through */
	case PLACE_TAG_NAME: p->merged = true; break;
	case PLACE_TAG:
	case PLACE_EQUALS: forget_name(p); /* fall through */
	case PLACE_NAME:
		go(p, PLACE_NAME);
		p->merged = true;
		break;
	case PLACE_BEFORE: begin_value(p, '\0'); /* fall through */
	case PLACE_VALUE:
	case PLACE_RAW: html_value_merged(p); break;
	case PLACE_COMMENT:
		p->name_n = 3;
		memset(p->name, '*', 3);
		break;
	case PLACE_TEXT:
	case PLACE_MARKUP: break;
	}
	return two;
}

uint8_t
html_place_escape(const struct html_place *p)
{
	struct html_place begun = *p;
	uint8_t how = ESCAPE_HTML;

	switch ((enum place_state)p->state) {
	case PLACE_OPEN:
	case PLACE_MARKUP: how = ESCAPE_TAG; break;
	case PLACE_TAG_NAME: how = ESCAPE_TAG_REST; break;
	case PLACE_TAG:
	case PLACE_NAME:
	case PLACE_EQUALS: how = ESCAPE_NAME; break;
	case PLACE_BEFORE:
		begin_value(&begun, '\0');
		return html_place_escape(&begun) | ESCAPE_RAW;
	case PLACE_VALUE:
		how = html_value_escape(p);
		if (p->quote == 0)
			how |= ESCAPE_BARE;
		break;
	case PLACE_RAW:
		how = html_value_escape(p);
		if (p->last == '<' || p->last == '/')
			how = ESCAPE_TAG;
		else if (p->holds != HOLDS_TEXT)
			how |= ESCAPE_RAW;
		break;
	case PLACE_COMMENT: how = ESCAPE_HTML | ESCAPE_COMMENT; break;
	case PLACE_TEXT: break;
	}
	return p->conditional ? how | ESCAPE_COMMENT : how;
}
