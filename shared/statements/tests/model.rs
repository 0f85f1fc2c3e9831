//! Months of many orders with planted discrepancies: all of them are found, none is invented, whatever the order of rows and files.
#![allow(clippy::unwrap_used)]

mod support;
#[path = "support/world.rs"]
mod world;

use std::collections::BTreeMap;

use koogallery_statements::{
    Calendar, Explanation, Finding, Kind, Matched, Matching, Settings, Source, Statement, StatementRow, Subject,
};
use proptest::prelude::*;
use support::read_it;
use world::{BILL, Chance, Expected, PLANTS, TODAY, TRANSACTIONS, USAGE, World};

fn world(seed: u64, orders: usize, planted: usize) -> World {
    let mut chance = Chance::new(seed);
    let mut world = World::default();
    let mut plants: Vec<Option<usize>> = (0..planted).map(|at| Some(at % PLANTS)).collect();
    plants.resize(orders, None);
    chance.shuffle(&mut plants);
    for plant in plants {
        match plant {
            Some(kind) => world.plant(kind, &mut chance),
            None => world.right(&mut chance),
        }
    }
    world.billed_products(&mut chance);
    world
}

/// The rows as files, each of which has a part of the rows.
fn files(world: &World, parts: usize, shuffle: Option<u64>) -> Vec<Statement> {
    let mut files = Vec::new();
    for (titles, rows) in [(BILL, &world.bill), (TRANSACTIONS, &world.transactions), (USAGE, &world.records)] {
        let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        if let Some(seed) = shuffle {
            Chance::new(seed).shuffle(&mut rows);
        } else {
            // Rows that stand twice in one file are two; in two files they would be one.
            rows.sort_unstable();
        }
        if rows.is_empty() {
            continue;
        }
        let size = if parts == 1 || shuffle.is_some() { rows.len() } else { rows.len().div_ceil(parts) };
        for part in rows.chunks(size) {
            let statement = read_it(format!("{titles}\n{}\n", part.join("\n")).as_bytes()).unwrap();
            if !statement.rows.is_empty() {
                files.push(statement);
            }
        }
    }
    files
}

fn run(
    world: &World,
    files: &[Statement],
    explanations: &BTreeMap<koogallery_statements::FindingId, Explanation>,
) -> Matched {
    let sources: Vec<Source<'_>> = files
        .iter()
        .map(|file| Source { read_on: "2026-01-15".parse().unwrap(), is_part: false, rows: &file.rows })
        .collect();
    let matching = Matching {
        orders: &world.orders,
        usage: &world.usage,
        sources: &sources,
        settings: &Settings::default(),
        calendar: &Calendar::china().unwrap(),
        explanations,
        today: TODAY.parse().unwrap(),
    };
    matching.run()
}

fn name(finding: &Finding) -> (Kind, String) {
    let subject = match &finding.subject {
        Subject::Order(order) => order.clone(),
        Subject::Usage { instance, month } => format!("{instance} {month}"),
        Subject::Record { instance, record } => format!("{instance} {record}"),
        Subject::Row(_) => format!("row of {}", finding.evidence.stated.unwrap()),
    };
    (finding.kind, subject)
}

fn found(matched: &Matched, is: impl Fn(&Finding) -> bool) -> Expected {
    matched.findings.iter().filter(|finding| is(finding)).map(name).collect()
}

fn check(world: &World, seed: u64) {
    let whole = files(world, 1, None);
    let matched = run(world, &whole, &BTreeMap::new());
    assert_eq!(found(&matched, |finding| finding.kind.is_discrepancy()), world.planted, "seed {seed}");
    assert_eq!(found(&matched, |finding| matches!(finding.kind, Kind::NotDueYet(_))), world.not_due, "seed {seed}");
    // The order of the rows, of the files and of the orders does not matter.
    let mut other = files(world, 1, Some(seed));
    other.reverse();
    let mut mixed = World { orders: world.orders.clone(), usage: world.usage.clone(), ..World::default() };
    Chance::new(seed).shuffle(&mut mixed.orders);
    let again = run(&mixed, &other, &BTreeMap::new());
    let ids =
        |matched: &Matched| matched.findings.iter().map(|finding| (finding.id, name(finding))).collect::<Vec<_>>();
    assert_eq!(ids(&again), ids(&matched), "seed {seed}");
    assert_eq!(again.months, matched.months, "seed {seed}");
    // What is given twice, or exported twice, is the same.
    let twice: Vec<Statement> = whole.iter().cloned().chain(other).chain(whole.clone()).collect();
    assert_eq!(ids(&run(world, &twice, &BTreeMap::new())), ids(&matched), "seed {seed}");
    // What is explained is open no more, and nothing else changes.
    let open = matched.findings.iter().filter(|finding| finding.is_open());
    let why =
        |finding: &Finding| (finding.id, Explanation { note: "checked".to_owned(), who: "ada".to_owned(), when: 0 });
    let explanations: BTreeMap<_, _> = open.step_by(2).map(why).collect();
    let explained = run(world, &whole, &explanations);
    assert_eq!(ids(&explained), ids(&matched), "seed {seed}");
    let still_open = explained.findings.iter().filter(|finding| finding.is_open()).count();
    assert_eq!(still_open + explanations.len(), world.planted.len(), "seed {seed}");
}

#[test]
fn a_month_of_5000_orders_with_200_discrepancies() {
    let world = world(20_251_100, 5000, 200);
    assert_eq!(world.planted.len(), 200);
    let kinds: std::collections::BTreeSet<&str> = world.planted.iter().map(|(kind, _)| kind.code()).collect();
    assert_eq!(kinds.len(), 10, "{kinds:?}");
    assert!(world.not_due.len() > 500);
    check(&world, 1);
    // The same in three files of each kind. Rows that stand twice are left together.
    let parts = files(&world, 3, None);
    let rows: usize = parts.iter().map(|file| file.rows.len()).sum();
    let all: Vec<&StatementRow> = parts.iter().flat_map(|file| &file.rows).collect();
    assert_eq!(rows, world.bill.len() + world.transactions.len() + world.records.len());
    assert_eq!(all.len(), rows);
    assert_eq!(found(&run(&world, &parts, &BTreeMap::new()), |finding| finding.kind.is_discrepancy()), world.planted);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn all_that_is_planted_is_found_and_nothing_else(seed in any::<u64>(), orders in 1_usize..120, planted in 0_usize..40) {
        check(&world(seed, orders.max(planted), planted), seed);
    }
}
