# signs.awk - turns signs.rules into C.
#
#   awk -f signs.awk signs.h signs.rules
#
# The names of signs are those that the header defines.
function fail(why) {
	print FILENAME ":" FNR ": " why > "/dev/stderr"
	failed = 1
	exit 1
}

# '^' and '$' become the marks that signs.c puts around a text; an octal
# escape ends after three digits, whatever follows.
function literal(s) {
	gsub(/\\/, "&&", s)
	gsub(/"/, "\\\\&", s)
	sub(/^\^/, "\\002", s)
	sub(/\$$/, "\\003", s)
	return "\"" s "\""
}

# A blank at an end is kept inside of double quotes.
function read_phrase(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	if (text ~ /^".*"$/) text = substr(text, 2, length(text) - 2)
	if (text == "") fail("an empty phrase")
	if (index(text, "\"")) fail("a quotation mark inside of a phrase: " text)
	if (text ~ /\t|  /) fail("two blanks inside of a phrase: " text)
	if ((sign, text) in seen) fail("phrase of line " seen[sign, text] " again: " text)
	seen[sign, text] = FNR
	phrase[count] = text
	owner[count++] = sign
}

BEGIN { count = 0; sign = "" }
FILENAME ~ /\.h$/ {
	if ($1 == "#define" && $3 == "(1U") known[$2] = 1
	next
}
/^[ \t]*(#|$)/ { next }
/^[ \t]/ {
	if (sign == "") fail("phrases before the first sign")
	n = split($0, piece, "|")
	for (i = 1; i <= n; i++) read_phrase(piece[i])
	next
}
{
	sign = "SIGN_" toupper($1)
	gsub(/-/, "_", sign)
	if (NF != 1 || !(sign in known)) fail("no such sign: " $0)
}

END {
	if (failed) exit 1
	if (count == 0) fail("no phrases")
	print "/* Generated from signs.rules by signs.awk; do not edit. */"
	print "#include \"bounce/signs_table.h\"\n"
	print "const char *const sign_phrases[] = {"
	for (i = 0; i < count; i++) print "\t" literal(phrase[i]) ","
	print "};\nconst uint16_t sign_phrase_signs[] = {"
	for (i = 0; i < count; i++) print "\t" owner[i] ","
	print "};\nconst size_t sign_phrase_count = ARRAY_LEN(sign_phrases);"
}
