//! What templates mean: constants, captures, macros, conditions, filters, dates.

mod template_common;

use dli_fast::sql::Dialect::{BigQuery, DuckDb};
use dli_fast::template::ErrorKind;
use template_common::{refused, render, set, sql};

#[test]
fn loops_write_each_item_for_its_place() {
    assert_eq!(sql(DuckDb, "IN ({% for i in l %}{{ i }}{{ ', ' if not loop.last }}{% endfor %})"), "IN ('a', 'b''c')");
    assert_eq!(sql(DuckDb, "{% for i in l %}'{{ i }}'{% if not loop.last %}, {% endif %}{% endfor %}"), "'a', 'b''c'");
    assert_eq!(
        sql(DuckDb, "SELECT {% for c in ['a', 'b'] %}SUM({{ c }}) AS {{ c }}_sum, {% endfor %}1"),
        "SELECT SUM(a) AS a_sum, SUM(b) AS b_sum, 1"
    );
    assert_eq!(sql(DuckDb, "{% for d in ds_list %}{{ d }},{% endfor %}"), "DATE '2025-01-01',DATE '2025-01-02',");
}

#[test]
fn a_captured_value_takes_the_form_of_the_place_where_it_ends_up() {
    let capture = "{% set w %}c = {{ x }} AND d = '{{ x }}'{% endset %}WHERE {{ w }} OR ({{ w }})";
    assert_eq!(sql(DuckDb, capture), r"WHERE c = 'O''Re\il' AND d = 'O''Re\il' OR (c = 'O''Re\il' AND d = 'O''Re\il')");
    assert_eq!(sql(DuckDb, "{% set w %}{{ a }}-{{ b }}{% endset %}'{{ w }}'"), "'p-q'''");
    assert_eq!(
        sql(DuckDb, "{% set w %}{{ a }}{% endset %}{{ w }} '{{ w }}' /* {{ w }} */ \"{{ w }}\""),
        "'p' 'p' /* p */ \"p\""
    );
    assert_eq!(sql(DuckDb, "{% set w %}{{ x }}{% endset %}{% set v %}a={{ w }}{% endset %}{{ v }}"), r"a='O''Re\il'");
    assert_eq!(sql(DuckDb, "{% filter indent(2) %}a\n= {{ x }}{% endfilter %}"), "a\n  = 'O''Re\\il'");
    assert_eq!(sql(DuckDb, "{% set w %}\n  {{ a }}\n{% endset %}[{{ w | trim }}]"), "['p']");
}

#[test]
fn captured_text_with_values_cannot_be_changed() {
    for change in [
        "w ~ ' AND 1=1'",
        "w | upper",
        "w | replace('c', 'd')",
        "w[0]",
        "w[1:]",
        "w | length",
        "w | first",
        "w | reverse",
        "w | list",
        "w | split(',')",
        "w + 'x'",
        "w | title",
        "w | trim('c')",
        "w | sort",
        "w | string",
        "w | lines",
        "[w, w] | unique",
        "w | literal",
        "w | identifier",
    ] {
        let template = format!("{{% set w %}}c = {{{{ x }}}}{{% endset %}}{{{{ {change} }}}}");
        refused(DuckDb, &template, ErrorKind::Value, "captured SQL text");
    }
    refused(DuckDb, "{% filter upper %}c = {{ x }}{% endfilter %}", ErrorKind::Value, "captured SQL text");
    refused(
        DuckDb,
        "{% autoescape false %}{% set w %}{{ x }}{% endset %}{{ w }}{% endautoescape %}",
        ErrorKind::Value,
        "captured SQL text",
    );
    assert_eq!(sql(DuckDb, "{% autoescape false %}{{ x }}{% endautoescape %}"), r"'O''Re\il'");
}

#[test]
fn captured_text_with_values_decides_nothing() {
    for condition in [
        "w == 'a'",
        "w != 'a'",
        "w",
        "not w",
        "w and yes",
        "w or yes",
        "'a' in w",
        "w in ['a']",
        "w | length > 1",
        "w is startingwith('a')",
        "w is eq 'a'",
        "[w] == ['a']",
        "w < 'b'",
        "w is lower",
        "w is in ['p']",
    ] {
        let template = format!("{{% set w %}}{{{{ a }}}}{{% endset %}}{{% if {condition} %}}1{{% endif %}}");
        refused(DuckDb, &template, ErrorKind::Value, "captured SQL text");
    }
    refused(DuckDb, "{% set w %}{{ a }}{% endset %}{{ 1 if w else 0 }}", ErrorKind::Value, "captured SQL text");
    refused(DuckDb, "{% set w %}{{ a }}{% endset %}{{ w or 'x' }}", ErrorKind::Value, "captured SQL text");
    refused(
        DuckDb,
        "{% macro m() %}{{ a }}{% endmacro %}{% if m() == 'p' %}1{% endif %}",
        ErrorKind::Value,
        "captured SQL text",
    );
}

#[test]
fn captured_text_without_values_is_its_text() {
    assert_eq!(
        sql(
            DuckDb,
            "{% set w %}\nabc\n{% endset %}{{ 1 if w | trim == 'abc' else 0 }} {{ w | trim | length }} {{ w | trim | upper }}"
        ),
        "1 3 ABC"
    );
    assert_eq!(sql(DuckDb, "{% macro m() %}yes{% endmacro %}{% if m() == 'yes' and m() %}1{% endif %}"), "1");
    assert_eq!(sql(DuckDb, "{% set w %}{% endset %}{{ 1 if w else 0 }}"), "0");
    assert_eq!(
        sql(
            DuckDb,
            "{% set w %}t{% endset %}{% set v %}t{% endset %}{{ 1 if w == v else 0 }} {{ w is defined and v is string }}"
        ),
        "1 TRUE"
    );
}

#[test]
fn macros_calls_and_includes_carry_values_along() {
    assert_eq!(
        sql(
            DuckDb,
            "{% macro eq(c, v) %}{{ c | identifier }} = {{ v }} AND t = '{{ v }}'{% endmacro %}WHERE {{ eq('k', x) }}"
        ),
        r#"WHERE "k" = 'O''Re\il' AND t = 'O''Re\il'"#
    );
    assert_eq!(
        sql(DuckDb, "{% macro w(q) %}({{ q }}){% endmacro %}{% macro eq(v) %}a = {{ v }}{% endmacro %}{{ w(eq(x)) }}"),
        r"(a = 'O''Re\il')"
    );
    assert_eq!(
        sql(DuckDb, "{% macro w() %}({{ caller() }}){% endmacro %}{% call w() %}a = {{ x }}{% endcall %}"),
        r"(a = 'O''Re\il')"
    );
    assert_eq!(sql(DuckDb, "WHERE {% include 'inc.sql' %}"), r"WHERE c = 'O''Re\il' AND d = 'O''Re\il'");
    assert_eq!(sql(DuckDb, "{% from 'lib.sql' import eq %}WHERE {{ eq('k', x) }}"), r#"WHERE "k" = 'O''Re\il'"#);
    assert_eq!(sql(DuckDb, "{% import 'lib.sql' as m %}WHERE {{ m.eq('k', x) }}"), r#"WHERE "k" = 'O''Re\il'"#);
    assert_eq!(
        sql(DuckDb, "{% macro m(d) %}{{ d }}{% endmacro %}{{ m(d) }}, '{{ m(d) }}'"),
        "DATE '2025-01-05', '2025-01-05'"
    );
}

#[test]
fn macro_namespaces_are_in_scope_everywhere() {
    assert_eq!(sql(DuckDb, "{{ dates.month_start(d) }}"), "date_trunc('month', DATE '2025-01-05')");
    // a macro may use its own file and others, in any order
    assert_eq!(sql(DuckDb, "{{ dates.previous(d) }}"), "date_trunc('month', DATE '2025-01-05') - 1");
    assert_eq!(
        sql(
            DuckDb,
            "{% macro m() %}{{ math.one() }}{% endmacro %}{% set w %}{{ math.one() }}{% endset %}{{ m() }} {{ w }}{% if math.one() == '1' %} one{% endif %}"
        ),
        "1 1 one"
    );
    assert_eq!(sql(DuckDb, "{% set math = 3 %}{{ math }}"), "3");
    assert_eq!(sql(DuckDb, "{% for math in il %}{{ math }} {% endfor %}"), "1 2 ");
    refused(DuckDb, "{{ dates.nothing() }}", ErrorKind::Syntax, "nothing");
    let mut scope = template_common::scope();
    scope.insert("dates", 1.into());
    let error = set(DuckDb, "{{ dates.month_start(d) }}").render("t.sql", scope).expect_err("ambiguous");
    assert!(error.message.contains("rename one"), "{error}");
}

#[test]
fn joined_values_are_one_value() {
    assert_eq!(sql(DuckDb, "k = {{ a ~ '-' ~ b }}"), "k = 'p-q'''");
    assert_eq!(sql(DuckDb, "k = '{{ a ~ b }}'"), "k = 'pq'''");
    assert_eq!(sql(DuckDb, "k = {{ 'p_' ~ n }}"), "k = 'p_5'");
    // quoting by hand is harmless but doubled
    assert_eq!(sql(DuckDb, "k = {{ \"'\" ~ x ~ \"'\" }}"), r"k = '''O''Re\il'''");
    assert_eq!(sql(DuckDb, "k = {{ a + '-' + b }} {{ n + 1 }} {{ l + ['z'] }}"), "k = 'p-q''' 6 'a', 'b''c', z");
    // the author's constants alone stay SQL text
    assert_eq!(sql(DuckDb, "{% for c in ['a', 'b'] %}{{ 'sum_' ~ c }} {% endfor %}{{ '-' * 3 }}"), "sum_a sum_b ---");
}

#[test]
fn joined_lists_write_each_item() {
    assert_eq!(sql(DuckDb, "IN ({{ l | join(', ') }}) AND IN ({{ il | join(',') }})"), "IN ('a', 'b''c') AND IN (1,2)");
    assert_eq!(sql(DuckDb, "'{{ l | join(', ') }}'"), "'a, b''c'");
    refused(DuckDb, "{{ l | join(x) }}", ErrorKind::Value, "separator");
}

#[test]
fn constants_are_sql_text() {
    assert_eq!(sql(DuckDb, "ORDER BY a {{ 'DESC' if yes else 'ASC' }}"), "ORDER BY a DESC");
    assert_eq!(
        sql(DuckDb, "{% set cols = ['a', 'b'] %}SELECT {{ cols | join(', ') }}, {{ cols[0] }}, {{ cols }}"),
        "SELECT a, b, a, a, b"
    );
    assert_eq!(
        sql(DuckDb, "{% if a == 'p' and a in ['p'] %}{{ \"x = 'y'\" }}{% endif %} {{ {'k': 'v'}['k'] }}"),
        "x = 'y' v"
    );
    assert_eq!(
        sql(DuckDb, "{% for k, v in {'n': 'COUNT(*)'} | items %}{{ v }} AS {{ k }}{% endfor %}"),
        "COUNT(*) AS n"
    );
    assert_eq!(sql(DuckDb, "ORDER BY a {{ {'asc': 'ASC', 'p': 'DESC'}[a] }}"), "ORDER BY a DESC");
    assert_eq!(
        sql(DuckDb, "{% macro m(dir='ASC') %}{{ dir }}{% endmacro %}{{ m() }} {{ m('DESC') }} {{ m(dir='X') }}"),
        "ASC DESC X"
    );
    assert_eq!(sql(DuckDb, "{% set a1, b1 = 'x', 'y' %}{{ a1 }}{{ b1 }} {{ 'a' 'b' }}"), "xy ab");
    // in a list, with data or without, joined or not
    assert_eq!(sql(DuckDb, "{{ [a, 'b'] }} / {{ [a, 'b'] | join(', ') }}"), "'p', b / 'p', b");
    assert_eq!(sql(DuckDb, "{{ 'KR' | literal }} {{ ['a', 'b'] | literal }}"), "'KR' 'a', 'b'");
    // a value that is text cannot become a keyword
    assert_eq!(sql(DuckDb, "ORDER BY x {{ a }}"), "ORDER BY x 'p'");
}

#[test]
fn a_constant_that_stands_in_for_a_missing_value_is_data() {
    assert_eq!(
        sql(DuckDb, "{{ zz | default('web') }} {{ empty or 'none' }} {{ empty | default('x', true) }}"),
        "'web' 'none' 'x'"
    );
    assert_eq!(
        sql(DuckDb, "{{ zz | default(5) }} {{ x | default('web') }} {{ d | default('x') }}"),
        r"5 'O''Re\il' DATE '2025-01-05'"
    );
    // where the left side is text too, so is the constant
    assert_eq!(sql(DuckDb, "{{ yes and 'DESC' or 'ASC' }} {{ 'a' or 'b' }}"), "DESC a");
}

#[test]
fn raw_is_the_only_way_around() {
    assert_eq!(sql(DuckDb, "{{ x | raw }} {{ n | raw }} {{ d | raw }}"), r"O'Re\il 5 2025-01-05");
    refused(DuckDb, "{{ x | safe }}", ErrorKind::Syntax, "raw");
    refused(DuckDb, "{{ x | tojson }}", ErrorKind::Syntax, "no filter `tojson`");
    refused(DuckDb, "{{ x | frobnicate }}", ErrorKind::Syntax, "no filter `frobnicate`");
    refused(DuckDb, "{{ '\\udb80\\udc00' }} {{ x }}", ErrorKind::Value, "private-use");
    refused(DuckDb, "{{ x ~ '\\udb80\\udc00' }}", ErrorKind::Value, "private-use");
    refused(DuckDb, "{{ x | __author__ }}", ErrorKind::Syntax, "reserved");
    refused(DuckDb, "{{ __compare__(1, 2) }}", ErrorKind::Syntax, "reserved");
    refused(DuckDb, "\u{F0000}{{ x }}", ErrorKind::Syntax, "private-use");
    refused(DuckDb, "a\rb {{ x }}", ErrorKind::Syntax, "carriage return");
}

#[test]
fn dates_compare_as_their_text() {
    let holds = |condition: &str| sql(DuckDb, &format!("{{{{ 1 if {condition} else 0 }}}}"));
    for condition in [
        "d == '2025-01-05'",
        "d > '2025-01-01'",
        "d < '2025-01-06'",
        "'2025-01-01' <= d <= '2025-12-31'",
        "d in ['2025-01-05']",
        "d[:7] == '2025-01'",
        "d is string",
        "d != '2025-01-06'",
        "ts > '2025-01-05 10'",
        "zts == zts_utc",
        "not zts < zts_utc",
        "d not in ds_list",
        "d is ge '2025-01-05'",
        "d is in ['2025-01-05']",
        "ds_list[0] in ds_list",
    ] {
        assert_eq!(holds(condition), "1", "{condition}");
    }
    for condition in ["d == '2025-01-06'", "d < '2025-01-01'", "d >= '2025-01-06'"] {
        assert_eq!(holds(condition), "0", "{condition}");
    }
}

#[test]
fn decimals_compare_as_numbers() {
    let holds = |condition: &str| sql(DuckDb, &format!("{{{{ 1 if {condition} else 0 }}}}"));
    for condition in [
        "dec > 9",
        "dec == 12.5",
        "dec < 100",
        "dec == '12.5'",
        "9 < dec < 13",
        "whole == 12",
        "whole in [12]",
        "12 in [whole]",
        "negdec < 0",
        "dec",
        "dec is number",
        "dec | int == 12",
        "dec | float == 12.5",
        "dec != 12",
        "negdec | abs > 0",
    ] {
        assert_eq!(holds(condition), "1", "{condition}");
    }
    assert_eq!(sql(DuckDb, "{{ [dec, whole] | max }}"), "12.50");
}

#[test]
fn what_has_no_order_is_not_ordered_silently() {
    for condition in ["n > '4'", "x < 5", "none < 1", "l > 3", "dec > 'abc'", "[1, 'a'] | max == 1", "[n, dec] | sort"]
    {
        refused(DuckDb, &format!("{{{{ 1 if {condition} else 0 }}}}"), ErrorKind::Value, "order");
    }
    assert_eq!(sql(DuckDb, "{{ 1 if n == '5' else 0 }} {{ 1 if none == none else 0 }}"), "0 1");
}

#[test]
fn date_add_gives_typed_values() {
    assert_eq!(
        sql(DuckDb, "{{ date_add(d, -5) }} {{ d | date_add(1, 'month') }} '{{ date_add(d, n, unit='week') }}'"),
        "DATE '2024-12-31' DATE '2025-02-05' '2025-02-09'"
    );
    assert_eq!(
        sql(DuckDb, "{{ date_add(d, 90, 'minutes') }} {{ date_add(zts, 1, 'day') }}"),
        "TIMESTAMP '2025-01-05 01:30:00' TIMESTAMPTZ '2025-01-06 10:20:30+09:00'"
    );
    assert_eq!(
        sql(DuckDb, "{{ date_add('2025-01-31', 1, 'month') }} {{ 1 if date_add(d, 1) == '2025-01-06' else 0 }}"),
        "DATE '2025-02-28' 1"
    );
    assert_eq!(
        sql(
            BigQuery,
            "FROM events_{{ d | strftime('%Y%m%d') }} WHERE m = '{{ date_add(d, -1, 'month') | strftime('%Y-%m') }}'"
        ),
        "FROM events_20250105 WHERE m = '2024-12'"
    );
    refused(DuckDb, "{{ date_add(x, 1) }}", ErrorKind::Value, "wants a date");
    refused(DuckDb, "{{ date_add(d, 1, 'eon') }}", ErrorKind::Value, "unknown unit");
    refused(DuckDb, "{{ date_add(d, 99999999) }}", ErrorKind::Value, "outside");
}

#[test]
fn what_is_made_from_a_date_is_text() {
    assert_eq!(
        sql(DuckDb, "{{ d | replace('-', '') }} {{ d[:4] }} {{ d ~ 'x' }} {{ d | string }}"),
        "'20250105' '2025' '2025-01-05x' '2025-01-05'"
    );
    // a string that looks like a date is a string
    assert_eq!(sql(DuckDb, "{{ '2025-01-05' | literal }}"), "'2025-01-05'");
}

#[test]
fn text_filters_keep_what_is_data_and_what_is_text() {
    assert_eq!(
        sql(DuckDb, "{{ x | upper }} {{ x | replace('R', 'r') }} {{ 'ab' | upper }} {{ 'ab' | replace('a', b) }}"),
        r"'O''RE\IL' 'O''re\il' AB 'q''b'"
    );
    assert_eq!(sql(DuckDb, "{{ t | title }} {{ t | capitalize }} {{ 'my tab' | title }}"), "'My Tab' 'My tab' My Tab");
    assert_eq!(
        sql(
            DuckDb,
            "{{ ' a ' | trim }} {{ t | trim | split(' ') | join('+') }} {{ n | string }} {{ t | first }} {{ l | last }}"
        ),
        "a 'my'+'tab' '5' 'm' 'b''c'"
    );
    assert_eq!(
        sql(DuckDb, "{{ 'a,b' | split(',') | map('upper') | join(';') }} {{ l | map('upper') | join(',') }}"),
        "A;B 'A','B''C'"
    );
}

#[test]
fn no_blank_is_needed_between_a_constant_and_a_word() {
    assert_eq!(sql(DuckDb, "SELECT {{ 'a'if n==5 else'b' }} {{ 'c'if not yes else'd' }}"), "SELECT a d");
    assert_eq!(sql(DuckDb, "{% if'p'==a %}one{% elif'q'in l %}two{% endif %}{{'x'~'y'if yes}}"), "onexy");
    assert_eq!(sql(DuckDb, "{% for i in['a','b']if i!='a'%}{{i}}{% endfor %} {{'z'is string}}"), "b TRUE");
}

#[test]
fn errors_name_their_place() {
    let at = |template: &str| {
        let error = render(DuckDb, template).map(|rendered| rendered.sql).expect_err(template);
        (error.template.unwrap_or_default(), error.line, error.column)
    };
    assert_eq!(at("SELECT 1\nFROM\n  {{ x }}\n"), ("t.sql".into(), Some(3), Some(3)));
    assert_eq!(at("a {{ missing }}"), ("t.sql".into(), Some(1), Some(6)));
    assert_eq!(at("SELECT {{ n }}\nFROM t\n  WHERE a = 'x\n"), ("t.sql".into(), Some(3), Some(3)));
    assert_eq!(at("SELECT\n {{ n }} + 'x\n"), ("t.sql".into(), Some(2), Some(2)));
    assert_eq!(at("SELECT {{ n }}\n{% if yes %}FROM t\n  WHERE a = 'x{% endif %}"), ("t.sql".into(), Some(3), Some(3)));
    assert_eq!(at("a\n{% if n > 1 and nope %}{% endif %}"), ("t.sql".into(), Some(2), Some(17)));
    assert_eq!(at("a\n{{ x | nope }}"), ("t.sql".into(), Some(2), None));
    assert_eq!(at("a\n{% if %}"), ("t.sql".into(), Some(2), Some(7)));
    assert_eq!(at("{% include 'nowhere.sql' %}"), ("t.sql".into(), Some(1), None));
    assert_eq!(at("{{ dates.month_start() }}"), ("macros/dates.sql".into(), Some(1), None));
    refused(DuckDb, "{% include 'nowhere.sql' %}", ErrorKind::Include, "nowhere.sql");
    refused(DuckDb, "{{ missing }}", ErrorKind::Undefined, "`missing` is undefined");
    refused(DuckDb, "{{ ['a', missing] }}", ErrorKind::Undefined, "`missing` is undefined");
    refused(DuckDb, "{{ [a, missing] }}", ErrorKind::Undefined, "`missing` is undefined");
    refused(DuckDb, "{{ [a, missing] | join(', ') }}", ErrorKind::Undefined, "`missing` is undefined");
    refused(DuckDb, "{{ missing() }}", ErrorKind::Undefined, "missing");
    refused(DuckDb, "{{ x.y.z }}", ErrorKind::Undefined, "undefined");
    refused(DuckDb, "{% for %}", ErrorKind::Syntax, "");
    refused(DuckDb, "{{ x", ErrorKind::Syntax, "");
    refused(DuckDb, "{# open", ErrorKind::Syntax, "comment");
    refused(DuckDb, "{{ x.upper() }}", ErrorKind::Syntax, "upper");
    assert_eq!(
        set(DuckDb, "").render("none.sql", template_common::scope()).expect_err("none").kind,
        ErrorKind::Include
    );
}

#[test]
fn the_source_map_goes_through_macros_includes_and_captures() {
    let template = "{% from 'lib.sql' import eq %}\n{# c\n #}\nSELECT\n  {{ n }}, 'é' || {{ n }} AS two,\n  {{ eq('k', x) }} AND\n{% set w %}\n  z = {{ n }}\n{% endset %}\n  {% include 'inc.sql' %}\nOR {{ w }} {{ 'AND 1' }} = 1\nFROM t\n";
    let rendered = render(DuckDb, template).expect("renders");
    let find = |needle: &str| {
        let at = rendered.sql.find(needle).unwrap_or_else(|| panic!("{needle} in {}", rendered.sql));
        let line = rendered.sql[..at].matches('\n').count() + 1;
        let start = rendered.sql[..at].rfind('\n').map_or(0, |found| found + 1);
        let column = rendered.sql[start..at].chars().count() + 1;
        let location = rendered.locate(line, Some(column)).expect("a place");
        (location.template, location.line, location.column.unwrap_or(0))
    };
    let t = |line, column| ("t.sql".to_string(), line, column);
    assert_eq!(find("SELECT"), t(4, 1));
    assert_eq!(find("5, 'é'"), t(5, 3));
    assert_eq!(find(", 'é'"), t(5, 10));
    assert_eq!(find("é"), t(5, 13));
    assert_eq!(find("5 AS"), t(5, 19));
    assert_eq!(find("AS two"), t(5, 27));
    assert_eq!(find("\"k\""), ("lib.sql".into(), 1, 23));
    assert_eq!(find("AND\n"), t(6, 20));
    assert_eq!(find("c = "), ("inc.sql".into(), 1, 1));
    assert_eq!(find("z ="), t(8, 3));
    assert_eq!(find("AND 1"), t(11, 12));
    assert_eq!(find("= 1\n"), t(11, 26));
    assert_eq!(find("FROM"), t(12, 1));
    let lines = rendered.source_lines();
    assert_eq!(lines.len(), rendered.sql.split('\n').count());
    assert!(lines.contains(&("t.sql".to_string(), 4)));
    assert_eq!(rendered.locate(99, None), None);
    assert_eq!(rendered.locate(0, None), None);
}

#[test]
fn more_values_than_one_character_can_number_are_told_apart() {
    let rendered = sql(DuckDb, "SELECT [{% for i in range(70000) %}{{ i }},{% endfor %}0]");
    assert!(rendered.ends_with("69998,69999,0]"), "{}", &rendered[rendered.len() - 40..]);
    assert!(rendered.contains(",32767,32768,32769,"));
}

#[test]
fn more_lines_than_one_character_can_number_are_mapped() {
    let template = format!("{}\nSELECT {{{{ n }}}}", "-- x\n".repeat(40_000));
    let rendered = render(DuckDb, &template).expect("renders");
    let last = rendered.locate(40_002, Some(8)).expect("a place");
    assert_eq!((last.line, last.column), (40_002, Some(8)));
}

#[test]
fn questions_are_answered_without_rendering() {
    let templates = set(
        DuckDb,
        "{% set y = x1 %}{{ y }} {{ x2 | raw }} {% for i in x3 %}{{ i }} {{ loop.index }}{{ x4[:7] }}{% endfor %}{% macro m(p) %}{{ p }}{{ x5 }}{% endmacro %}\n{{ ref('a.b') }}{% include 'inc.sql' %} {{ dates.month_start(d) }} {{ ref(\"it's\") }} {{ ref(x6) }}{{ date_add(x7, 1) }}",
    );
    let names = templates.undeclared("t.sql").expect("readable");
    assert_eq!(
        names.iter().map(String::as_str).collect::<Vec<_>>(),
        ["d", "ref", "x", "x1", "x2", "x3", "x4", "x5", "x6", "x7"]
    );
    let raws = templates.raw_uses("t.sql").expect("readable");
    assert_eq!(raws.len(), 1);
    assert_eq!((raws[0].line, raws[0].column), (1, Some(33)));
    let calls = templates.calls("t.sql", "ref").expect("readable");
    assert_eq!(
        calls.iter().map(|call| (call.argument.as_str(), call.location.line, call.location.column)).collect::<Vec<_>>(),
        [("a.b", 2, Some(4)), ("it's", 2, Some(71))]
    );
    assert!(templates.undeclared("nowhere.sql").is_err());
}

#[test]
fn only_the_macros_that_are_used_are_looked_into() {
    let templates = dli_fast::template::Templates::new(
        DuckDb,
        [
            ("t.sql", "{{ lib.one() }}"),
            ("lib.sql", "{% macro one() %}{{ two() }}{% endmacro %}{% macro two() %}{{ ref('b') }}{{ v | raw }}{% endmacro %}{% macro three() %}{{ ref('c') }}{{ w }}{% endmacro %}"),
        ]
        .map(|(name, text)| (name.to_string(), text.to_string())),
        [("lib".to_string(), "lib.sql".to_string())].into(),
        1000,
    );
    let calls = templates.calls("t.sql", "ref").expect("readable");
    assert_eq!(calls.iter().map(|call| call.argument.as_str()).collect::<Vec<_>>(), ["b"]);
    assert_eq!(templates.raw_uses("t.sql").expect("readable").len(), 1);
    let names = templates.undeclared("t.sql").expect("readable");
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["ref", "v"]);
}
