/*
 * liquid_strftime.c - %[flags][width][colons]conversion, as Ruby has it.
 *
 * Flags: - no padding (but of what stands for several fields, and of %z),
 * 0 zeros, _ blanks, ^ upper case, # case changed.
 * What is no conversion is written as it stands.
 */
#include "templates/liquid/liquid_time.h"
#include "templates/liquid/value_number.h"

#define COLONS_MAX 3

const char liquid_months[12][10] = {"January", "February", "March", "April",
    "May", "June", "July", "August", "September", "October", "November",
    "December"};
const char liquid_weekdays[7][10] = {"Sunday", "Monday", "Tuesday", "Wednesday",
    "Thursday", "Friday", "Saturday"};

struct field {
	char pad;  /* '0', ' ', '\0' as usual */
	bool bare; /* as short as it is */
	bool upper, change;
	int width; /* 0: as usual */
	int colons;
	char conversion;
};

static void
pad_to(struct buf *out, const struct field *f, char usual, int width, int n)
{
	char pad = f->pad != '\0' ? f->pad : usual;

	if (f->width > 0)
		width = f->width;
	for (; !f->bare && n < width; n++)
		buf_char(out, pad);
}

static void
put_number(struct buf *out, const struct field *f, int64_t v, char usual,
    int width)
{
	char text[VALUE_INT_TEXT];
	int sign = v < 0, n = (int)value_int_text(v, text);

	if (sign && f->pad != ' ')
		buf_char(out, '-');
	pad_to(out, f, usual, width, n);
	if (sign && f->pad == ' ')
		buf_char(out, '-');
	buf_add(out, text + sign, (size_t)(n - sign));
}

static void
put_bytes(struct buf *out, const struct field *f, struct str text, bool upper)
{
	size_t i;

	pad_to(out, f, ' ', 0, (int)text.n);
	if (!upper) {
		buf_str(out, text);
		return;
	}
	for (i = 0; i < text.n; i++)
		buf_char(out, text.p[i] >= 'a' && text.p[i] <= 'z'
				  ? (char)(text.p[i] - 32)
				  : text.p[i]);
}

static void
put_text(struct buf *out, const struct field *f, const char *text, bool upper)
{
	put_bytes(out, f, str_of(text), upper);
}

/* A name, cut to three letters for %a and %b. */
static void
put_name(struct buf *out, const struct field *f, const char *name, bool cut)
{
	struct str text = str_of(name);

	put_bytes(out, f, cut ? str_sub(text, 0, 3) : text,
	    f->upper || f->change);
}

static void
put_half(struct buf *out, const struct field *f, int hour, bool lower)
{
	if (lower ? !f->change && !f->upper : f->change)
		put_text(out, f, hour < 12 ? "am" : "pm", false);
	else
		put_text(out, f, hour < 12 ? "AM" : "PM", false);
}

/* The name of a zone is known of UTC alone; there is no padding of none. */
static void
put_zone(struct buf *out, const struct field *f, const struct liquid_time *t)
{
	if (!t->offset_told)
		put_text(out, f, f->change ? "utc" : "UTC", false);
}

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static bool
leap(int64_t y)
{
	return y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
}

/* Week of the year when weeks begin on `first` (0 Sunday, 1 Monday). */
static int
week_of_year(const struct civil *c, int first)
{
	return (c->yearday + 6 - (c->weekday + 7 - first) % 7) / 7;
}

/* ISO 8601: the week belongs to the year of its Thursday. */
static void
iso_week(const struct civil *c, int *year, int *week)
{
	int thursday = c->yearday + 3 - (c->weekday + 6) % 7;

	*year = c->year;
	if (thursday < 1) {
		--*year;
		thursday += 365 + leap(*year);
	} else if (thursday > 365 + leap(*year)) {
		thursday -= 365 + leap(*year);
		++*year;
	}
	*week = (thursday + 6) / 7;
}

/* %z: +hhmm, with colons +hh:mm, +hh:mm:ss, the shortest of these.  Blanks
 * stand before the sign and for the first zero, zeros behind the sign. */
static void
put_offset(struct buf *out, const struct field *f, int offset)
{
	int s = offset < 0 ? -offset : offset;
	char sign = offset < 0 ? '-' : '+', text[40];
	bool blanks = f->pad == ' ', short_hour = blanks && s < 10 * 3600;
	int n;

	if (f->colons == 0)
		snprintf(text, sizeof(text), "%02d%02d", s / 3600, s / 60 % 60);
	else if (f->colons == 3 && s % 3600 == 0)
		snprintf(text, sizeof(text), "%02d", s / 3600);
	else if (f->colons == 1 || (f->colons == 3 && s % 60 == 0))
		snprintf(text, sizeof(text), "%02d:%02d", s / 3600,
		    s / 60 % 60);
	else
		snprintf(text, sizeof(text), "%02d:%02d:%02d", s / 3600,
		    s / 60 % 60, s % 60);
	if (!blanks)
		buf_char(out, sign);
	for (n = (int)strlen(text) + 1; n < f->width; n++)
		buf_char(out, blanks ? ' ' : '0');
	if (short_hour)
		buf_char(out, ' ');
	if (blanks)
		buf_char(out, sign);
	buf_puts(out, text + short_hour);
}

/* %L, %N: digits of the fraction; a width says how many. */
static void
put_fraction(struct buf *out, const struct field *f, int micros, int digits)
{
	char text[LIQUID_TIME_WIDTH_MAX + 1];

	if (f->width > 0)
		digits = f->width;
	memset(text, '0', sizeof(text));
	snprintf(text, sizeof(text), "%06d", micros);
	text[6] = '0';
	buf_add(out, text, (size_t)digits);
}

static void put_format(struct buf *out, const struct liquid_time *t,
    const struct civil *c, struct str format);

/* What stands for several others. */
static bool
put_composed(struct buf *out, const struct field *f,
    const struct liquid_time *t, const struct civil *c)
{
	static const struct {
		char conversion;
		const char *format;
	} rows[] = {
	    {'c', "%a %b %e %H:%M:%S %Y"},
	    {'D', "%m/%d/%y"},
	    {'F', "%Y-%m-%d"},
	    {'r', "%I:%M:%S %p"},
	    {'R', "%H:%M"},
	    {'T', "%H:%M:%S"},
	    {'v', "%e-%^b-%Y"},
	    {'x', "%m/%d/%y"},
	    {'X', "%H:%M:%S"},
	};
	struct field padded = *f;
	struct buf inner;
	size_t i;

	padded.bare = false;
	for (i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].conversion == f->conversion)
			break;
	if (i == ARRAY_LEN(rows))
		return false;
	if (f->width == 0 && !f->upper) {
		put_format(out, t, c, str_of(rows[i].format));
		return true;
	}
	buf_init(&inner, 256);
	put_format(&inner, t, c, str_of(rows[i].format));
	put_text(out, &padded, buf_cstr(&inner), f->upper);
	buf_release(&inner);
	return true;
}

static bool
put_week_number(struct buf *out, const struct field *f, const struct civil *c)
{
	int year, week;

	iso_week(c, &year, &week);
	switch (f->conversion) {
	case 'G': put_number(out, f, year, '0', 4); break;
	case 'g': put_number(out, f, year % 100, '0', 2); break;
	case 'V': put_number(out, f, week, '0', 2); break;
	case 'U': put_number(out, f, week_of_year(c, 0), '0', 2); break;
	case 'W': put_number(out, f, week_of_year(c, 1), '0', 2); break;
	default: return false;
	}
	return true;
}

static bool
put_date_number(struct buf *out, const struct field *f, const struct civil *c)
{
	switch (f->conversion) {
	case 'Y': put_number(out, f, c->year, '0', c->year < 0 ? 5 : 4); break;
	case 'C': put_number(out, f, floor_div(c->year, 100), '0', 2); break;
	case 'y':
		put_number(out, f, c->year - floor_div(c->year, 100) * 100, '0',
		    2);
		break;
	case 'm': put_number(out, f, c->month, '0', 2); break;
	case 'd': put_number(out, f, c->day, '0', 2); break;
	case 'e': put_number(out, f, c->day, ' ', 2); break;
	case 'j': put_number(out, f, c->yearday, '0', 3); break;
	case 'u': put_number(out, f, (c->weekday + 6) % 7 + 1, '0', 1); break;
	case 'w': put_number(out, f, c->weekday, '0', 1); break;
	default: return false;
	}
	return true;
}

static bool
put_time_number(struct buf *out, const struct field *f, const struct civil *c)
{
	int hour12 = (c->hour + 11) % 12 + 1;

	switch (f->conversion) {
	case 'H': put_number(out, f, c->hour, '0', 2); break;
	case 'k': put_number(out, f, c->hour, ' ', 2); break;
	case 'I': put_number(out, f, hour12, '0', 2); break;
	case 'l': put_number(out, f, hour12, ' ', 2); break;
	case 'M': put_number(out, f, c->minute, '0', 2); break;
	case 'S': put_number(out, f, c->second, '0', 2); break;
	case 'L': put_fraction(out, f, c->micros, 3); break;
	case 'N': put_fraction(out, f, c->micros, 9); break;
	default: return false;
	}
	return true;
}

static bool
put_word(struct buf *out, const struct field *f, const struct liquid_time *t,
    const struct civil *c)
{
	switch (f->conversion) {
	case 'B': put_name(out, f, liquid_months[c->month - 1], false); break;
	case 'b':
	case 'h': put_name(out, f, liquid_months[c->month - 1], true); break;
	case 'A': put_name(out, f, liquid_weekdays[c->weekday], false); break;
	case 'a': put_name(out, f, liquid_weekdays[c->weekday], true); break;
	case 'p': put_half(out, f, c->hour, false); break;
	case 'P': put_half(out, f, c->hour, true); break;
	case 'z': put_offset(out, f, t->offset_s); break;
	case 'Z': put_zone(out, f, t); break;
	case 's': put_number(out, f, floor_div(t->us, 1000000), '0', 1); break;
	case 'n': put_text(out, f, "\n", false); break;
	case 't': put_text(out, f, "\t", false); break;
	case '%': put_text(out, f, "%", false); break;
	default: return false;
	}
	return true;
}

/* E and O before the conversions that POSIX has them for say nothing here. */
static size_t
alternative(struct str s)
{
	const char *of = s.n < 2         ? ""
			 : s.p[0] == 'E' ? "cCxXyY"
			 : s.p[0] == 'O' ? "deHkIlmMSuUVwWy"
					 : "";

	return s.n >= 2 && s.p[1] != '\0' && strchr(of, s.p[1]) != NULL;
}

/* Behind '%': bytes of the field, or 0 when it is none. */
static size_t
read_field(struct field *f, struct str s)
{
	size_t i = 0;

	*f = (struct field){0};
	for (; i < s.n && s.p[i] != '\0' && strchr("-0_^#", s.p[i]) != NULL;
	     i++) {
		if (s.p[i] == '^')
			f->upper = true;
		else if (s.p[i] == '#')
			f->change = true;
		else if (s.p[i] == '-')
			*f = (struct field){
			    .bare = true,
			    .upper = f->upper,
			    .change = f->change,
			};
		else
			f->pad = s.p[i] == '_' ? ' ' : '0';
	}
	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		f->width = f->width * 10 + (s.p[i] - '0');
		if (f->width > LIQUID_TIME_WIDTH_MAX)
			return 0;
	}
	for (; i < s.n && s.p[i] == ':' && f->colons < COLONS_MAX; i++)
		f->colons++;
	i += alternative(str_from(s, i));
	if (i == s.n)
		return 0;
	f->conversion = s.p[i];
	return i + 1;
}

static void
put_format(struct buf *out, const struct liquid_time *t, const struct civil *c,
    struct str format)
{
	struct field f;
	size_t i = 0, n;

	while (i < format.n) {
		n = str_chr(str_from(format, i), '%');
		if (n == STR_NOWHERE)
			n = format.n - i;
		buf_add(out, format.p + i, n);
		i += n;
		if (i == format.n)
			break;
		n = read_field(&f, str_from(format, i + 1));
		if (n == 0 || (f.colons > 0 && f.conversion != 'z') ||
		    !(put_date_number(out, &f, c) ||
			put_time_number(out, &f, c) ||
			put_week_number(out, &f, c) ||
			put_word(out, &f, t, c) || put_composed(out, &f, t, c)))
			buf_add(out, format.p + i, n + 1);
		i += n + 1;
	}
}

void
liquid_time_format(struct buf *out, const struct liquid_time *t,
    struct str format)
{
	struct civil c = time_civil(t->us + (int64_t)t->offset_s * 1000000);

	put_format(out, t, &c, format);
}
