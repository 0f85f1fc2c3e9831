//! What `serve` tells a person once it runs: where everything is, and which keys are only for tests.

use koogallery_runtime::Environment;

use super::production::Figures;
use crate::api;
use crate::database::Listen;
use crate::host::LocalHost;
use crate::keys::{LOCAL_API_TOKEN, LOCAL_WEBHOOK_SECRET};
use crate::open_api::StandIn;

/// What is told of the configuration.
pub(super) struct Banner {
    webhook: Option<String>,
    open_apis: Option<String>,
    notices: Vec<String>,
}

impl Banner {
    pub(super) fn of(environment: &Environment, notices: Vec<String>) -> Self {
        let variable = |name| environment.get(name).map(str::to_owned);
        Self { webhook: variable("KOOGALLERY_WEBHOOK_URL"), open_apis: variable("KOOGALLERY_OPEN_API_URL"), notices }
    }

    #[allow(clippy::print_stderr)]
    pub(super) fn show(
        self,
        host: &LocalHost,
        played: Option<&StandIn>,
        tools: Option<&Listen>,
        figures: Option<&Figures>,
    ) {
        let Self { webhook, open_apis, notices } = self;
        eprintln!("production address   {}   (and any path below it)", host.address());
        eprintln!("seller API           {}/v1   (description: /v1/openapi.json)", host.seller_api());
        eprintln!(
            "DynamoDB             {}",
            host.dynamodb_endpoint().unwrap_or("within this process; --listen-dynamodb opens a port for AWS tools")
        );
        eprintln!("table                {}", host.store().table());
        if host.has_default_of("KOOGALLERY_KEYS") {
            eprintln!(
                "access keys          the local test key, which everybody knows; set KOOGALLERY_KEYS to use your own"
            );
            if host.has_default_of("KOOGALLERY_API_TOKEN") {
                eprintln!("API token            {LOCAL_API_TOKEN}, which everybody knows");
            } else {
                eprintln!("API token            from KOOGALLERY_API_TOKEN");
            }
        }
        match webhook {
            // The part after `?` may be a secret.
            Some(url) => eprintln!(
                "events               to {}; `koogallery events list{}` shows the undelivered ones",
                url.split('?').next().unwrap_or_default(),
                other_api(host)
            ),
            None if host.delivers() => eprintln!("events               to the event bus"),
            None => {
                eprintln!("events               are kept; set KOOGALLERY_WEBHOOK_URL to send them to your application");
            }
        }
        if host.has_default_of("KOOGALLERY_WEBHOOK_SECRET") {
            eprintln!("webhook secret       {LOCAL_WEBHOOK_SECRET}, which everybody knows");
        }
        if let Some(url) = open_apis {
            let whose =
                if host.has_default_of("KOOGALLERY_ACCESS_KEY_ID") { ", with the local test AK and SK" } else { "" };
            eprintln!("order details        from {url}{whose}");
        }
        if let Some(played) = played {
            eprintln!(
                "KooGallery           played at {}: it knows the orders of `call` and `simulate`",
                played.endpoint().as_str()
            );
        }
        if let Some(look_inside) = look_inside(host, tools) {
            eprintln!("look inside          {look_inside}");
        }
        if let Some(figures) = figures {
            eprintln!("metrics              http://{}/metrics", figures.address);
        }
        for notice in notices {
            eprintln!("notice               {notice}");
        }
        eprintln!("Ctrl-C ends it.");
    }
}

/// What the commands need to find the seller API of a host that is not at the default address.
fn other_api(host: &LocalHost) -> String {
    let address = host.seller_api();
    if address == api::LOCAL { String::new() } else { format!(" --api {address}") }
}

/// How to look into the table. The credential is printed here and nowhere else.
fn look_inside(host: &LocalHost, tools: Option<&Listen>) -> Option<String> {
    let scan =
        format!("aws dynamodb scan --endpoint-url {} --table-name {}", host.dynamodb_endpoint()?, host.store().table());
    Some(match tools {
        Some(Listen { access_key_id, .. }) => {
            format!("AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=any AWS_REGION=any {scan}", access_key_id.reveal())
        }
        None => scan,
    })
}
