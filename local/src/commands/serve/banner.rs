//! What `serve` tells once it runs: where everything is, and which keys are only for tests. A collector of logs gets one line of JSON
//! for it, and one for each notice.

use koogallery_runtime::Environment;

use super::production::Figures;
use crate::api;
use crate::database::Listen;
use crate::host::LocalHost;
use crate::keys::{LOCAL_API_TOKEN, LOCAL_WEBHOOK_SECRET};
use crate::notes;
use crate::open_api::StandIn;
use crate::telemetry::Reader;

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

    /// Tells it to whoever reads what this process writes.
    pub(super) fn show(
        self,
        host: &LocalHost,
        played: Option<&StandIn>,
        tools: Option<&Listen>,
        figures: Option<&Figures>,
    ) {
        match notes::reader() {
            Reader::Person => self.show_to_a_person(host, played, tools, figures),
            Reader::Collector => self.write_lines(host, played, tools, figures),
        }
    }

    fn write_lines(
        self,
        host: &LocalHost,
        played: Option<&StandIn>,
        tools: Option<&Listen>,
        figures: Option<&Figures>,
    ) {
        let mut line = notes::note_line("started");
        let mut add = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                line[name] = value.into();
            }
        };
        add("productionAddress", Some(host.address()));
        add("sellerApi", Some(host.seller_api()));
        // The link of a console lets in whoever reads it: a collector of logs gets none.
        add("console", host.console().filter(|console| !console.contains("/link/")).map(str::to_owned));
        add("dynamodb", Some(host.dynamodb_endpoint().unwrap_or("within this process").to_owned()));
        add("table", Some(host.store().table().to_owned()));
        add("events", self.webhook.as_deref().map(without_query));
        add("orderDetails", self.open_apis);
        add("playedKooGallery", played.map(|played| played.endpoint().as_str().to_owned()));
        add("lookInside", look_inside(host, tools));
        add("metrics", figures.map(|figures| format!("http://{}/metrics", figures.address)));
        notes::write(line);
        for notice in self.notices {
            notes::trouble("notice", notice);
        }
    }

    #[allow(clippy::print_stderr)]
    fn show_to_a_person(
        self,
        host: &LocalHost,
        played: Option<&StandIn>,
        tools: Option<&Listen>,
        figures: Option<&Figures>,
    ) {
        let Self { webhook, open_apis, notices } = self;
        eprintln!("production address   {}   (and any path below it)", host.address());
        eprintln!("seller API           {}/v1   (description: /v1/openapi.json)", host.seller_api());
        if let Some(console) = host.console() {
            let once = if console.contains("/link/") { "   (works once; start again for another one)" } else { "" };
            eprintln!("console              {console}{once}");
        }
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
            Some(url) => eprintln!(
                "events               to {}; `koogallery events list{}` shows the undelivered ones",
                without_query(&url),
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

/// An address that can be shown: the part after `?` may be a secret.
fn without_query(url: &str) -> String {
    url.split('?').next().unwrap_or_default().to_owned()
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
