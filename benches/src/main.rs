//! `cargo run --release -p koogallery-benchmarks -- verification|functions|host|growth|console|import|kit|flood|usage`: how fast it is, each measured beside
//! what could not be faster in the same run, as machines differ and are seldom quiet.

mod apart;
mod calls;
mod console;
mod flood;
mod functions;
mod growth;
mod host;
mod import;
mod kit;
mod own_host;
mod process;
mod report;
mod tls;
mod usage;
mod verification;

use std::error::Error;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Measure it on this machine. Only numbers of one run compare with each other.
#[derive(Debug, Parser)]
#[command(name = "koogallery-benchmarks", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
    /// Print the results as JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Verify a signature, beside two raw HMAC-SHA256 over the same bytes.
    Verification(verification::Options),
    /// Run the real function binaries under an emulator of Lambda's Runtime API, beside an empty function.
    ///
    /// Builds them first.
    Functions(functions::Options),
    /// Call the local host from several sides, beside the same transactions sent to its store without it.
    Host(host::Options),
    /// Call the local host while its table holds more and more instances.
    Growth(growth::Options),
    /// Open the console's pages while its table holds many instances.
    Console(console::Options),
    /// Import customers who were there before, and call about some of them.
    Import(import::Options),
    /// Sync users and departments of the joint-operations kit, thousands at once, through the local host.
    Kit(kit::Options),
    /// What `host` starts as a process of its own.
    #[command(hide = true)]
    ServeApart(apart::Options),
    /// Send forged calls through the real front door, and count invocations and bytes of the log. Builds both functions first.
    Flood(flood::Options),
    /// Metering: take records of use, push an hour of many instances, play a week with outages and kills and compare what is charged.
    Usage(usage::Options),
    /// What `usage` starts as a process of its own.
    #[command(hide = true)]
    PushApart(usage::PushApart),
}

/// What ends a benchmark early.
type Problem = Box<dyn Error + Send + Sync>;

#[tokio::main]
#[allow(clippy::print_stdout, clippy::print_stderr)]
async fn main() -> ExitCode {
    let Arguments { benchmark, json } = Arguments::parse();
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: run it with --release for numbers that mean something.");
    }
    let measured = match benchmark {
        Benchmark::Verification(options) => verification::measure(&options).map(|rows| report::of(&rows, json)),
        Benchmark::Functions(options) => functions::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::Host(options) => host::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::ServeApart(options) => apart::serve(&options).await.map(|()| String::new()),
        Benchmark::Growth(options) => growth::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::Console(options) => console::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::Import(options) => import::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::Flood(options) => flood::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::Usage(options) => usage::measure(&options).await.map(|rows| report::of(&rows, json)),
        Benchmark::PushApart(options) => usage::push_apart(&options).await.map(|()| String::new()),
        Benchmark::Kit(options) => kit::measure(&options).await.map(|rows| report::of(&rows, json)),
    };
    match measured {
        Ok(report) => {
            println!("{report}");
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("koogallery-benchmarks: {problem}");
            // An SDK's error says only in its sources what happened.
            let mut source = problem.source();
            while let Some(error) = source {
                eprintln!("  because: {error}");
                source = error.source();
            }
            ExitCode::FAILURE
        }
    }
}
