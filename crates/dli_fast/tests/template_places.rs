//! Every place a value can stand in, on every dialect: DESIGN's table, as facts.

mod template_common;

use dli_fast::sql::Dialect::{BigQuery, DuckDb, Trino};
use dli_fast::template::ErrorKind;
use template_common::{refused, sql};

#[test]
fn a_value_in_quotes_is_escaped_for_those_quotes() {
    assert_eq!(sql(DuckDb, "a = '{{ x }}'"), r"a = 'O''Re\il'");
    assert_eq!(sql(Trino, "a = '{{ x }}-%'"), r"a = 'O''Re\il-%'");
    assert_eq!(sql(BigQuery, "a = '{{ x }}'"), r"a = 'O\'Re\\il'");
    assert_eq!(sql(BigQuery, "a = \"{{ x }}\""), "a = \"O\\'Re\\\\il\"");
    assert_eq!(sql(BigQuery, "a = '''{{ x }}'''"), r"a = '''O\'Re\\il'''");
    assert_eq!(sql(BigQuery, "a = \"\"\"{{ x }}\"\"\""), "a = \"\"\"O\\'Re\\\\il\"\"\"");
    assert_eq!(sql(BigQuery, "a = b'{{ x }}'"), r"a = b'O\'Re\\il'");
    // `\'` would end it for the part of DuckDB that looks for odd blanks, and in its second line for the parser itself
    assert_eq!(sql(DuckDb, "a = E'{{ x }}'"), r"a = E'O''Re\\il'");
    assert_eq!(sql(DuckDb, "a = 'it''s {{ n }}'"), "a = 'it''s 5'");
    assert_eq!(sql(BigQuery, "a = '{{ nl }}'"), r"a = 'a\nb -- */ x'");
    assert_eq!(sql(DuckDb, "a = '{{ nl }}'"), "a = 'a\nb -- */ x'");
}

#[test]
fn a_form_without_escapes_refuses_what_it_cannot_hold() {
    assert_eq!(sql(BigQuery, "a = r'{{ t }}'"), "a = r'my tab'");
    refused(BigQuery, "a = r'{{ x }}'", ErrorKind::Value, "raw string");
    refused(BigQuery, r"a = '\{{ x }}'", ErrorKind::Place, "backslash");
    assert_eq!(sql(Trino, "a = X'{{ ds }}'"), "a = X'20250101'");
    refused(Trino, "a = U&'{{ x }}'", ErrorKind::Value, "letters, digits and blanks");
    refused(Trino, "a = E'{{ x }}'", ErrorKind::Value, "letters, digits and blanks");
    refused(DuckDb, "a = '{{ l }}'", ErrorKind::Value, "inside quotes");
    refused(DuckDb, "a = '{{ none }}'", ErrorKind::Value, "inside quotes");
}

#[test]
fn a_bare_value_is_a_literal_of_its_type() {
    assert_eq!(
        sql(
            DuckDb,
            "a = {{ x }} AND b = {{ n }} AND c = {{ f }} AND d = {{ yes }} AND e IN ({{ l }}) AND g IN ({{ il }}) AND h = {{ none }}"
        ),
        r"a = 'O''Re\il' AND b = 5 AND c = 2.5e-1 AND d = TRUE AND e IN ('a', 'b''c') AND g IN (1, 2) AND h = NULL"
    );
    assert_eq!(sql(BigQuery, "{{ f }}"), "0.25");
    assert_eq!(sql(Trino, "{{ f }}"), "2.5e-1");
    refused(DuckDb, "x IN ({{ e }})", ErrorKind::Value, "empty list");
    refused(DuckDb, "{{ nan }}", ErrorKind::Value, "NaN");
}

#[test]
fn a_double_stays_a_double() {
    // DuckDB reads 0.25 as DECIMAL(3,2)
    assert_eq!(sql(DuckDb, "{{ 1e300 }} {{ 0.1 }}"), "1e300 1e-1");
}

#[test]
fn integers_that_do_not_fit_a_bigint_are_exact() {
    let big = "{{ 170141183460469231731687303715884105727 }}";
    assert_eq!(sql(DuckDb, big), "170141183460469231731687303715884105727");
    assert_eq!(sql(Trino, "{{ 99999999999999999999 }}"), "DECIMAL '99999999999999999999'");
    assert_eq!(sql(Trino, "{{ least }}"), "BIGINT '-9223372036854775808'");
    assert_eq!(sql(BigQuery, "{{ 99999999999999999999 }}"), "NUMERIC '99999999999999999999'");
    refused(Trino, big, ErrorKind::Value, "38 digits");
}

#[test]
fn a_negative_number_never_begins_a_comment() {
    assert_eq!(sql(DuckDb, "x -{{ neg }} - {{ neg }} =-{{ n }}"), "x -(-3) - -3 =-5");
    assert_eq!(sql(DuckDb, "[-{{ [neg, n] }}]"), "[- -3, 5]");
}

#[test]
fn dates_are_dates_and_text_in_quotes() {
    assert_eq!(
        sql(DuckDb, "dt >= {{ d }} AND dt < DATE {{ d }} OR dt = '{{ d }}'"),
        "dt >= DATE '2025-01-05' AND dt < DATE '2025-01-05' OR dt = '2025-01-05'"
    );
    assert_eq!(
        sql(Trino, "{{ ts }} {{ zts }}"),
        "TIMESTAMP '2025-01-05 10:20:30' TIMESTAMP '2025-01-05 10:20:30 +09:00'"
    );
    assert_eq!(
        sql(BigQuery, "{{ ts }} {{ zts }}"),
        "TIMESTAMP '2025-01-05 10:20:30' TIMESTAMP '2025-01-05 10:20:30+09:00'"
    );
    assert_eq!(
        sql(DuckDb, "{{ zts }} '{{ zts }}'"),
        "TIMESTAMPTZ '2025-01-05 10:20:30+09:00' '2025-01-05 10:20:30+09:00'"
    );
    refused(DuckDb, "TIMESTAMP {{ zts }}", ErrorKind::Place, "drop the zone");
    assert_eq!(sql(DuckDb, "TIMESTAMP {{ d }}"), "TIMESTAMP '2025-01-05'");
    assert_eq!(sql(DuckDb, "IN ({{ ds_list }})"), "IN (DATE '2025-01-01', DATE '2025-01-02')");
}

#[test]
fn decimals_are_exact_decimals() {
    assert_eq!(sql(DuckDb, "{{ dec }} {{ whole }}"), "12.50 CAST('12' AS DECIMAL(2,0))");
    assert_eq!(sql(Trino, "{{ dec }} {{ whole }}"), "DECIMAL '12.50' DECIMAL '12'");
    assert_eq!(sql(BigQuery, "{{ dec }}"), "NUMERIC '12.50'");
    assert_eq!(sql(BigQuery, "{{ tiny }}"), "BIGNUMERIC '0.12345678901234567890'");
    assert_eq!(sql(DuckDb, "'{{ dec }}' x-{{ negdec }}"), "'12.50' x-(-0.5)");
}

#[test]
fn identifiers_are_quoted_part_by_part() {
    assert_eq!(sql(DuckDb, "SELECT \"{{ t }}\" FROM s.{{ t | identifier }}"), "SELECT \"my tab\" FROM s.\"my tab\"");
    assert_eq!(sql(BigQuery, "FROM {{ 'p-1.ds.t' | identifier }}"), "FROM `p-1`.`ds`.`t`");
    assert_eq!(sql(BigQuery, "FROM `p.ds.{{ ds }}`"), "FROM `p.ds.20250101`");
    assert_eq!(sql(BigQuery, "FROM `{{ name }}`"), "FROM `a.b`");
    assert_eq!(sql(DuckDb, "FROM {{ name }} AS x, {{ name }}.c"), "FROM \"a\".\"b\" AS x, \"a\".\"b\".c");
    assert_eq!(sql(DuckDb, "SELECT '{{ t | identifier }}', {{ l | identifier }}"), "SELECT 'my tab', \"a\", \"b'c\"");
    assert_eq!(sql(DuckDb, "SELECT \"{{ q }}\", `{{ bt }}`"), "SELECT \"a\"\"b\", `a``b`");
    refused(BigQuery, "FROM `p.ds.{{ x }}`", ErrorKind::Value, "quoted name");
    refused(DuckDb, "FROM \"{{ name }}\"", ErrorKind::Place, "several parts");
    refused(DuckDb, "FROM \"{{ empty }}\"", ErrorKind::Value, "empty name");
    refused(DuckDb, "{{ 'a..b' | identifier }}", ErrorKind::Value, "empty part");
    refused(BigQuery, "{{ bt | identifier }}", ErrorKind::Value, "backtick");
}

#[test]
fn word_characters_may_follow_an_underscore() {
    assert_eq!(sql(BigQuery, "FROM events_{{ ds }}"), "FROM events_20250101");
    assert_eq!(sql(DuckDb, "FROM events_{{ ds }}_{{ n }}.x"), "FROM events_20250101_5.x");
    assert_eq!(sql(DuckDb, "FROM stg_{{ a | identifier }}"), "FROM stg_p");
    refused(DuckDb, "FROM events_{{ x }}", ErrorKind::Place, "glued");
    refused(DuckDb, "FROM events_{{ empty }}", ErrorKind::Place, "glued");
    refused(DuckDb, "FROM events_{{ name }}", ErrorKind::Place, "glued");
    for template in
        ["1{{ n }}", "1_{{ n }}", "tbl{{ a }}", "$_{{ n }}", "${{ n }}", "@p_{{ n }}", "?{{ n }}", ":a_{{ n }}'x'"]
    {
        refused(DuckDb, template, ErrorKind::Place, "glued");
    }
}

#[test]
fn glued_values_are_refused() {
    refused(DuckDb, "'a'{{ x }}", ErrorKind::Place, "behind a quote");
    refused(DuckDb, "{{ x }}'a'", ErrorKind::Place, "glued");
    refused(DuckDb, "{{ x }}abc", ErrorKind::Place, "glued");
    refused(DuckDb, "{{ n }}{{ n }}", ErrorKind::Place, "nothing between");
    refused(DuckDb, "a_{{ n }}{{ n }}", ErrorKind::Place, "nothing between");
    refused(DuckDb, "s.{{ t }}", ErrorKind::Place, "glued");
    refused(DuckDb, "{{ n }}.5", ErrorKind::Place, "glued");
    refused(DuckDb, "{{ n }}$$a$$", ErrorKind::Place, "glued");
    refused(Trino, "U&{{ x }}", ErrorKind::Place, "U&");
    refused(DuckDb, "x::{{ a }}", ErrorKind::Place, "type");
}

#[test]
fn casts_and_placeholders_beside_values_stay() {
    assert_eq!(sql(DuckDb, "{{ x }}::VARCHAR || $1 || :p || ?"), r"'O''Re\il'::VARCHAR || $1 || :p || ?");
    assert_eq!(sql(DuckDb, "l[1:{{ n }}]"), "l[1:5]");
    assert_eq!(sql(BigQuery, "@p = {{ n }}"), "@p = 5");
}

#[test]
fn a_string_where_a_name_belongs_is_unsafe() {
    for word in ["FROM", "from", "JOIN", "INTO", "TABLE", "AS", "BY", "UPDATE"] {
        refused(DuckDb, &format!("SELECT 1 {word} {{{{ t }}}}"), ErrorKind::Place, "identifier");
        refused(DuckDb, &format!("SELECT 1 {word} /* c */ {{{{ t }}}}"), ErrorKind::Place, "identifier");
        refused(DuckDb, &format!("SELECT 1 {word} -- c\n {{{{ l }}}}"), ErrorKind::Place, "identifier");
    }
    assert_eq!(sql(DuckDb, "ORDER BY {{ n }}"), "ORDER BY 5");
    assert_eq!(sql(DuckDb, "a IS DISTINCT FROM {{ a }}"), "a IS DISTINCT FROM 'p'");
    assert_eq!(sql(DuckDb, "JOIN b ON {{ a }} = b.x"), "JOIN b ON 'p' = b.x");
    assert_eq!(sql(DuckDb, "FROM '{{ a }}'"), "FROM 'p'");
}

#[test]
fn comments_show_cleaned_text() {
    assert_eq!(
        sql(DuckDb, "-- for {{ nl }}\nSELECT /* {{ nl }} */ {{ n }} -- '{{ x }}'\n+ {{ n }}"),
        "-- for a_b __ __ x\nSELECT /* a_b __ __ x */ 5 -- 'O_Re_il'\n+ 5"
    );
    assert_eq!(sql(BigQuery, "# it's {{ x }}\nSELECT {{ n }}"), "# it's O_Re_il\nSELECT 5");
    assert_eq!(sql(Trino, "SELECT 1 -- it's\n, '{{ x }}'"), "SELECT 1 -- it's\n, 'O''Re\\il'");
    assert_eq!(sql(DuckDb, "-- {{ l }} {{ none }} {{ d }} {{ name }} {{ e }}"), "-- a, b_c NULL 2025_01_05 a.b _");
    assert_eq!(sql(DuckDb, "SELECT 1 -- {{ x }}\r\n, {{ n }}"), "SELECT 1 -- O_Re_il\r\n, 5");
}

#[test]
fn an_empty_value_does_not_end_a_comment() {
    assert_eq!(sql(DuckDb, "/* *{{ empty }}/ {{ n }} */"), "/* *_/ 5 */");
    assert_eq!(sql(Trino, "/* *{{ empty }}/ {{ n }} */"), "/* *_/ 5 */");
}

#[test]
fn comments_nest_where_the_engine_nests_them() {
    assert_eq!(sql(DuckDb, "/* /* */ {{ x }} */ {{ x }}"), r"/* /* */ O_Re_il */ 'O''Re\il'");
    assert_eq!(sql(Trino, "/* /* */ {{ x }}"), r"/* /* */ 'O''Re\il'");
    assert_eq!(sql(BigQuery, "/* /* */ {{ x }}"), r"/* /* */ 'O\'Re\\il'");
    assert_eq!(sql(DuckDb, "/*/ {{ x }} */ {{ n }}"), "/*/ O_Re_il */ 5");
    refused(DuckDb, "/* {{ x }}", ErrorKind::Place, "inside a comment");
}

#[test]
fn a_hash_is_a_comment_in_bigquery_only() {
    assert_eq!(sql(BigQuery, "# {{ x }}"), "# O_Re_il");
    assert_eq!(sql(DuckDb, "a # {{ x }}"), r"a # 'O''Re\il'");
}

#[test]
fn dollar_quotes_hold_what_cannot_end_them() {
    assert_eq!(sql(DuckDb, "SELECT $$it's {{ x }} ok$$"), r"SELECT $$it's O'Re\il ok$$");
    assert_eq!(sql(DuckDb, "SELECT $$ {{ a }} $$, {{ n }}"), "SELECT $$ p $$, 5");
    assert_eq!(sql(DuckDb, "SELECT $é$ {{ a }} $é$, {{ n }}"), "SELECT $é$ p $é$, 5");
    assert_eq!(sql(DuckDb, "SELECT a$b, {{ a }}, x$y"), "SELECT a$b, 'p', x$y");
    assert_eq!(sql(Trino, "SELECT '$$', {{ a }}"), "SELECT '$$', 'p'");
    refused(DuckDb, "SELECT $$ {{ dollar }} $$", ErrorKind::Value, "dollar");
    refused(DuckDb, "SELECT $a$ $b{{ n }}$ $a$", ErrorKind::Value, "dollar");
    refused(DuckDb, "SELECT $a$ ${{ empty }}a$ $a$", ErrorKind::Value, "dollar");
}

#[test]
fn a_string_continued_on_the_next_line_keeps_its_form() {
    // DuckDB reads both lines as one E'…'
    assert_eq!(sql(DuckDb, "E'a'\n'{{ x }}'"), "E'a'\n'O''Re\\\\il'");
    assert_eq!(sql(DuckDb, "E'a' -- c\n'{{ x }}'"), "E'a' -- c\n'O''Re\\\\il'");
    refused(DuckDb, "E'a'\n'b\\' {{ x }}'", ErrorKind::Place, "continues another one");
    refused(DuckDb, "E'a'\n'b\\', {{ x }}", ErrorKind::Place, "continues another one");
    assert_eq!(sql(DuckDb, "E'a\\'b' = '{{ a }}'"), "E'a\\'b' = 'p'");
    assert_eq!(sql(DuckDb, "E'a',\n'{{ x }}'"), "E'a',\n'O''Re\\il'");
    refused(DuckDb, "E'a'\n{{ x }}", ErrorKind::Place, "another kind of string");
    refused(DuckDb, "X'41'\n/* c */ {{ l }}", ErrorKind::Place, "another kind of string");
    assert_eq!(sql(DuckDb, "'a'\n{{ x }}\n{{ a }}"), "'a'\n'O''Re\\il'\n'p'");
    assert_eq!(sql(BigQuery, "r'a'\n{{ a }}"), "r'a'\n'p'");
}

#[test]
fn adjacent_quotes_do_not_shift_in_bigquery() {
    refused(BigQuery, "'{{ x }}''b'", ErrorKind::Place, "closing quote");
    refused(BigQuery, "'''{{ x }}''''", ErrorKind::Place, "closing quote");
    assert_eq!(sql(BigQuery, "'''a''{{ x }}'''"), r"'''a''O\'Re\\il'''");
    assert_eq!(sql(BigQuery, "'' {{ n }}"), "'' 5");
    assert_eq!(sql(DuckDb, "'{{ empty }}''b'"), "'''b'");
}

#[test]
fn unfinished_quotes_around_a_value_are_unsafe() {
    for template in ["'{{ x }}", "\"{{ t }}", "$$ {{ a }}"] {
        refused(DuckDb, template, ErrorKind::Place, "ends inside");
    }
    refused(DuckDb, "'it's {{ x }}'", ErrorKind::Place, "glued");
    assert_eq!(sql(DuckDb, "SELECT 'open"), "SELECT 'open");
}

#[test]
fn like_escapes_wildcards_and_wants_the_escape_clause() {
    assert_eq!(sql(DuckDb, r"a LIKE '%{{ pct | like }}%' ESCAPE '\'"), r"a LIKE '%50\%\_%' ESCAPE '\'");
    assert_eq!(sql(Trino, r"a LIKE {{ pct | like }} escape '\'"), r"a LIKE '50\%\_' escape '\'");
    assert_eq!(sql(BigQuery, "a LIKE '{{ pct | like }}%'"), r"a LIKE '50\\%\\_%'");
    assert_eq!(sql(BigQuery, "a LIKE {{ '%' ~ (pct | like) ~ '%' }}"), r"a LIKE '%50\\%\\_%'");
    refused(DuckDb, "a LIKE '%{{ pct | like }}%'", ErrorKind::Place, "ESCAPE");
    refused(BigQuery, r"a LIKE '{{ pct | like }}' ESCAPE '\\'", ErrorKind::Place, "no ESCAPE");
    // without the filter they stay wildcards
    assert_eq!(sql(DuckDb, "a LIKE '%{{ pct }}%'"), "a LIKE '%50%_%'");
}

#[test]
fn a_secret_is_its_value_except_in_comments() {
    assert_eq!(
        sql(DuckDb, "SET k = '{{ secret }}'; x = {{ secret }} -- {{ secret }}"),
        "SET k = 'hush'';'; x = 'hush'';' -- redacted"
    );
    assert_eq!(
        sql(DuckDb, "/* {{ [secret, n] }} */ {{ secret ~ 'x' }} -- {{ secret ~ 'x' }}"),
        "/* redacted, 5 */ 'hush'';x' -- redacted"
    );
    assert_eq!(sql(DuckDb, "{% if secret == \"hush';\" %}yes{% endif %}"), "yes");
    for template in [
        "{{ secret | upper }}",
        "{{ secret | raw }}",
        "{{ secret | identifier }}",
        "{{ secret | replace('h', 'x') }}",
        "{{ [secret] | join(',') | upper }}",
        "{{ secret | string }}",
        "{{ secret | like }}",
    ] {
        assert!(template_common::render(DuckDb, template).is_err(), "{template}");
    }
}

#[test]
fn an_empty_value_never_joins_the_quotes_around_it_in_a_triple_quoted_string() {
    for template in ["'''it''{{ empty }}'''", "'''{{ a }}'{{ empty }}''s'''", "''''''  '''''{{ empty }}'''"] {
        refused(BigQuery, template, ErrorKind::Value, "join the quotes");
    }
    assert_eq!(sql(BigQuery, "'''it''{{ a }}'''"), "'''it''p'''");
    assert_eq!(sql(BigQuery, "'''x = '{{ empty }}' AND'''"), "'''x = '' AND'''");
    assert_eq!(sql(BigQuery, "'''{{ empty }}'''"), "''''''");
}

#[test]
fn dollar_quotes_directly_behind_each_other_are_refused_beside_values() {
    refused(DuckDb, "SELECT $$a $$$$b $$, {{ x }}, $$c$$", ErrorKind::Place, "or another one");
    refused(DuckDb, "SELECT $t$a $t$$t$b $t$, {{ x }}, $$c$$", ErrorKind::Place, "or another one");
    assert_eq!(sql(DuckDb, "SELECT $$a $$ $$b $$, {{ a }}, $$c$$"), "SELECT $$a $$ $$b $$, 'p', $$c$$");
    assert_eq!(sql(DuckDb, "SELECT $$a $$$$b $$"), "SELECT $$a $$$$b $$");
}

#[test]
fn dollar_quotes_directly_behind_a_word_or_a_number_are_refused_beside_values() {
    for glued in ["4$b$ it $b$", "1e5$$ it $$", "a$b$ it $b$", "$1$b$ it $b$", "x_$$ it $$"] {
        refused(DuckDb, &format!("SELECT {glued}, {{{{ x }}}}"), ErrorKind::Place, "behind a word, a number");
        assert_eq!(sql(DuckDb, &format!("SELECT {glued}")), format!("SELECT {glued}"));
    }
    assert_eq!(sql(DuckDb, "SELECT a$b, $1, {{ a }}"), "SELECT a$b, $1, 'p'");
}

#[test]
fn a_dollar_tag_may_be_of_any_length() {
    let tag = "t".repeat(500);
    let text = format!("SELECT ${tag}$ it's {{{{ a }}}} ${tag}$");
    assert_eq!(sql(DuckDb, &text), format!("SELECT ${tag}$ it's p ${tag}$"));
}
