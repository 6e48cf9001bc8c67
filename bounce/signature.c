#include "bounce/signature.h"

#include "bounce/text_line.h"

#define MOBILE_MAX       90 /* bytes of a line, its link included */
#define MOBILE_WORDS_MAX 9
#define NAME_MAX         40

static const char *const mobile[] = {
    "Sent from my ",
    "Sent from Mail",
    "Sent from Outlook",
    "Sent from Yahoo",
    "Sent from iPhone",
    "Sent from Samsung",
    "Sent from mobile",
    "Sent from the all new",
    "Sent using ",
    "Sent via ",
    "Sent with ",
    "Get Outlook for",
    "Get BlueMail for",
    "Yahoo Mail: ",
    "Von meinem iPhone",
    "Von meinem iPad",
    "Von meinem Android",
    "Von meinem Samsung",
    "Von meinem Mobil",
    "Von meinem Handy",
    "Von meinem Smartphone",
    "Von unterwegs gesendet",
    "Von Samsung",
    "Von Outlook",
    "Gesendet von ",
    "Gesendet mit ",
    "Gesendet aus ",
    "Diese Nachricht wurde von meinem",
    "Holen Sie sich Outlook",
    "Outlook für ",
    "Envoyé de mon ",
    "Envoyé depuis ",
    "Envoyé à partir ",
    "Envoyé avec ",
    "Envoyé via ",
    "Télécharger Outlook",
    "Obtenez Outlook",
    "Obtenir Outlook",
    "Enviado desde ",
    "Enviado a través de ",
    "Obtener Outlook",
    "Enviado do ",
    "Enviado a partir ",
    "Enviado de ",
    "Enviado pelo ",
    "Enviado via ",
    "Obter o Outlook",
    "Obtenha o Outlook",
    "Inviato da ",
    "Inviato dal ",
    "Inviato con ",
    "Scarica Outlook",
    "Ottieni Outlook",
    "Verzonden vanaf ",
    "Verzonden met ",
    "Verzonden via ",
    "Verstuurd vanaf ",
    "Outlook voor ",
    "Skickat från ",
    "Skickades från ",
    "Hämta Outlook",
    "Sendt fra ",
    "Sendt via ",
    "Hent Outlook",
    "Få Outlook",
    "Lähetetty ",
    "Hanki Outlook",
    "Wysłane z ",
    "Wysłano z ",
    "Pobierz Outlook",
    "Pobierz aplikację Outlook",
    "Odesláno z ",
    "Odoslané z ",
    "Odoslané zo ",
    "Získať Outlook",
    "Získejte Outlook",
    "Trimis de pe ",
    "Trimis din ",
    "Elküldve ",
    "Küldve ",
    "Poslano s ",
    "Poslano z ",
    "Poslato sa ",
    "Отправлено с ",
    "Отправлено из ",
    "Отправлено от ",
    "Изпратено от ",
    "Надіслано з ",
    "Надіслано від ",
    "Στάλθηκε από ",
    "Εστάλη από ",
    "iPhone'umdan gönderildi",
    "iPhone’umdan gönderildi",
    "Gönderildi: ",
    "iPhoneから送信",
    "iPadから送信",
    "发自我的",
    "發自我的",
    "从我的",
    "從我的",
    "发送自",
    "나의 iPhone에서 보냄",
    "나의 iPad에서 보냄",
    "נשלח מה",
    "أرسلت من",
    "أُرسلت من",
    "تم الإرسال من",
    "Được gửi từ ",
    "Dikirim dari ",
    "ส่งจาก",
    NULL,
};

/* Lines that are a signature's beginning by themselves. */
static const char *const delimiters[] = {
    "--", "\xe2\x80\x93",                       /* en dash */
    "\xe2\x80\x94",                             /* em dash */
    "\xe2\x80\x93\xe2\x80\x93",                 /* two of one */
    "\xe2\x80\x94\xe2\x80\x94", "\xe1\x90\xa7", /* a tracking program's mark */
};

static size_t
count_words(struct str line)
{
	size_t i, words = 0;

	for (i = 0; i < line.n; i++)
		if (line.p[i] != ' ' && (i == 0 || line.p[i - 1] == ' '))
			words++;
	return words;
}

/* A sentence has a comma, or goes on for longer. */
bool
signature_is_mobile(struct str line)
{
	line = text_trim(line);
	return line.n <= MOBILE_MAX && text_starts_with(line, mobile) &&
	       str_find(line, STR(", ")) == STR_NOWHERE &&
	       str_chr(line, '?') == STR_NOWHERE &&
	       count_words(line) <= MOBILE_WORDS_MAX;
}

static bool
is_rule(struct str line)
{
	size_t i;

	line = text_trim(line);
	for (i = 0; i < line.n; i++)
		if (line.p[i] != line.p[0] ||
		    str_chr(STR("-_=*~#+"), line.p[i]) == STR_NOWHERE)
			return false;
	return line.n >= 2;
}

/* Few lines, so that what stands between two rules of a long text stays. */
static bool
is_short(struct str rest)
{
	struct str line;
	int lines = 0;

	for (; rest.n > 0 && lines <= SIGNATURE_LINES;
	     rest = text_below(rest)) {
		line = text_line(rest);
		if (text_is_quoted(line))
			break;
		if (!text_is_blank(line))
			lines++;
	}
	return lines <= SIGNATURE_LINES;
}

bool
signature_begins(struct str rest, bool above_blank)
{
	struct str line = text_line(rest);

	if (str_is_any(line, delimiters, ARRAY_LEN(delimiters)) ||
	    signature_is_mobile(line))
		return true;
	return above_blank && is_rule(line) && is_short(text_below(rest));
}

static bool
is_name(struct str line)
{
	return line.n > 2 && line.n <= NAME_MAX && line.p[0] == '-' &&
	       line.p[1] >= 'A' && line.p[1] <= 'Z' && count_words(line) <= 3;
}

struct str
signature_drop_name(struct str text)
{
	size_t end = str_rchr(text, '\n');
	struct str above;

	if (end == STR_NOWHERE || !is_name(str_from(text, end + 1)))
		return text;
	above = str_sub(text, 0, end);
	if (!text_is_blank(str_from(above, str_rchr(above, '\n') + 1)))
		return text;
	return text_trim(above);
}
