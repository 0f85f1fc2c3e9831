//! `koogallery identity`: plays the login that KooGallery gives to a buyer's users.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use koogallery::ResultCode;
use koogallery_open_api::OrderType;
use koogallery_runtime::{Environment, now};
use serde_json::Value;

use super::played::played_for;
use super::rsa_public_key::given_or_local;
use super::{Done, Failure};
use crate::identity::{
    Announced, Announcement, Callback, IdentityService, LISTENS_AT, Tenant, announce, announcements,
    debug_announcements, demo,
};
use crate::keys::or_local_test_keys;
use crate::marketplace::Marketplace;
use crate::simulate::{BUYER, Goods, Order};

/// Play the login that KooGallery gives to a buyer's users: an identity service for each enterprise, with OAuth 2.0 and CAS, the
/// unified login page and the workbench.
///
/// Two enterprises with a few users are there, or those of --tenants. With --to, `serve` learns of them by signed calls, as it does of a
/// real buyer's: an instance that is bought, the enterprise, its application with the client secret, its users. Everything is on this
/// machine only, and every password is known to everybody.
#[derive(Debug, Args)]
pub(crate) struct Identity {
    /// The address to listen on, of this machine.
    #[arg(long, default_value = LISTENS_AT, value_name = "ADDRESS:PORT")]
    listen: SocketAddr,
    /// Where the demo application takes codes: the redirect address that is registered with the credential.
    #[arg(long, default_value = "http://127.0.0.1:9000/login/callback", value_name = "URL")]
    callback: Callback,
    /// Where it takes tickets of CAS.
    #[arg(long, default_value = "http://127.0.0.1:9000/login/callback/cas", value_name = "URL")]
    cas_callback: Callback,
    /// Play the enterprises in this file instead of the demo ones: JSON in the form that docs/identity.md has.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["callback", "cas_callback"])]
    tenants: Option<PathBuf>,
    /// Tell the production address here about the enterprises, such as that of `serve`.
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Tell of them as Seller Console does once you applied for a credential: debug calls without instance, order and users, for a
    /// login with a test account.
    #[arg(long)]
    debug: bool,
    /// The RSA public key registered in KooGallery, as it is registered (base64) or as a file. It encrypts client secrets.
    #[arg(long, env = "KOOGALLERY_RSA_PUBLIC_KEY", value_name = "FILE|BASE64")]
    rsa_public_key: Option<String>,
}

impl Identity {
    /// Tells about the enterprises, and plays until it is interrupted.
    #[allow(clippy::print_stderr)]
    pub(crate) async fn run(self) -> Done {
        let Self { listen, callback, cas_callback, tenants, to, debug, rsa_public_key } = self;
        let environment = Environment::of_process();
        let key = given_or_local(rsa_public_key.as_deref())?;
        let tenants = match tenants {
            Some(file) => read(&file)?,
            None => demo(&callback, &cas_callback)?,
        };
        let service = IdentityService::start_at(listen, tenants, now).await.map_err(|error| match error.kind() {
            ErrorKind::AddrInUse => {
                Failure::from(format!("port {} is in use: give --listen another ADDRESS:PORT", listen.port()))
            }
            _ => error.into(),
        })?;
        show(&service);
        let mut calls = Vec::new();
        for tenant in service.tenants() {
            let announcements = if debug { debug_announcements } else { announcements };
            calls.extend(announcements(tenant, &service.domain(tenant), key.as_ref(), now())?);
        }
        if key.is_none() {
            eprintln!("left out: applicationSync, as no --rsa-public-key is given to encrypt client secrets with");
        }
        match to {
            Some(to) => {
                let marketplace = Marketplace::new(&to, or_local_test_keys(environment.get("KOOGALLERY_KEYS"))?)?;
                tell(&marketplace, &environment, calls).await?;
            }
            None => show_calls(&calls),
        }
        eprintln!("Ctrl-C ends it.");
        tokio::signal::ctrl_c().await?;
        service.stop().await;
        Ok(ExitCode::SUCCESS)
    }
}

fn read(file: &Path) -> Result<Vec<Tenant>, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let tenants: Vec<Tenant> = serde_json::from_str(&text)
        .map_err(|error| format!("{} is no list of enterprises as docs/identity.md has it: {error}", file.display()))?;
    if tenants.is_empty() {
        return Err(format!("{} has no enterprise", file.display()).into());
    }
    Ok(tenants)
}

/// What a person needs to log in.
#[allow(clippy::print_stderr)]
fn show(service: &IdentityService) {
    eprintln!("workbench            {}", service.workbench());
    let mut shown: Vec<&str> = Vec::new();
    for application in service.tenants().iter().flat_map(|tenant| &tenant.applications) {
        if !shown.contains(&application.app_id.as_str()) {
            shown.push(application.app_id.as_str());
            eprintln!("unified login page   {}", service.unified_login(application));
        }
    }
    for tenant in service.tenants() {
        eprintln!("enterprise           {} ({}), at {}", tenant.tenant_id, tenant.name, service.domain(tenant));
        for application in &tenant.applications {
            eprintln!("  application        {}: client {}", application.app_id, application.client_id);
        }
        for user in &tenant.users {
            eprintln!("  account, password  {}, {}", user.user_name, user.password.reveal());
        }
    }
}

/// The calls that `--to` would send, as `koogallery call` takes them.
#[allow(clippy::print_stderr)]
fn show_calls(calls: &[Announcement]) {
    eprintln!("`serve` has to learn of them: start it and give --to http://127.0.0.1:9000/, or send these:");
    for Announcement { callback, body } in calls {
        let members = body.iter().filter(|(name, _)| *name != "activity").map(|(name, value)| member(name, value));
        eprintln!("  koogallery call {} {}", callback.activity(), members.collect::<Vec<_>>().join(" "));
    }
}

/// A member as the shell and `koogallery call` take it.
fn member(name: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => format!("{name}={text}"),
        other => format!("{name}:={other}"),
    };
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "=:/.-_+".contains(c));
    if is_plain { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Tells `serve`, and shows each answer.
async fn tell(marketplace: &Marketplace, environment: &Environment, calls: Vec<Announcement>) -> Result<(), Failure> {
    if let Some(played) = played_for(marketplace.address(), environment).await {
        let goods = Goods::default();
        for id in calls.iter().filter_map(|call| call.body.get("orderId").and_then(Value::as_str)) {
            let order = Order { id: id.to_owned(), ..Order::of(&goods, OrderType::New)? };
            played.put_order(&order.details(BUYER)?).await?;
        }
    }
    announce(marketplace, calls, now, told)
        .await
        .map_err(|error| format!("{error}. Does `koogallery serve` run there?").into())
}

#[allow(clippy::print_stderr)]
fn told(announced: &Announced) {
    let Announced { callback, tenant, result_code } = announced;
    let of = if tenant.is_empty() { String::new() } else { format!(" of {tenant}") };
    let mend = match result_code {
        ResultCode::Success | ResultCode::Processing => "",
        ResultCode::AuthenticationFailed => ": set KOOGALLERY_KEYS to the keys of `serve`",
        _ => ": the log of `serve` says why",
    };
    eprintln!("told                 {}{of}: {result_code}{mend}", callback.activity());
}
