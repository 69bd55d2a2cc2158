//! Differential fuzz: templates made at random from the language's pieces, read as plain minijinja reads them.
//!
//! `DLI_TEMPLATE_CASES` sets how many (3,000 by default). A failure prints the template; `ONE='…'` compares that one.
#![allow(clippy::format_push_string, reason = "a generator of text")]

#[path = "template_common/differential.rs"]
mod differential;

use differential::{Outcome, compare};

/// xorshift: the same templates in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, count: usize) -> usize {
        (self.next() % count as u64) as usize
    }

    fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items[self.below(items.len())]
    }
}

const TEXT: &[&str] = &[
    " ", "\n", "\n\n", "  ", "\t", "x", "SELECT 1", "'", "\"", "`", "--", "{", "}", "{ {", "}}", "%}", "#}", "{ %",
    "-", "é", "\u{2028}", "\u{a0}", "\r\n", "$$", "\\", "a\n  b\n", "  \n  ", "endraw", "{{{{", "{{'", "{%", "{#",
];
const TRIMS: &[&str] = &["", "", "", "-", "+"];
const CONSTANTS: &[&str] = &[
    "'c'",
    "\"d\"",
    "''",
    "'it\\'s'",
    "\"{{ x }}\"",
    "'{% raw %}'",
    "'%}'",
    "'}}'",
    "'#}'",
    "'a' 'b'",
    "'\\n'",
    "'-%}'",
    "'\\\\'",
];
const ATOMS: &[&str] = &[
    "a", "q", "n", "f", "yes", "no", "none", "l", "il", "e", "m.k", "m['n']", "il[0]", "l[-1]", "1", "0", "2.5", "true",
];
const FILTERS: &[&str] = &[
    "upper",
    "lower",
    "trim",
    "length",
    "default('z')",
    "title",
    "capitalize",
    "first",
    "last",
    "join(', ')",
    "replace('a', 'b')",
    "list",
    "string",
    "int",
    "reverse",
    "indent(2)",
    "split(' ')",
    "abs",
    "sort",
    "unique",
    "d('y')",
    "trim('x')",
    "replace('x', n)",
    "map('upper')|join('-')",
];
const OPERATORS: &[&str] =
    &["+", "-", "*", "/", "//", "%", "**", "~", "==", "!=", "<", "<=", ">", ">=", "in", "not in", "and", "or"];

fn expression(random: &mut Random, depth: usize) -> String {
    if depth == 0 {
        return if random.below(3) == 0 { random.pick(CONSTANTS).into() } else { random.pick(ATOMS).into() };
    }
    let next = |random: &mut Random| expression(random, depth - 1);
    let gap = |random: &mut Random| random.pick(&[" ", " ", " ", ""]).to_string();
    match random.below(14) {
        0 | 1 => format!("{}|{}", next(random), random.pick(FILTERS)),
        2 => {
            let (before, behind) = (gap(random), gap(random));
            format!("{}{before}{}{behind}{}", next(random), random.pick(OPERATORS), next(random))
        }
        3 => format!("{}{}{}", next(random), random.pick(&["~", "+", "<", " == ", "*"]), next(random)),
        4 => format!("({})", next(random)),
        5 => format!("not{}{}", gap(random), next(random)),
        6 => {
            let (one, two, three, four) = (gap(random), gap(random), gap(random), gap(random));
            format!("{}{one}if{two}{}{three}else{four}{}", next(random), next(random), next(random))
        }
        7 => format!("{}{}if{}{}", next(random), gap(random), gap(random), next(random)),
        8 => format!("[{}, {}][{}]", next(random), next(random), random.below(2)),
        9 => format!("{{'k': {}}}['k']", next(random)),
        10 => format!(
            "{}{}is {}",
            next(random),
            gap(random),
            random.pick(&["string", "number", "defined", "not none", "odd", "divisibleby 2", "in [1]", "eq 'a'"])
        ),
        11 => format!("-{}", next(random)),
        12 => format!("{} < {} < {}", next(random), next(random), next(random)),
        _ => next(random),
    }
}

fn tag(random: &mut Random, inside: &str) -> String {
    format!("{{%{} {inside} {}%}}", random.pick(TRIMS), random.pick(TRIMS))
}

fn block(random: &mut Random, depth: usize) -> String {
    let mut out = String::new();
    for _ in 0..=random.below(4) {
        let value = expression(random, depth.min(2));
        let inner =
            |random: &mut Random| if depth == 0 { random.pick(TEXT).to_string() } else { block(random, depth - 1) };
        out += random.pick(&TEXT[..TEXT.len() - 4]);
        match random.below(18) {
            0..=4 => out += &format!("{{{{{} {value} {}}}}}", random.pick(TRIMS), random.pick(TRIMS)),
            5 => {
                let gap = random.pick(&[" ", " ", ""]);
                out += &tag(random, &format!("if{gap}{value}"));
                out += &inner(random);
                if random.below(2) == 0 {
                    out += &tag(random, "else");
                    out += &inner(random);
                }
                out += &tag(random, "endif");
            }
            6 => {
                let filter = if random.below(3) == 0 { " if loop.index < 3" } else { "" };
                let filter = if filter.is_empty() { String::new() } else { format!(" if {}", expression(random, 1)) };
                let sequence = random.pick(&["l", "il", "e", "range(3)", "['p', 'q']", "[a, 'r']", "m|items|list"]);
                out += &tag(random, &format!("for i in {sequence}{filter}"));
                out += &inner(random);
                out += random.pick(&[
                    "{{ i }}",
                    "{{ loop.index }}",
                    "{{ ',' if not loop.last }}",
                    "{{ i ~ 'z' }}",
                    "{{- i -}}",
                ]);
                out += &tag(random, "endfor");
            }
            7 => {
                out += &tag(random, &format!("set v = {value}"));
                out += random.pick(&["{{ v }}", "{{ v ~ 'c' }}", ""]);
            }
            8 => {
                out += &tag(random, "set w");
                out += &inner(random);
                out += &tag(random, "endset");
                out += random.pick(&["{{ w }}", "[{{- w -}}]", "{{ w | trim }}", "{{ w | upper }}", "{{ w == 'x' }}"]);
            }
            9 => {
                out += &tag(random, "macro mac(p, r='dd')");
                out += &inner(random);
                out += "{{ p }}{{ r }}";
                out += &tag(random, "endmacro");
                out += &format!("{{{{ mac({value}) }}}}{{{{ mac('s', r={value}) }}}}");
            }
            10 => {
                out += &format!("{{%{} raw {}%}}", random.pick(&["", "-"]), random.pick(&["", "-"]));
                out += random.pick(TEXT);
                out += random.pick(&["{{ a }}", "{% if", "{# #}", "\n x \n", "{% endraw", "'"]);
                out += random.pick(TEXT);
                out += &format!("{{%{} endraw {}%}}", random.pick(&["", "-"]), random.pick(&["", "-"]));
            }
            11 => out += &format!("{{#{} {} {}#}}", random.pick(TRIMS), random.pick(TEXT), random.pick(TRIMS)),
            12 => out += &tag(random, "include 'other.sql'"),
            13 => {
                out += &tag(random, "from 'lib.sql' import one");
                out += &format!("{{{{ one({value}) }}}}");
            }
            14 => {
                out += &tag(random, &format!("with z = {value}"));
                out += &inner(random);
                out += "{{ z }}";
                out += &tag(random, "endwith");
            }
            15 => {
                let chain = random.pick(&["upper", "trim", "replace('x', 'y')", "indent(1)"]);
                out += &tag(random, &format!("filter {chain}"));
                out += &inner(random);
                out += &tag(random, "endfilter");
            }
            16 => out += random.pick(TEXT),
            _ => out += &format!("{{{{{}{value}{}}}}}", random.pick(&["", "-"]), random.pick(&["", "-"])),
        }
    }
    out += random.pick(&TEXT[..TEXT.len() - 4]);
    out
}

/// Now and then a piece is torn out or doubled, so that errors are compared too.
fn damaged(random: &mut Random, source: &str) -> String {
    let places: Vec<usize> = source.char_indices().map(|(at, _)| at).collect();
    if places.len() < 2 || random.below(4) != 0 {
        return source.to_string();
    }
    let (one, other) = (places[random.below(places.len())], places[random.below(places.len())]);
    let (low, high) = (one.min(other), one.max(other).min(one.min(other) + 6));
    let high = (high..=source.len()).find(|at| source.is_char_boundary(*at)).unwrap_or(source.len());
    match random.below(3) {
        0 => [&source[..low], &source[high..]].concat(),
        1 => [&source[..high], &source[low..]].concat(),
        _ => [&source[..low], random.pick(TEXT), &source[low..]].concat(),
    }
}

#[test]
fn every_template_is_read_as_minijinja_reads_it() {
    if let Ok(one) = std::env::var("ONE") {
        println!("{:?}", compare(&one));
        return;
    }
    let cases: usize = std::env::var("DLI_TEMPLATE_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(3_000);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut counts = [0usize; 4];
    let mut failures = Vec::new();
    for _ in 0..cases {
        let depth = random.below(3);
        let source = block(&mut random, depth);
        let source = damaged(&mut random, &source);
        match compare(&source) {
            Ok(outcome) => counts[outcome as usize] += 1,
            Err(difference) => failures.push(difference),
        }
    }
    failures.sort_by_key(String::len);
    println!("same, both refused, own rule, excluded: {counts:?}; differ: {}", failures.len());
    assert!(
        failures.is_empty(),
        "{} differ; the shortest:\n{}",
        failures.len(),
        failures[..failures.len().min(5)].join("\n\n")
    );
    assert!(counts[Outcome::Same as usize] > cases / 4, "too few templates render: {counts:?}");
}

#[test]
fn control_characters_in_a_list_of_constants_are_written_as_they_are() {
    assert_eq!(compare("{{ ['c\0k', '\x01'] }}"), Ok(Outcome::OwnRule));
}
