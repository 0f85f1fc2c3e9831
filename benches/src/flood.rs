//! What forged calls cost: a stranger's newInstance with a guessed key, through the real front door and the real function. Counts
//! invocations and bytes of the log, beside a log that has a line for each call.

use std::time::Duration;

use clap::Args;
use koogallery::{AccessKeys, Callback};
use koogallery_local::database::{EmbeddedDatabase, Listen};
use koogallery_local::keys::{LOCAL_KEY, LOCAL_TEST_KEYS};
use koogallery_local::marketplace::Marketplace;
use koogallery_tests::lambda::{Behaviour, FunctionProcess, LambdaEmulator, build};
use serde::Serialize;
use serde_json::json;

use crate::Problem;
use crate::calls;
use crate::report::{Row, cell};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many forged calls are sent.
    #[arg(long, default_value_t = 5000, value_name = "NUMBER")]
    calls: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Measured {
    what: &'static str,
    invocations_of_a_million: f64,
    log_megabytes_of_a_million: f64,
}

impl Row for Measured {
    const COLUMNS: &'static [&'static str] = &["of a million forged calls", "invocations", "MB of log"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.what.to_owned(),
            cell(Some(self.invocations_of_a_million), 0),
            cell(Some(self.log_megabytes_of_a_million), 1),
        ]
    }
}

/// The functions that a forged newInstance reaches.
const REACHED: [&str; 2] = ["front-door", "new-instance"];
/// What Lambda itself writes for each invocation, unless it is told to write only warnings.
const LAMBDAS_OWN_LINES: &str = "\
START RequestId: 8f507cfc-0123-4567-89ab-cdef01234567 Version: $LATEST
END RequestId: 8f507cfc-0123-4567-89ab-cdef01234567
REPORT RequestId: 8f507cfc-0123-4567-89ab-cdef01234567\tDuration: 2.26 ms\tBilled Duration: 3 ms\tMemory Size: 256 MB\tMax Memory Used: 24 MB
";
/// A key that the seller does not have.
const GUESSED: &str =
    r#"{"basic":["guessed-key"],"kit":["guessed-kit"],"license":["guessed-license"],"order":["guessed-order"]}"#;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Measured>, Problem> {
    build(REACHED.into_iter().flat_map(|function| ["--bin", function]));
    let mut database = EmbeddedDatabase::start(None)?;
    let tools = Listen { address: ([127, 0, 0, 1], 0).into(), access_key_id: "local".into() };
    let endpoint = database.listen(tools).await?;
    let lambda = LambdaEmulator::start(REACHED.map(|function| (function, Behaviour::Process))).await;
    let function = [
        ("DYNAMODB_ENDPOINT", endpoint.clone()),
        ("KOOGALLERY_TABLE", "koogallery".to_owned()),
        ("KOOGALLERY_KEYS", LOCAL_TEST_KEYS.to_owned()),
        ("KOOGALLERY_LOCAL_KEY", LOCAL_KEY.to_owned()),
        ("KOOGALLERY_PROVISIONING", "instant".to_owned()),
        ("KOOGALLERY_APP_INFO", r#"{"frontEndUrl":"https://app.example.com/"}"#.to_owned()),
        ("KOOGALLERY_METRICS_NAMESPACE", "KooGallery/shop".to_owned()),
    ];
    let door = [
        ("AWS_ENDPOINT_URL_LAMBDA", lambda.endpoint()),
        ("KOOGALLERY_FUNCTIONS", json!({ "new-instance": "new-instance" }).to_string()),
        ("KOOGALLERY_METRICS_NAMESPACE", "KooGallery/shop".to_owned()),
    ];
    let processes = [
        FunctionProcess::start("front-door", &lambda.runtime_api("front-door"), &door),
        FunctionProcess::start("new-instance", &lambda.runtime_api("new-instance"), &function),
    ];
    let stranger = Marketplace::new(&lambda.function_url("front-door"), AccessKeys::from_json(GUESSED)?)?;
    for number in 0..options.calls {
        let reply = stranger.send(&calls::call(&stranger, Callback::NewInstance, number)?).await?.reply()?;
        if reply.result_code.as_str() != "000001" {
            let told: Vec<_> = processes.iter().flat_map(FunctionProcess::output).collect();
            return Err(format!("a forged call got {}: {}", reply.result_code, told.join("\n")).into());
        }
    }
    // The last lines may be on their way through a pipe; they change nothing that is shown here.
    tokio::time::sleep(Duration::from_millis(100)).await;

    #[allow(clippy::cast_precision_loss)]
    let of_a_million = |number: usize| number as f64 * 1e6 / options.calls as f64;
    let invocations: usize = REACHED.iter().map(|function| lambda.invocations(function)).sum();
    let lines: Vec<Vec<String>> = processes.iter().map(FunctionProcess::output).collect();
    let written: usize = lines.iter().flatten().map(|line| line.len() + 1).sum();
    let one_each: usize = lines.iter().filter_map(|lines| lines.first()).map(|line| line.len() + 1).sum();
    let row = |what, bytes: f64| Measured {
        what,
        invocations_of_a_million: of_a_million(invocations),
        log_megabytes_of_a_million: bytes / 1e6,
    };
    #[allow(clippy::cast_precision_loss)]
    let (one_each, lambdas_own) = (one_each as f64 * 1e6, of_a_million(invocations) * LAMBDAS_OWN_LINES.len() as f64);
    Ok(vec![
        row("a line for each call, and Lambda's own lines", one_each + lambdas_own),
        row("a line for each call", one_each),
        row("as deployed", of_a_million(written)),
    ])
}
