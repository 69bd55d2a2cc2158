//! The nine points that the prototype of the escaping left open, each with its settled outcome.
//!
//! Every point has more cases in `template_language.rs` and `template_places.rs`; here is the decision.

mod template_common;

use dli_fast::sql::Dialect::{self, BigQuery, DuckDb, Trino};
use dli_fast::template::{self, ErrorKind};
use minijinja::value::Value;
use template_common::{refused, render, set, sql};

const ALL: [Dialect; 3] = [DuckDb, Trino, BigQuery];

/// CPU seconds of this thread: on a busy machine, time on the wall says nothing.
fn cpu() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer is to a timespec of this frame.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[test]
fn point_1_dates_timestamps_and_decimals_compare_as_text_and_number() {
    for (condition, holds) in [
        ("d == '2025-01-05'", true),
        ("d > '2025-01-01'", true),
        ("d > '2025-01-06'", false),
        ("d in ['2025-01-05', '2025-01-06']", true),
        ("ts >= '2025-01-05 10:20:30'", true),
        ("dec == 12.5", true),
        ("dec < 9", false),
        ("'2025-01-01' <= d < '2025-02-01'", true),
    ] {
        let template = format!("{{% if {condition} %}}1{{% else %}}0{{% endif %}}");
        assert_eq!(sql(DuckDb, &template), if holds { "1" } else { "0" }, "{condition}");
    }
    // what has no order is an error, never silently true
    refused(DuckDb, "{% if d > 5 %}1{% endif %}", ErrorKind::Value, "order");
}

#[test]
fn point_2_captured_text_with_values_decides_nothing() {
    let capture = "{% set w %}{{ a }}{% endset %}";
    for use_of in
        ["{% if w == 'p' %}1{% endif %}", "{{ w | length }}", "{{ 1 if w }}", "{% if w in ['p'] %}1{% endif %}"]
    {
        refused(DuckDb, &format!("{capture}{use_of}"), ErrorKind::Value, "captured SQL text");
    }
    assert_eq!(sql(DuckDb, "{% set w %}abc{% endset %}{{ w | length }}{% if w == 'abc' %}!{% endif %}"), "3!");
}

#[test]
fn point_3_a_constant_is_text_unless_it_stands_in_for_a_missing_value() {
    assert_eq!(sql(DuckDb, "{{ empty or 'none' }}"), "'none'");
    assert_eq!(sql(DuckDb, "{{ nothing | default('none') }}"), "'none'");
    assert_eq!(sql(DuckDb, "{{ [a, 'b'] }}"), "'p', b");
    assert_eq!(sql(DuckDb, "{{ [a, 'b'] | join(', ') }}"), "'p', b");
}

#[test]
fn point_4_a_value_is_never_a_keyword_and_a_mapping_of_constants_is() {
    assert_eq!(sql(DuckDb, "ORDER BY a {{ a }}"), "ORDER BY a 'p'");
    assert_eq!(sql(DuckDb, "ORDER BY a {{ {'p': 'DESC', 'q': 'ASC'}[a] }}"), "ORDER BY a DESC");
    refused(DuckDb, "ORDER BY a {{ {'x': 'DESC'}[a] }}", ErrorKind::Undefined, "undefined");
}

#[test]
fn point_5_wildcards_stay_wildcards_unless_like_escapes_them() {
    for dialect in ALL {
        assert_eq!(sql(dialect, "a LIKE '%{{ pct }}%'"), "a LIKE '%50%_%'");
    }
    assert_eq!(sql(DuckDb, r"a LIKE '%{{ pct | like }}%' ESCAPE '\'"), r"a LIKE '%50\%\_%' ESCAPE '\'");
    assert_eq!(sql(BigQuery, "a LIKE '%{{ pct | like }}%'"), r"a LIKE '%50\\%\\_%'");
    refused(Trino, "a LIKE '%{{ pct | like }}%'", ErrorKind::Place, "ESCAPE");
}

#[test]
fn point_6_beyond_65_000_values_and_lines_marks_take_two_characters() {
    let values = sql(DuckDb, "{% for i in range(66000) %}{{ i }},{% endfor %}0");
    assert_eq!(
        values,
        (0..=66_000).map(|i| if i < 66_000 { i.to_string() } else { "0".into() }).collect::<Vec<_>>().join(",")
    );
    let lines = format!("{}{{{{ n }}}}", "--\n".repeat(66_000));
    let rendered = render(DuckDb, &lines).expect("renders");
    assert_eq!(rendered.locate(66_001, Some(1)).map(|at| at.line), Some(66_001));
    assert_eq!(rendered.locate(40_000, Some(1)).map(|at| at.line), Some(40_000));
}

#[test]
fn point_7_comments_nest_as_the_engine_nests_them_and_private_characters_are_refused() {
    assert_eq!(sql(DuckDb, "/* /* {{ a }} */ {{ a }} */ {{ a }}"), "/* /* p */ p */ 'p'");
    assert_eq!(sql(Trino, "/* /* {{ a }} */ {{ a }}"), "/* /* p */ 'p'");
    assert_eq!(sql(BigQuery, "/* /* {{ a }} */ {{ a }}"), "/* /* p */ 'p'");
    refused(DuckDb, "\u{F0000}", ErrorKind::Syntax, "private-use");
    for text in ["\u{F0000}", "a\u{FFFFD}", "\u{100000}b", "\u{10FFFC}"] {
        assert!(template::text(text).is_err(), "{text:?}");
    }
    assert!(template::text("\u{E000}\u{F8FF}").is_ok(), "the first private area is any text's");
}

#[test]
fn point_7_a_private_character_that_comes_another_way_is_never_written() {
    // minijinja values that did not come through the binding's own check
    for text in ["\u{F0000}", "\u{100000}"] {
        for template in
            ["{{ p }}", "'{{ p }}'", "{{ p ~ 'x' }}", "{{ p | upper }}", "{{ [p] }}", "-- {{ p }}", "{{ p | raw }}"]
        {
            let mut scope = template_common::scope();
            scope.insert("p", Value::from(text));
            if let Ok(rendered) = set(DuckDb, template).render("t.sql", scope) {
                assert!(rendered.sql.chars().all(|c| (c as u32) < 0xF_0000), "{template} gave {}", rendered.sql);
            }
        }
    }
}

#[test]
fn point_8_title_and_capitalize_are_minijinjas() {
    assert_eq!(sql(DuckDb, "{{ t | title }} {{ t | capitalize }} {{ 'my tab' | title }}"), "'My Tab' 'My tab' My Tab");
    // The tag scanner is proved against minijinja in template_differential.rs.
}

#[test]
fn point_9_a_secret_never_shows_in_a_comment() {
    for dialect in ALL {
        let shown = sql(dialect, "-- {{ secret }} {{ [secret] }} {{ secret ~ 'x' }}\n/* {{ secret }} */ SELECT 1");
        assert!(!shown.contains("hush"), "{shown}");
        assert_eq!(shown, "-- redacted redacted redacted\n/* redacted */ SELECT 1");
    }
}

#[test]
fn a_namespace_keeps_lists_mappings_and_texts() {
    let template = "{% set ns = namespace(l=[], n=0, t='') %}{% for i in l %}{% set ns.l = ns.l + [i, 'c'] %}{% set ns.n = ns.n + 1 %}{% set ns.t = ns.t ~ 'x' %}{% set ns.m = {'k': [i]} %}{% endfor %}{{ ns.l }} {{ ns.n }} {{ ns.t }} {{ ns.m.k }} {{ ns.l | length }}";
    assert_eq!(sql(DuckDb, template), "'a', c, 'b''c', c 2 xx 'b''c' 4");
    let captured = "{% set ns = namespace(w='') %}{% set ns.w %}c = {{ a }}{% endset %}{% for i in il %}{% set v = ns.w %}{% endfor %}{{ ns.w }}";
    assert_eq!(sql(DuckDb, captured), "c = 'p'");
}

#[test]
fn deep_templates_end_within_a_second() {
    let many = |piece: &str| piece.repeat(100_000);
    let nested = |open: &str, close: &str| format!("{}x{}", open.repeat(3_000), close.repeat(3_000));
    for template in [
        format!("{{{{ a{} }}}}", many(".b")),
        format!("{{{{ a{} }}}}", many("|upper")),
        format!("{{{{ l{} }}}}", many("[0:]")),
        format!("{{{{ n{} }}}}", many("+1")),
        format!("{{{{ n{} }}}}", many("*1")),
        format!("{{{{ n{} }}}}", many("**1")),
        format!("{{{{ a{} }}}}", many("~'a'")),
        format!("{{{{ n{} }}}}", many(" and 1")),
        format!("{{{{ n{} }}}}", many(" or 1")),
        format!("{{{{ n{} }}}}", many(" < 1")),
        format!("{{{{ n{} }}}}", many(" is odd")),
        format!("{{{{ a{} }}}}", many(" if 1 else 2")),
        format!("{{{{ a{} }}}}", many("()")),
        format!("{{{{ {}n }}}}", many("not ")),
        format!("{{{{ {}n }}}}", many("-")),
        format!("{{{{ {}", many("(")),
        format!("{{{{ {}", many("[")),
        format!("{{{{ {}", many("{1:")),
        format!("{{{{ {} }}}}", many("'a' ")),
        many("{{"),
        many("{%"),
        many("{#"),
        many("{% raw %}"),
        many("{% set x %}"),
        many("{% if 1 %}"),
        format!("{{% if 0 %}}{}{{% endif %}}", many("{% elif n %}")),
        nested("{% if 1 %}", "{% endif %}"),
        nested("{% for i in l %}", "{% endfor %}"),
        nested("{% filter upper %}", "{% endfilter %}"),
        nested("{% macro m() %}", "{% endmacro %}"),
        nested("{% set x %}", "{% endset %}"),
        nested("{% with x = 1 %}", "{% endwith %}"),
        many("{{ n }}"),
        many("{# #}"),
        many("{{ dates.month_start(d) }}"),
    ] {
        let before = cpu();
        let _ = render(DuckDb, &template);
        let _ = set(DuckDb, &template).undeclared("t.sql");
        let spent = cpu() - before;
        assert!(spent < 2.0, "{template:.80} took {spent:.2} s");
    }
}

#[test]
fn endless_templates_end_within_a_second() {
    for template in [
        "{% for i in range(100000) %}{% for j in range(100000) %}{{ j }}{% endfor %}{% endfor %}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 't.sql' %}",
        "{% set s = 'x' * 1000000000 %}{{ s }}",
        "{% set ns = namespace(s='xxxxxxxxxxxxxxxx') %}{% for i in range(60) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}{{ ns.s }}",
        "{% set ns = namespace(l=[1, 2]) %}{% for i in range(60) %}{% set ns.l = ns.l + ns.l %}{% endfor %}{{ ns.l }}",
        "{{ [1] * 1000000000 }}",
        "{{ [[1] * 1000000000] }}",
        "{{ 1 if [[1] * 1000000000] == [[1] * 1000000000] }}",
        "{{ [[1] * 1000000000, [1] * 1000000000] | sort }}",
        "{{ [[1] * 1000000000, [1] * 1000000000] | unique }}",
        "{{ ([1] * 1000000000) | last }}",
        "{{ ([1] * 1000000000) | min }}",
        "{{ ([1] * 1000000000) | reverse | first }}",
        "{{ ([1] * 1000000000) | identifier }}",
        "{{ ([1] * 1000000000) | literal }}",
        "{{ ([1] * 1000000000) | map('upper') | list }}",
        "{{ 2 in [1] * 1000000000 }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = {'k': ns.l} %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = ns.l[0:] %}{% endfor %}{{ ns.l }}",
        "{% set ns = namespace(l={'k': [1]}) %}{% for i in range(90000) %}{% set ns.l = {'k': ns.l.k[0:]} %}{% endfor %}{{ ns.l.k }}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = namespace(l=ns.l) %}{% endfor %}",
        "{% set ns = namespace(l=[1]) %}{% for i in range(90000) %}{% set ns.l = (ns.l, 1) %}{% endfor %}",
        "{{ range(10000000) | sort | join(',') }}",
        "{% for i in range(1000000) %}{{ l }}{% endfor %}",
        "{% for i in range(1000) %}{{ a | indent(100000) }}{% endfor %}",
        "{% for i in range(100000) recursive %}{{ loop([i]) }}{% endfor %}",
        "{{ 'a' | replace('', 'x' * 100000) | replace('', 'x' * 100000) }}",
        "{{ 9 ** 9 ** 9 }}",
        "{% for i in range(1000) %}{% include 'inc.sql' %}{% endfor %}{% for i in range(1000000) %}{% include 'inc.sql' %}{% endfor %}",
        "{% macro w() %}{{ caller() }}{% endmacro %}{% for i in range(100000) %}{% call w() %}{{ x }}{% endcall %}{% endfor %}",
        "{{ ('x' * 60000000) ~ ('x' * 60000000) }}",
        "{{ range(100000) | batch(2) | list | join(',') }}",
        "{{ 1 if range(100000) | map('string') | list == range(100000) | map('string') | list }}",
    ] {
        let before = cpu();
        let outcome = render(DuckDb, template);
        let spent = cpu() - before;
        assert!(spent < 1.0, "{template} took {spent:.2} s");
        drop(outcome);
    }
}
