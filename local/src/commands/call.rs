//! `koogallery call`: signs and sends one callback.

use std::process::ExitCode;

use clap::Args;
use koogallery::ResultCode;
use koogallery_runtime::Environment;

use super::Done;
use crate::call::{Called, Version, call};
use crate::keys::or_local_test_keys;
use crate::marketplace::Marketplace;
use crate::v1_reply::{app_infos, decrypted, genuine};

/// Sign one callback, send it and print the reply.
///
/// Ends with 0 if the reply is 000000 or 000004, else with 1.
#[derive(Debug, Args)]
pub(crate) struct Call {
    /// The callback, such as newInstance, or tenantSync of the joint-operations kit.
    activity: String,
    /// The production address.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9000/")]
    to: String,
    /// The version of the protocol: V2.0 or V1.0.
    #[arg(long, value_enum, default_value_t)]
    version: Version,
    /// Members of the body, or parameters of V1.0: key=value for a text, key:=json for anything else.
    #[arg(value_name = "KEY=VALUE")]
    members: Vec<String>,
}

impl Call {
    /// Sends the call and shows the reply.
    #[allow(clippy::print_stdout, clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { activity, to, version, members } = self;
        let environment = Environment::of_process();
        let marketplace = Marketplace::new(&to, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
        let Called { exchange, v1_key } = call(&marketplace, version, &activity, &members).await?;
        println!("{}", String::from_utf8_lossy(&exchange.body));
        eprintln!("HTTP {} in {:.1} ms", exchange.status, exchange.elapsed.as_secs_f64() * 1e3);
        let reply = exchange.reply()?;
        if let Some(key) = v1_key {
            genuine(&exchange, &key, false)?;
            eprintln!("Body-Sign is right");
            let clear = decrypted(serde_json::from_slice(&exchange.body)?, &key)?;
            app_infos(&clear).for_each(|app_info| eprintln!("the buyer sees {app_info}"));
        }
        let done = matches!(reply.result_code, ResultCode::Success | ResultCode::Processing);
        Ok(if done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
