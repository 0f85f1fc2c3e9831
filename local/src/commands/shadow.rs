//! `koogallery shadow`: the old code answers, the new deployment is compared.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use koogallery::AccessKeys;
use koogallery_runtime::Environment;

use super::Done;
use super::serve::until_told_to_stop;
use crate::shadow::Shadow;

/// Stand between KooGallery and your old code, and compare what a new deployment would have replied.
///
/// Each call is passed on to the old code, whose answer KooGallery gets unchanged. A copy goes to the new deployment. Where the two differ,
/// a line of JSON says so, without personal data. With `KOOGALLERY_KEYS` it looks at the signatures of V1.0 replies as well. docs/moving-in.md says how to set it up. Ends on Ctrl-C with the sums, and with 1 if something differed.
#[derive(Debug, Args)]
pub(crate) struct ShadowCalls {
    /// The code that answers KooGallery.
    #[arg(long, value_name = "URL")]
    old: String,
    /// The deployment that gets copies.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000")]
    new: String,
    /// Where calls come in: plain HTTP, behind the entrance.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// Print a line for each call, also where both say the same.
    #[arg(long)]
    all: bool,
}

impl ShadowCalls {
    /// Passes calls on until the process is told to end.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let environment = Environment::of_process();
        let keys = environment.get("KOOGALLERY_KEYS").map(AccessKeys::from_json).transpose()?;
        let shadow = Shadow::start(self.listen, &self.old, &self.new, keys).await?;
        eprintln!("passing calls on from http://{}/. Ctrl-C ends it.", shadow.address()?);
        let stopped = async { drop(until_told_to_stop().await) };
        let summary = shadow.run(stopped, |compared| {
            if self.all || !compared.agrees() {
                println!("{}", compared.to_json());
            }
        });
        let summary = summary.await;
        eprint!("{summary}");
        Ok(if summary.agrees() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
