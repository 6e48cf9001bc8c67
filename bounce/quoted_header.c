#include "bounce/quoted_header.h"

#include "bounce/text_line.h"

#define LABEL_MAX      32
#define RULE_MIN       20 /* signs in a line of underscores alone */
#define RULE_SHORT_MIN 3  /* of signs with a header below */

enum field {
	FIELD_NONE = 0,
	FIELD_FROM = 1 << 0,
	FIELD_SENT = 1 << 1, /* says more than a date: Outlook's word */
	FIELD_DATE = 1 << 2,
	FIELD_TO = 1 << 3,
	FIELD_SUBJECT = 1 << 4,
	FIELD_OTHER = 1 << 5,
};

/* The words of one field in many languages, NULL at the end. */
static const char *const from_words[] = {"From", "Von", "De", "Da", "Van",
    "Från", "Fra", "Od", "От", "От кого", "Від", "Lähettäjä", "Feladó", "De la",
    "Kimden", "Gönderen", "Από", "发件人", "寄件者", "寄件人", "差出人",
    "보낸 사람", "보낸사람", "מאת", "من", "Saatja", "Nuo", "No", "Pošiljatelj",
    "Šalje", "Frá", "Từ", "Dari", "จาก", "Expéditeur", NULL};
static const char *const sent_words[] = {"Sent", "Gesendet", "Envoyé",
    "Envoyé le", "Enviado", "Enviado el", "Enviada em", "Enviado em", "Enviada",
    "Inviato", "Verzonden", "Skickat", "Sendt", "Wysłano", "Wysłane",
    "Odesláno", "Odoslané", "Отправлено", "Надіслано", "Lähetetty", "Elküldve",
    "Küldve", "Trimis", "Gönderildi", "Gönderilme Tarihi", "Στάλθηκε",
    "发送时间", "寄件日期", "傳送時間", "送信日時", "보낸 날짜", "נשלח",
    "تم الإرسال", "Изпратено", "Poslano", "Saadetud", "Išsiųsta", "Nosūtīts",
    "Đã gửi", NULL};
static const char *const date_words[] = {"Date", "Datum", "Fecha", "Data",
    "Dato", "Дата", "Päivämäärä", "Päiväys", "Dátum", "Dată", "Tarih",
    "Ημερομηνία", "日期", "日付", "日時", "날짜", "תאריך", "التاريخ", "Kuupäev",
    "Ngày", "Tanggal", "วันที่", "Dagsetning", NULL};
static const char *const to_words[] = {"To", "An", "À", "A", "Para", "Aan",
    "Till", "Til", "Do", "Komu", "Pro", "Кому", "До", "Vastaanottaja",
    "Címzett", "Către", "Kime", "Alıcı", "Προς", "收件人", "收件者", "宛先",
    "받는 사람", "받는사람", "אל", "إلى", "Za", "Prima", "Destinatario",
    "Destinataire", "Đến", "Kepada", "ถึง", "Empfänger", NULL};
static const char *const subject_words[] = {"Subject", "Betreff", "Objet",
    "Asunto", "Assunto", "Oggetto", "Onderwerp", "Ämne", "Emne", "Temat",
    "Předmět", "Predmet", "Тема", "Относно", "Aihe", "Tárgy", "Subiect", "Konu",
    "Θέμα", "主题", "主旨", "件名", "제목", "נושא", "الموضوع", "Teema", "Tema",
    "Naslov", "Efni", "Chủ đề", "Subjek", "เรื่อง", NULL};
static const char *const other_words[] = {"Cc", "CC", "Bcc", "Reply-To",
    "Reply To", "Antwort an", "Répondre à", "Responder a", "Responder para",
    "Rispondi a", "Risposta", "Importance", "Wichtigkeit", "Importancia",
    "Priority", "Kopie", "Kopia", "Kopi", "Kopio", "Cópia", "Копия", "抄送",
    "副本", "참조", "Organization", "Attachments", "Message-ID", NULL};

static const struct {
	enum field field;
	const char *const *words;
} labels[] = {
    {FIELD_FROM, from_words},
    {FIELD_SENT, sent_words},
    {FIELD_DATE, date_words},
    {FIELD_TO, to_words},
    {FIELD_SUBJECT, subject_words},
    {FIELD_OTHER, other_words},
};

/* What programs put above, or between dashes, in words of their own. */
static const char *const forwarded[] = {
    "Begin forwarded message:",
    "Anfang der weitergeleiteten Nachricht:",
    "Anfang der weitergeleiteten E-Mail:",
    "Début du message transféré",
    "Début du message réexpédié",
    "Inicio del mensaje reenviado:",
    "Inizio messaggio inoltrato:",
    "Início da mensagem encaminhada:",
    "Início da mensagem reencaminhada:",
    "Begin doorgestuurd bericht:",
    "Vidarebefordrat brev:",
    "Vidarebefordrat mejl:",
    "Start på videresendt besked:",
    "Videresendt melding:",
    "Välitetty viesti alkaa:",
    "Początek przekazywanej wiadomości:",
    "Začátek přeposlané zprávy:",
    "Továbbított levél kezdete:",
    "Начало переадресованного сообщения:",
    "Переслане повідомлення:",
    "İleti başlangıcı:",
    "转发的邮件：",
    "開始轉寄郵件：",
    "転送されたメッセージ：",
    NULL,
};

/* Blanks, and the stars of words that were bold. */
static struct str
bare(struct str text)
{
	struct str was;

	do {
		was = text;
		text = text_trim(text);
		while (str_starts(text, STR("*")))
			text = str_from(text, 1);
		while (str_ends(text, STR("*")))
			text.n--;
	} while (text.n != was.n);
	return text;
}

static bool
is_one_of(struct str word, const char *const *words)
{
	for (; word.n > 0 && *words != NULL; words++)
		if (str_lower_char(word.p[0]) == str_lower_char((*words)[0]) &&
		    str_eq_nocase(word, str_of(*words)))
			return true;
	return false;
}

/* The field that a line is, and its value. */
static enum field
field_of(struct str line, struct str *value)
{
	size_t colon = str_chr(line, ':'), wide = str_find(line, STR("：")), i;
	struct str label;

	if (wide < colon)
		colon = wide;
	if (colon == STR_NOWHERE || colon > LABEL_MAX)
		return FIELD_NONE;
	label = bare(str_sub(line, 0, colon));
	*value = bare(str_from(line, colon + 1));
	for (i = 0; i < ARRAY_LEN(labels); i++)
		if (is_one_of(label, labels[i].words))
			return labels[i].field;
	return FIELD_NONE;
}

static bool
is_field(struct str rest)
{
	struct str value;

	return field_of(text_line(rest), &value) != FIELD_NONE;
}

/* A line that is no field belongs to the one above when a field follows. */
static bool
is_continued(struct str rest)
{
	return !text_is_blank(text_line(rest)) && is_field(text_below(rest));
}

struct fields {
	unsigned seen; /* enum field */
	int count;     /* different ones */
	bool address;  /* the sender has one */
	struct str below;
};

static void
take_field(struct fields *f, enum field field, struct str value)
{
	if (field == FIELD_FROM && str_chr(value, '@') != STR_NOWHERE)
		f->address = true;
	if ((f->seen & (unsigned)field) == 0)
		f->count++;
	f->seen |= (unsigned)field;
}

static void
read_fields(struct fields *f, struct str rest)
{
	struct str value, next;
	enum field field;
	int i;

	*f = (struct fields){.below = rest};
	for (i = 0; i < QUOTED_HEADER_LINES && rest.n > 0; i++) {
		field = field_of(text_line(rest), &value);
		if (field != FIELD_NONE)
			take_field(f, field, value);
		else if (f->count == 0 || !is_continued(rest))
			return;
		rest = f->below = text_below(rest);
		next = text_skip_blank(rest);
		if (is_field(next))
			rest = next;
	}
}

/* A journey has "From", "To" and "Date" as well; a mail has more. */
static bool
is_header(const struct fields *f, bool divided)
{
	if (divided)
		return f->count >= 2;
	return (f->seen & FIELD_FROM) != 0 &&
	       (f->count >= 3 || (f->count == 2 && f->address)) &&
	       (f->address ||
		   (f->seen & (FIELD_SUBJECT | FIELD_SENT | FIELD_OTHER)) != 0);
}

static size_t
header_length(struct str rest, bool divided)
{
	struct fields f;

	read_fields(&f, rest);
	return is_header(&f, divided) ? rest.n - f.below.n : 0;
}

/* How many of one sign the line is made of, when it is of no other. */
static size_t
rule_length(struct str line)
{
	size_t i;

	for (i = 0; i < line.n; i++)
		if (line.p[i] != line.p[0] ||
		    str_chr(STR("_-=*"), line.p[i]) == STR_NOWHERE)
			return 0;
	return line.n;
}

/* "----- Original Message -----", with any words; and GroupWise's ">>> Ann
 * <ann@example.com> 5/3/2026 >>>". */
static bool
is_titled_rule(struct str line)
{
	if (str_starts(line, STR(">>> ")) && str_ends(line, STR(">>>")))
		return text_has_digit(line);
	return line.n > 12 && str_starts(line, STR("----")) &&
	       str_ends(line, STR("----")) && rule_length(line) == 0;
}

/* What stands after a divider and belongs to it. */
static size_t
with_header(struct str rest, struct str below)
{
	struct str fields = text_skip_blank(below);
	size_t n = header_length(fields, true);

	return rest.n - (n > 0 ? fields.n - n : below.n);
}

size_t
quoted_header(struct str rest)
{
	struct str line = bare(text_line(rest)), below = text_below(rest);
	size_t rule = rule_length(text_trim(text_line(rest)));

	if (is_titled_rule(line) || text_starts_with(line, forwarded) ||
	    (rule >= RULE_MIN && str_starts(line, STR("_"))))
		return with_header(rest, below);
	if (rule >= RULE_SHORT_MIN &&
	    header_length(text_skip_blank(below), true) > 0)
		return with_header(rest, below);
	return header_length(rest, false);
}
