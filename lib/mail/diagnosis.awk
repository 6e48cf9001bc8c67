# diagnosis.awk - turns diagnosis.rules into C.
#
#   awk -f diagnosis.awk diagnosis_rules.h diagnosis.rules
#
# The names of verdicts and phases are those that the header defines.
function fail(why) {
	print FILENAME ":" FNR ": " why > "/dev/stderr"
	failed = 1
	exit 1
}
function literal(s) {
	gsub(/\\/, "&&", s)
	gsub(/"/, "\\\\&", s)
	return "\"" s "\""
}
function c_name(word) {
	gsub(/-/, "_", word)
	return toupper(word)
}

# "name verdict phases [4xx|5xx]"
function read_head(   class) {
	if (phrases_seen) { heads = 0; phrases_seen = 0 }
	if (NF < 3 || NF > 4) fail("a rule has a name, a verdict, phases and perhaps a class")
	if ($1 !~ /^[a-z0-9-]+$/) fail("not a name: " $1)
	if (!(c_name($2) in verdict)) fail("no such verdict: " $2)
	if (!(c_name($3) in phases)) fail("no such phases: " $3)
	if (NF == 4 && $4 !~ /^[45]xx$/) fail("not a class of replies: " $4)
	class = NF == 4 ? substr($4, 1, 1) : 0
	if (($1, $3) in named) fail("a second rule of that name and those phases: " $1)
	named[$1, $3] = 1
	rule[rules] = "{" literal($1) ", " c_name($3) ", " class ", " c_name($2) "}"
	key[rules] = $3 " " class
	line[rules] = FNR
	head[heads++] = rules++
}

# A blank at an end is kept inside of double quotes.
function read_phrase(text,   i, where) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	if (text ~ /^".*"$/) text = substr(text, 2, length(text) - 2)
	if (text == "") fail("an empty phrase")
	if (index(text, "\"")) fail("a quotation mark inside of a phrase: " text)
	if (text ~ /\t|  /) fail("two blanks inside of a phrase: " text)
	for (i = 0; i < heads; i++) {
		where = key[head[i]] " " text
		if (where in seen) fail("phrase of line " seen[where] " again: " text)
		seen[where] = FNR
		phrase[phrase_count] = text
		owner[phrase_count++] = head[i]
	}
}

BEGIN { rules = heads = phrase_count = 0 }
FILENAME ~ /\.h$/ {
	if ($1 == "#define" && $3 ~ /^SCOPE_/) verdict[$2] = 1
	if ($1 == "#define" && $2 ~ /^[A-Z_]+$/ && $3 ~ /^\(?(IN\(|SESSION)/) phases[$2] = 1
	next
}
/^[ \t]*(#|$)/ { next }
/^[ \t]/ {
	if (heads == 0) fail("phrases before the first rule")
	phrases_seen = 1
	n = split($0, piece, "|")
	for (i = 1; i <= n; i++) read_phrase(piece[i])
	next
}
{ read_head() }

END {
	if (failed) exit 1
	if (!phrases_seen) fail("a rule without phrases")
	print "/* Generated from diagnosis.rules by diagnosis.awk; do not edit. */"
	print "#include \"lib/mail/diagnosis_rules.h\"\n"
	print "const struct text_rule text_rules[] = {"
	for (i = 0; i < rules; i++) print "\t" rule[i] ","
	print "};\nconst size_t text_rule_count = ARRAY_LEN(text_rules);\n"
	print "const char *const text_phrases[] = {"
	for (i = 0; i < phrase_count; i++) print "\t" literal(phrase[i]) ","
	print "};\nconst uint16_t text_phrase_rules[] = {"
	for (i = 0; i < phrase_count; i++) print "\t" owner[i] ","
	print "};\nconst size_t text_phrase_count = ARRAY_LEN(text_phrases);"
}
