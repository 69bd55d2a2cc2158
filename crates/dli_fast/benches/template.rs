//! The template of `benchmarks/inputs/daily_orders.sql`, without Python: this engine beside the bare minijinja crate.
//!
//! `cargo bench --no-default-features --bench template` prints microseconds of CPU, the minimum of interleaved rounds.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use dli_fast::sql::Dialect;
use dli_fast::template::{Scope, Templates};
use minijinja::Environment;
use minijinja::value::Value;

const SOURCE: &str = include_str!("../../../benchmarks/inputs/daily_orders.sql");
const CALLS: u32 = 200;
const ROUNDS: usize = 60;

fn values() -> Vec<(&'static str, Value)> {
    let channels = vec!["web", "app", "tv", "sms", "mail", "call", "shop", "kiosk", "tmall", "naver"];
    vec![
        ("start_date", "2025-01-01".into()),
        ("end_date", "2025-01-31".into()),
        ("country", "KR".into()),
        ("min_amount", 100.into()),
        ("channels", Value::from(channels)),
        ("status", "paid".into()),
        ("segment", "vip".into()),
        ("threshold", 0.25.into()),
        ("limit_rows", 100_000.into()),
        ("tz", "Asia/Seoul".into()),
        ("env", "prod".into()),
        ("only_new", true.into()),
        ("ref", Value::from_function(|name: String| Value::from(name))),
        ("var", Value::from_function(|_name: String| "prod")),
    ]
}

fn scope() -> Scope {
    let mut scope = Scope::default();
    for (name, value) in values() {
        scope.insert(name, value);
    }
    scope.insert("ref", Value::from_function(|name: String| dli_fast::template::name(vec!["analytics".into(), name])));
    scope
}

fn templates() -> Templates {
    Templates::new(Dialect::Trino, [("t".to_string(), SOURCE.to_string())], BTreeMap::new(), 1_000_000)
}

fn bare() -> Environment<'static> {
    let mut env = Environment::new();
    env.add_template("t", SOURCE).expect("compiles");
    env
}

/// A name, and what is measured.
type Way<'w> = (&'static str, Box<dyn Fn() + 'w>);

fn main() {
    let (warm, warm_bare) = (templates(), bare());
    // Both make their values anew for every render, as callers do.
    let context = || Value::from(BTreeMap::from_iter(values()));
    let ways: [Way<'_>; 4] = [
        ("dli cold", Box::new(|| drop(black_box(templates().render("t", scope()).expect("renders"))))),
        (
            "minijinja cold",
            Box::new(|| drop(black_box(bare().get_template("t").expect("there").render(context()).expect("renders")))),
        ),
        ("dli warm", Box::new(|| drop(black_box(warm.render("t", scope()).expect("renders"))))),
        (
            "minijinja warm",
            Box::new(|| {
                drop(black_box(warm_bare.get_template("t").expect("there").render(context()).expect("renders")));
            }),
        ),
    ];
    let mut best = [f64::INFINITY; 4];
    for _ in 0..ROUNDS {
        for (index, (_, way)) in ways.iter().enumerate() {
            let start = Instant::now();
            for _ in 0..CALLS {
                way();
            }
            best[index] = best[index].min(start.elapsed().as_secs_f64() / f64::from(CALLS) * 1e6);
        }
    }
    for (index, (name, _)) in ways.iter().enumerate() {
        println!("{name:16} {:6.2} µs", best[index]);
    }
    println!("ratios: cold {:.2}, warm {:.2}", best[0] / best[1], best[2] / best[3]);
}
