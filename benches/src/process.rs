//! This program once more, as a process of its own: so its CPU time and its memory are its own.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::Problem;

/// Such a process, until it is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    /// What it said first.
    pub(crate) said: String,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Process {
    /// Starts it with these arguments and nothing but these variables, and waits for its first line.
    pub(crate) async fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Result<Self, Problem> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(arguments).env_clear().envs(variables.iter().copied());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn()?;
        let asks = process.stdin.take().ok_or("it has a standard input")?;
        let answers = process.stdout.take().ok_or("it has a standard output")?;
        let mut answers = BufReader::new(answers).lines();
        let said = answers.next_line().await?.ok_or("the process ended before it said anything")?;
        Ok(Self { said, asks, answers, _child: process })
    }

    /// Sends an empty line; the answer.
    pub(crate) async fn ask(&mut self) -> Result<String, Problem> {
        self.asks.write_all(b"\n").await?;
        Ok(self.answers.next_line().await?.ok_or("the process ended")?)
    }
}

/// What the kernel tells of the memory of a process under such a name, such as `VmRSS` (now) or `VmHWM` (the most so far).
pub(crate) fn mebibytes(process: u32, name: &str) -> Result<f64, Problem> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let line = line.ok_or_else(|| format!("the kernel tells no {name}"))?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}
