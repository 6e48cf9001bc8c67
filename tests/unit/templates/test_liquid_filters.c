/* Goal: each filter gives what the reference gives, for text, nil, arrays
 * and corners. */
#include "tests/unit/templates/liquid_case.h"

static struct liquid_case run;

static const char data[] =
    "{\"e\":\"\",\"n\":null,\"t\":true,\"i\":17,\"f\":1.5,"
    "\"big\":123456789012345678901234567890,"
    "\"s\":\"  one  two\\tthree\\nfour \",\"u\":\"\xc3\xa9\xe2\x82\xac"
    "x\xf0\x9f\x98\x80\",\"lines\":\"a\\r\\nb\\nc\","
    "\"html\":\"<p class='x'>A&amp;B</p><!-- <i> --><b\","
    "\"q\":\"a<b>&\\\"'\",\"l\":[\"b\",\"a\",null,\"C\"],"
    "\"m\":[3,1.5,2],\"deep\":[1,[2,[3,null]],[]],\"mixed\":[1,\"a\"],"
    "\"o\":{\"k\":1,\"l\":[true,null]},\"p\":["
    "{\"t\":\"x\",\"v\":2},{\"t\":\"y\",\"v\":\"2\"},{\"t\":\"z\"},"
    "{\"t\":\"x\",\"v\":false}],\"zero\":\"a\\u0000b\\u0000\"}";

static void
ends(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"append", "{{ 'a' | append: 'b' }}", "ab"},
	    {"append nil", "{{ n | append: n }}", ""},
	    {"append to an array", "{{ m | append: 'x' }}", "[3, 1.5, 2]x"},
	    {"append a number", "{{ i | append: 1.0 }}", "171.0"},
	    {"append empty", "{{ empty | append: blank }}", ""},
	    {"prepend", "{{ 'a' | prepend: 'b' }}", "ba"},
	    {"prepend nil", "{{ n | prepend: 'x' }}", "x"},
	    {"prepend an array", "{{ '!' | prepend: mixed }}", "[1, \"a\"]!"},
	    {"strip", "[{{ s | strip }}]", "[one  two\tthree\nfour]"},
	    {"strip nil", "[{{ n | strip }}]", "[]"},
	    {"strip an array", "{{ mixed | strip }}", "[1, \"a\"]"},
	    {"strip NUL", "{{ zero | strip | size }}", "3"},
	    {"strip leaves U+00A0", "{{ '\xc2\xa0' | strip | size }}", "1"},
	    {"lstrip", "[{{ ' a ' | lstrip }}]", "[a ]"},
	    {"lstrip nil", "[{{ n | lstrip }}]", "[]"},
	    {"rstrip", "[{{ ' a ' | rstrip }}]", "[ a]"},
	    {"rstrip nothing but blanks", "[{{ '  ' | rstrip }}]", "[]"},
	    {"squish", "[{{ s | squish }}]", "[one two three four]"},
	    {"squish nil", "[{{ n | squish }}]", "[]"},
	    {"strip_newlines", "{{ lines | strip_newlines }}", "abc"},
	    {"strip_newlines nil", "{{ n | strip_newlines }}", ""},
	    {"strip_newlines keeps a bare CR",
		"{{ 'a\rb' | strip_newlines | size }}", "3"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
parts(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"slice", "{{ 'Liquid' | slice: 2 }}", "q"},
	    {"slice with length", "{{ 'Liquid' | slice: 2, 5 }}", "quid"},
	    {"slice from the end", "{{ 'Liquid' | slice: -3, 2 }}", "ui"},
	    {"slice outside", "[{{ 'ab' | slice: 3, 1 }}]", "[]"},
	    {"slice at the end", "[{{ 'ab' | slice: 2, 1 }}]", "[]"},
	    {"slice far before", "[{{ 'ab' | slice: -3, 3 }}]", "[]"},
	    {"slice less than nothing", "[{{ 'ab' | slice: 0, -1 }}]", "[]"},
	    {"slice code points", "{{ u | slice: 1, 2 }}",
		"\xe2\x82\xac"
		"x"},
	    {"slice nil", "[{{ n | slice: 0, 2 }}]", "[]"},
	    {"slice an array", "{{ m | slice: -2, 5 | join: '/' }}", "1.5/2"},
	    {"slice an array outside", "{{ m | slice: 9 | size }}", "0"},
	    {"slice a number", "{{ i | slice: '1' }}", "7"},
	    {"slice far out",
		"[{{ 'ab' | slice: big, big }}{{ 'ab' | slice: 0, big }}]",
		"[ab]"},
	    {"truncate", "{{ 'Ground control' | truncate: 8 }}", "Groun..."},
	    {"truncate to 50",
		"{{ 'abcdefghijklmnopqrstuvwxyzabcdefghijklmn"
		"opqrstuvwxyz' | truncate | size }}",
		"50"},
	    {"truncate fits", "{{ 'abc' | truncate: 3 }}", "abc"},
	    {"truncate less than its dots", "{{ 'abcd' | truncate: 2 }}",
		"..."},
	    {"truncate below zero", "{{ 'abcd' | truncate: -5 }}", "..."},
	    {"truncate far below zero",
		"{{ 'abcd' | truncate: -9223372036854775808 }}", "..."},
	    {"truncate nothing below zero", "{{ '' | truncate: -1 }}", "..."},
	    {"truncate, own dots", "{{ 'abcdef' | truncate: 4, '!' }}", "abc!"},
	    {"truncate, no dots", "{{ 'abcdef' | truncate: 4, n }}", "abcd"},
	    {"truncate code points", "{{ u | truncate: 3, '.' }}",
		"\xc3\xa9\xe2\x82\xac."},
	    {"truncate counts code points", "{{ u | truncate: 4 }}",
		"\xc3\xa9\xe2\x82\xacx\xf0\x9f\x98\x80"},
	    {"truncate nil", "[{{ n | truncate: 2 }}]", "[]"},
	    {"truncate an array", "{{ m | truncate: 6 }}", "[3,..."},
	    {"truncate, text as number", "{{ 'abcd' | truncate: ' 0x4 ' }}",
		"abcd"},
	    {"truncate, far", "{{ 'abcd' | truncate: big }}", "abcd"},
	    {"truncatewords", "{{ s | truncatewords: 3 }}", "one two three..."},
	    {"truncatewords fits", "[{{ 'a  b' | truncatewords: 2 }}]",
		"[a  b]"},
	    {"truncatewords, blank behind", "[{{ 'a b ' | truncatewords: 2 }}]",
		"[a b...]"},
	    {"truncatewords, none", "{{ 'a b' | truncatewords: 0 }}", "a..."},
	    {"truncatewords, own dots", "{{ 'a b' | truncatewords: 1, 7 }}",
		"a7"},
	    {"truncatewords nil", "[{{ n | truncatewords }}]", "[]"},
	    {"truncatewords an array", "{{ m | truncatewords: 1 }}", "[3,..."},
	    {"split", "{{ 'a, b,c' | split: ',' | join: '|' }}", "a| b|c"},
	    {"split at blanks", "{{ s | split: ' ' | join: '|' }}",
		"one|two|three|four"},
	    {"split letters", "{{ u | split: '' | join: '|' }}",
		"\xc3\xa9|\xe2\x82\xac|x|\xf0\x9f\x98\x80"},
	    {"split drops what is empty at the end",
		"{{ ',a,,b,,' | split: ',' | join: '|' }}", "|a||b"},
	    {"split nothing", "{{ '' | split: ',' | size }}", "0"},
	    {"split only separators", "{{ ',,' | split: ',' | size }}", "0"},
	    {"split nil", "{{ n | split: ',' | size }}", "0"},
	    {"split at nil", "{{ 'ab' | split: n | join: '|' }}", "a|b"},
	    {"split an array", "{{ mixed | split: ', ' | last }}", "\"a\"]"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
replacing(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"replace", "{{ 'a-b-c' | replace: '-', '+' }}", "a+b+c"},
	    {"replace without a text", "{{ 'a-b' | replace: '-' }}", "ab"},
	    {"replace nothing", "{{ 'ab' | replace: '', '-' }}", "-a-b-"},
	    {"replace nil in nil", "{{ n | replace: n, 'x' }}", "x"},
	    {"replace in an array", "{{ m | replace: ', ', ';' }}",
		"[3;1.5;2]"},
	    {"replace a number", "{{ 'a1' | replace: 1, 2 }}", "a2"},
	    {"replace does not look again", "{{ 'aaa' | replace: 'aa', 'a' }}",
		"aa"},
	    {"what was found", "{{ 'abc' | replace: 'b', '[\\0\\&\\1]' }}",
		"a[bb]c"},
	    {"around it", "{{ 'abc' | replace: 'b', \"[\\`|\\']\" }}",
		"a[a|c]c"},
	    {"backslashes", "{{ 'a' | replace: 'a', '\\\\x\\z\\' }}",
		"\\x\\z\\"},
	    {"replace_first", "{{ 'a-b-c' | replace_first: '-', '+' }}",
		"a+b-c"},
	    {"replace_first nothing", "{{ 'ab' | replace_first: '', '-' }}",
		"-ab"},
	    {"replace_first, what was found",
		"{{ 'abb' | replace_first: 'b', '<\\0>' }}", "a<b>b"},
	    {"replace_first nil", "{{ n | replace_first: 'a', 'b' }}", ""},
	    {"replace_last", "{{ 'a-b-c' | replace_last: '-', '+' }}", "a-b+c"},
	    {"replace_last nothing", "{{ 'ab' | replace_last: '', '-' }}",
		"ab-"},
	    {"replace_last means what it says",
		"{{ 'ab' | replace_last: 'b', '\\0' }}", "a\\0"},
	    {"replace_last not there", "{{ 'ab' | replace_last: 'x', 'y' }}",
		"ab"},
	    {"replace_last longer", "{{ 'a' | replace_last: 'aa', 'y' }}", "a"},
	    {"remove", "{{ 'a-b-c' | remove: '-' }}", "abc"},
	    {"remove nil", "{{ 'ab' | remove: n }}{{ n | remove: 'a' }}", "ab"},
	    {"remove in an array", "{{ m | remove: ' ' }}", "[3,1.5,2]"},
	    {"remove_first", "{{ 'a-b-c' | remove_first: '-' }}", "ab-c"},
	    {"remove_last", "{{ 'a-b-c' | remove_last: '-' }}", "a-bc"},
	    {"remove_last nil", "{{ n | remove_last: '-' }}", ""},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
letters(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"upcase", "{{ 'aBc-z1' | upcase }}", "ABC-Z1"},
	    {"upcase nil", "[{{ n | upcase }}]", "[]"},
	    {"upcase an array", "{{ mixed | upcase }}", "[1, \"A\"]"},
	    {"upcase, one becomes two",
		"{{ 'stra\xc3\x9f"
		"e' | upcase }}",
		"STRASSE"},
	    {"upcase, a ligature", "{{ '\xef\xac\x81' | upcase }}", "FI"},
	    {"upcase is not Turkish", "{{ '\xc3\xa9i' | upcase }}",
		"\xc3\x89I"},
	    {"downcase", "{{ 'ABC-Z1' | downcase }}", "abc-z1"},
	    {"downcase nil", "[{{ n | downcase }}]", "[]"},
	    {"downcase, dotted I", "{{ '\xc4\xb0' | downcase }}", "i\xcc\x87"},
	    {"downcase, sigma at the end",
		"{{ '\xce\x91\xce\xa3' | downcase }}", "\xce\xb1\xcf\x83"},
	    {"downcase, sigma within", "{{ '\xce\xa3x\xce\xa3y' | downcase }}",
		"\xcf\x83x\xcf\x83y"},
	    {"capitalize", "{{ 'heLLo World' | capitalize }}", "Hello world"},
	    {"capitalize nil", "[{{ n | capitalize }}]", "[]"},
	    {"capitalize nothing", "[{{ '' | capitalize }}]", "[]"},
	    {"capitalize a number", "{{ i | capitalize }}", "17"},
	    {"capitalize, title case", "{{ '\xc7\x86X' | capitalize }}",
		"\xc7\x85x"},
	    {"capitalize, a ligature", "{{ '\xef\xac\x81sh' | capitalize }}",
		"Fish"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
html(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"escape", "{{ q | escape | append: '' }}",
		"a&lt;b&gt;&amp;&quot;&#39;"},
	    {"escape nil", "[{{ n | escape | append: 'x' }}]", "[x]"},
	    {"escape an array", "{{ mixed | escape | append: '' }}",
		"[1, &quot;a&quot;]"},
	    {"h", "{{ '<' | h | append: '' }}", "&lt;"},
	    {"escape_once", "{{ '&amp; & &#39; &x &#x41; <' | escape_once }}",
		"&amp; &amp; &#39; &amp;x &amp;#x41; &lt;"},
	    {"escape_once, no name", "{{ '&;&#;&a1;' | escape_once }}",
		"&amp;;&amp;#;&amp;a1;"},
	    {"escape_once nil", "[{{ n | escape_once }}]", "[]"},
	    {"raw", "{{ q | raw }}", "a<b>&\"'"},
	    {"raw nil", "[{{ n | raw }}]", "[]"},
	    {"raw an array", "{{ mixed | raw }}", "[1, \"a\"]"},
	    {"newline_to_br", "{{ lines | newline_to_br }}",
		"a<br />\nb<br />\nc"},
	    {"newline_to_br nil", "[{{ n | newline_to_br }}]", "[]"},
	    {"strip_html", "{{ html | strip_html }}", "A&amp;B<b"},
	    {"strip_html, scripts and styles",
		"{{ '1<script>x<</script>2<style a>b</style>3' | strip_html }}",
		"123"},
	    {"strip_html, no end", "{{ '<script>a<!--b-->c' | strip_html }}",
		"ac"},
	    {"strip_html over lines", "{{ 'a<b\n>c' | strip_html }}", "ac"},
	    {"strip_html nil", "[{{ n | strip_html }}]", "[]"},
	    {"strip_html an array", "{{ mixed | strip_html }}", "[1, \"a\"]"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
urls(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"url_encode", "{{ 'a b&c/\xc3\xa9~-_.*' | url_encode }}",
		"a+b%26c%2F%C3%A9~-_.%2A"},
	    {"url_encode nil", "[{{ n | url_encode }}]", "[]"},
	    {"url_encode an array", "{{ mixed | url_encode }}",
		"%5B1%2C+%22a%22%5D"},
	    {"url_decode", "{{ 'a+b%26%C3%a9' | url_decode }}", "a b&\xc3\xa9"},
	    {"url_decode what is none", "{{ '%zz%4%' | url_decode }}",
		"%zz%4%"},
	    {"url_decode nil", "[{{ n | url_decode }}]", "[]"},
	    {"base64_encode", "{{ 'fo?' | base64_encode }}", "Zm8/"},
	    {"base64_encode nil", "[{{ n | base64_encode }}]", "[]"},
	    {"base64_encode a number", "{{ 5 | base64_encode }}", "NQ=="},
	    {"base64_encode an object", "{{ o | base64_encode }}",
		"eyJrIj0+MSwgImwiPT5bdHJ1ZSwgbmlsXX0="},
	    {"base64_decode", "{{ 'NQ==' | base64_decode }}", "5"},
	    {"base64_decode nil", "[{{ n | base64_decode }}]", "[]"},
	    {"base64_url_safe_encode", "{{ 'fo?' | base64_url_safe_encode }}",
		"Zm8_"},
	    {"base64_url_safe_encode nil", "[{{ n | base64_url_safe_encode }}]",
		"[]"},
	    {"base64_url_safe_decode",
		"{{ 'Zm8_NQ' | base64_url_safe_decode }}", "fo?5"},
	    {"base64_url_safe_decode, padded",
		"{{ 'NQ==' | base64_url_safe_decode }}", "5"},
	    {"base64_url_safe_decode nil", "[{{ n | base64_url_safe_decode }}]",
		"[]"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
lists(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"size", "{{ u | size }} {{ l | size }} {{ o | size }}", "4 4 2"},
	    {"size of what has none",
		"{{ n | size }}{{ f | size }}{{ t | size }}{{ empty | size }}",
		"0000"},
	    {"size of numbers", "{{ i | size }} {{ big | size }}", "8 13"},
	    {"minus and times with -0",
		"{{ '-0.0' | minus: 0 }} {{ 0 | minus: 0.0 }} "
		"{{ f | times: '-0' }}",
		"-0.0 0.0 0.0"},
	    {"the format of a date as Ruby shows it",
		"{{ 0 | date: m }} {{ 0 | date: 7 }}", "[3, 1.5, 2] 7"},
	    {"size of a range", "{{ (3..7) | size }}", "5"},
	    {"first, last", "{{ l | first }}{{ l | last }}", "bC"},
	    {"of a text", "{{ u | first }}{{ u | last }}",
		"\xc3\xa9\xf0\x9f\x98\x80"},
	    {"of nothing", "[{{ n | first }}{{ e | last }}{{ i | first }}]",
		"[]"},
	    {"of an object", "{{ o | first | join }}[{{ o | last }}]", "k 1[]"},
	    {"of a range", "{{ (1..3) | last }}{{ (3..1) | first }}", "33"},
	    {"join", "{{ l | join: '-' }}", "b-a--C"},
	    {"join by a blank", "{{ m | join }}", "3 1.5 2"},
	    {"join deep", "{{ deep | join: ',' }}", "1,2,3,"},
	    {"join nil", "[{{ n | join }}]", "[]"},
	    {"join a text", "{{ 'ab' | join: '-' }}", "ab"},
	    {"join an object", "{{ o | join: '-' }}",
		"{\"k\"=>1, \"l\"=>[true, nil]}"},
	    {"join a range", "{{ (1..3) | join: n }}", "123"},
	    {"reverse", "{{ l | reverse | join: '-' }}", "C--a-b"},
	    {"reverse a text", "{{ 'ab' | reverse | join }}", "ab"},
	    {"reverse nil", "{{ n | reverse | size }}", "0"},
	    {"reverse a range", "{{ (1..3) | reverse | join }}", "3 2 1"},
	    {"concat", "{{ m | concat: mixed | join: ',' }}", "3,1.5,2,1,a"},
	    {"concat to nil", "{{ n | concat: m | size }}", "3"},
	    {"concat lays the input flat", "{{ deep | concat: deep | size }}",
		"7"},
	    {"concat to a text", "{{ 'a' | concat: mixed | join: ',' }}",
		"a,1,a"},
	    {"compact", "{{ l | compact | size }}", "3"},
	    {"compact nil", "{{ n | compact | size }}", "0"},
	    {"compact by", "{{ p | compact: 'v' | map: 't' | join }}", "x y x"},
	    {"compact by, no properties", "[{{ m | compact: 0 | size }}]",
		"[0]"},
	    {"map", "{{ p | map: 't' | join }}", "x y z x"},
	    {"map an object", "{{ o | map: 'k' | join }}", "1"},
	    {"map nil", "{{ n | map: 'k' | size }}", "0"},
	    {"map what has no properties",
		"{{ f | map: 'k' | first }}{{ l | map: 'a' | join: ',' }}",
		",a,,"},
	    {"map letters and bits",
		"{{ 'abc' | map: -1 | join }}{{ 5 | map: 2 | join }}"
		"{{ big | map: 1 | join }}",
		"c11"},
	    {"sum", "{{ m | sum }} {{ deep | sum }} {{ n | sum }}", "6.5 6 0"},
	    {"sum texts", "{{ '1.5,x,2' | split: ',' | sum }}", "3.5"},
	    {"sum by", "{{ p | sum: 'v' }}", "4"},
	    {"sum beyond 64 bits",
		"{{ '9223372036854775807,1' | split: ',' | "
		"sum }}",
		"9223372036854775808"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
choices(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"where", "{{ p | where: 't', 'x' | size }}", "2"},
	    {"where it is true", "{{ p | where: 'v' | map: 't' | join }}",
		"x y"},
	    {"where, 2 is not '2'", "{{ p | where: 'v', 2 | map: 't' | join }}",
		"x"},
	    {"where it is false", "{{ p | where: 'v', false | size }}", "1"},
	    {"where nil", "{{ n | where: 'v' | size }}", "0"},
	    {"where, an object", "{{ o | where: 'k', 1 | size }}", "1"},
	    {"where, texts", "{{ l | compact | where: 'a' | join }}", "a"},
	    {"where, nothing has it", "[{{ l | where: 'a' }}]", "[]"},
	    {"reject", "{{ p | reject: 't', 'x' | map: 't' | join }}", "y z"},
	    {"reject what is true", "{{ p | reject: 'v' | map: 't' | join }}",
		"z x"},
	    {"reject nil", "{{ n | reject: 'v' | size }}", "0"},
	    {"has", "{{ p | has: 't', 'y' }} {{ p | has: 't', 'q' }}",
		"true false"},
	    {"has nil", "{{ n | has: 'v' }}", "false"},
	    {"find", "{% assign x = p | find: 't', 'y' %}{{ x.v }}", "2"},
	    {"find none", "[{{ p | find: 't', 'q' }}]", "[]"},
	    {"find_index", "{{ p | find_index: 't', 'z' }}", "2"},
	    {"find_index none", "[{{ p | find_index: 't', 'q' }}]", "[]"},
	    {"find_index nil", "[{{ n | find_index: 't' }}]", "[]"},
	    {"default",
		"{{ e | default: 'd' }}{{ n | default: 'd' }}"
		"{{ 0 | default: 'd' }}{{ ' ' | default: 'd' }}",
		"dd0 "},
	    {"default of nothing", "[{{ n | default }}]", "[]"},
	    {"default of false",
		"{{ false | default: 1 }}"
		"{{ false | default: 1, allow_false: true }}",
		"1false"},
	    {"default, nil is not allowed",
		"{{ n | default: 1, allow_false: true }}", "1"},
	    {"default of the words",
		"{{ empty | default: 1 }}"
		"{{ blank | default: 2 }}",
		"12"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
orders(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"sort", "{{ l | sort | join: ',' }}", "C,a,b,"},
	    {"sort numbers", "{{ m | sort | join: ',' }}", "1.5,2,3"},
	    {"sort nil", "{{ n | sort | size }}", "0"},
	    {"sort a text", "{{ 'ba' | sort | join }}", "ba"},
	    {"sort by", "{{ p | sort: 't' | map: 't' | join }}", "x x y z"},
	    {"sort keeps equal ones in order",
		"{{ p | sort: 't' | map: 'v' | join: ',' }}", "2,false,2,"},
	    {"sort, no properties", "[{{ l | sort: 't' }}]", "[]"},
	    {"sort one", "{{ 'a' | split: ',' | sort: i | join }}", "a"},
	    {"sort a range", "{{ (3..5) | sort | join }}", "3 4 5"},
	    {"sort_natural", "{{ l | sort_natural | join: ',' }}", "a,b,C,"},
	    {"sort_natural, mixed", "{{ mixed | sort_natural | join: ',' }}",
		"1,a"},
	    {"sort_natural, ASCII only",
		"{{ '\xc3\xa4,_,\xc3\x84,Z' | split: ',' | sort_natural | join "
		"}}",
		"_ Z \xc3\x84 \xc3\xa4"},
	    {"sort_natural nil", "{{ n | sort_natural | size }}", "0"},
	    {"sort_natural by", "{{ p | sort_natural: 't' | map: 't' | join }}",
		"x x y z"},
	    {"uniq", "{{ 'a,b,a' | split: ',' | uniq | join }}", "a b"},
	    {"uniq, 1 is not 1.0",
		"{{ m | concat: m | uniq | join }} {{ '1' | concat: mixed | "
		"uniq | size }}",
		"3 1.5 2 3"},
	    {"uniq nil", "{{ n | uniq | size }}", "0"},
	    {"uniq by", "{{ p | uniq: 't' | map: 't' | join }}", "x y z"},
	    {"uniq, objects", "{{ p | concat: p | uniq | size }}", "4"},
	    {"uniq by, no properties", "[{{ l | uniq: 't' }}]", "[]"},
	    {"uniq by, of one nothing is read",
		"{{ i | uniq: 't' }} {{ 'a' | uniq: o }}", "17 a"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

static void
printing(void **state)
{
	static const struct liquid_case_row rows[] = {
	    {"array", "{{ deep }}{{ l }}", "123baC"},
	    {"object", "{{ o }}", "{\"k\"=>1, \"l\"=>[true, nil]}"},
	    {"numbers", "{{ big }} {{ f }} {{ i }}",
		"123456789012345678901234567890 1.5 17"},
	    {"range", "{{ (1..3) }}", "1..3"},
	    {"words", "[{{ nil }}{{ empty }}{{ blank }}{{ true }}]", "[true]"},
	    {"inspected text",
		"{{ '\a\b\t\n\v\f\r\033\001\177\"\\#{#$#@#' | split: '|' | "
		"append: '' }}",
		"[\"\\a\\b\\t\\n\\v\\f\\r\\e\\u0001\\u007F\\\"\\\\\\#{\\#$\\#@#"
		"\"]"},
	    {"inspected NEL",
		"{{ '\xc2\x84\xc2\x85' | split: '|' | append: '' }}",
		"[\"\\u0084\xc2\x85\"]"},
	    {"inspected Unicode",
		"{{ '\xc3\xa9\xe2\x80\xa8\xc2\x80\xf3\xa0\x80\x80\xf0\x9f\x98"
		"\x80' | split: '|' | append: '' }}",
		"[\"\xc3\xa9\\u2028\\u0080\\u{E0000}\xf0\x9f\x98\x80\"]"},
	};

	(void)state;
	liquid_case_check(&run, rows, ARRAY_LEN(rows), data, LIQUID_TEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ends),
	    cmocka_unit_test(parts),
	    cmocka_unit_test(replacing),
	    cmocka_unit_test(letters),
	    cmocka_unit_test(html),
	    cmocka_unit_test(urls),
	    cmocka_unit_test(lists),
	    cmocka_unit_test(choices),
	    cmocka_unit_test(orders),
	    cmocka_unit_test(printing),
	};
	int failed;

	liquid_case_init(&run);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	liquid_case_release(&run);
	return failed;
}
