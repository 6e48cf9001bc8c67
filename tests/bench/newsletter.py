"""The message that every sender of bench-send sends: 10 kB on the wire, HTML
and text, 25 substitutions, a handful of links, one of them personal."""

FIELDS = ["first_name", "city", "plan", "points", "renewal"]

SUBJECT = "{{ first_name }}, your {{ plan }} news from {{ city }}"

ARTICLES = [
    ("A calmer inbox", "https://www.example.com/news/calmer-inbox",
     "You asked for fewer interruptions, so digests now gather what can wait "
     "and arrive when you want them to. {{ first_name }}, yours is set to "
     "Monday morning, your time; one click moves it to another day."),
    ("Reports that explain themselves",
     "https://www.example.com/news/reports",
     "Every figure now tells where it comes from and what it is compared "
     "with. On the {{ plan }} plan the last two years can be looked at week "
     "by week, and a table leaves as CSV or as a picture."),
    ("Meet us in {{ city }}", "https://www.example.com/events",
     "The tour stops near you. Bring questions, bring colleagues, and tell "
     "us what is missing: {{ first_name }}, people with {{ points }} points "
     "or more have a seat in the first row."),
    ("What the numbers say", "https://www.example.com/news/numbers",
     "Half of all teams reached their goal a month earlier than planned. We "
     "looked into what they have in common; the answer is short, a little "
     "surprising, and has nothing to do with the size of the team."),
]

FILLER = ("It took us a while to get this right. We tried three versions with "
          "a small group of people, threw two of them away, and kept what "
          "everybody understood without being told how it works. ")

STYLE = ("font-family:Helvetica,Arial,sans-serif;font-size:16px;"
         "line-height:24px;color:#333333;margin:0 0 16px 0")


def html():
    articles = "".join(
        f'<tr><td style="padding:24px 0"><h2>{title}</h2>'
        f'<p style="{STYLE}">{text} {FILLER * 5}</p>'
        f'<p style="{STYLE}"><a href="{link}">Read more, '
        "{{ first_name }}</a></p></td></tr>\n"
        for title, link, text in ARTICLES)
    return (
        "<!DOCTYPE html>\n<html><head><title>News</title></head><body>\n"
        '<table role="presentation" width="600" align="center">\n'
        "<tr><td><h1>Hello {{ first_name }} in {{ city }}</h1>"
        f'<p style="{STYLE}">You have {{{{ points }}}} points. Your '
        "{{ plan }} plan renews on {{ renewal }}. "
        f"{FILLER}</p></td></tr>\n{articles}"
        f'<tr><td><p style="{STYLE}"><a href="https://www.example.com/account'
        '?plan={{ plan }}">Your account</a></p>'
        '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></td></tr>\n'
        "</table></body></html>\n")


def text():
    articles = "".join(f"{title}\n{text}\n{FILLER}\n{link}\n\n"
                       for title, link, text in ARTICLES[:3])
    return ("Hello {{ first_name }},\n\nyour plan renews on "
            f"{{{{ renewal }}}}.\n\n{articles}"
            "Unsubscribe: {{ unsubscribe_url }}\n")


def contacts_sql(n):
    """n contacts on list 1: importing is another benchmark."""
    return f"""insert into list (name) values ('all');
        insert into contact (email, email_key, name, attributes)
        select e, e, 'Person ' || i, jsonb_build_object(
               'first_name', 'Ann' || i, 'city', 'Köln', 'plan', 'pro',
               'points', i % 1000, 'renewal', '1 January 2027')
          from generate_series(1, {n}) i,
               lateral (select 'r' || i || '@example.test' as e) x;
        insert into membership (list_id, contact_id) select 1, id from contact;
        analyze; checkpoint"""
