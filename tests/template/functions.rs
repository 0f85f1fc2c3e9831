//! The functions: all of the tree, each with its URL, its variables and a role that opens what it needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use koogallery::Callback;
use koogallery_tests::template::{Template, list, loops, plain, root, text};
use serde_json::Value;

use crate::{ERASE_PERSONAL_DATA, FRONT_DOOR, LEARN_ORDER, callbacks, variables};

#[test]
fn every_function_of_the_tree_is_deployed_and_no_other() {
    let template = Template::read();
    let folders: BTreeSet<String> = std::fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|folder| folder.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(template.functions().into_keys().map(str::to_owned).collect::<BTreeSet<_>>(), folders);
    for (binary, (_, function)) in template.functions() {
        assert_eq!(function["Properties"]["CodeUri"], format!("functions/{binary}").as_str());
        assert_eq!(function["Metadata"]["BuildMethod"], "rust-cargolambda");
    }
}

/// A logical id begins with the callback's name; the log, the role and the binary come from `Functions`.
#[test]
fn the_loops_and_the_mapping_name_every_callback() {
    let registered: BTreeSet<String> = Callback::ALL.iter().map(|callback| format!("{callback:?}")).collect();
    let loops = loops();
    for name in ["Functions", "Callbacks", "LambdaAlarms"] {
        let lacks: Vec<_> = registered.difference(&loops[name]).collect();
        assert!(lacks.is_empty(), "the loop {name} of template.yaml lacks {lacks:?}");
    }
    let strange: Vec<_> = loops["Callbacks"].difference(&registered).collect();
    assert!(strange.is_empty(), "the loop Callbacks of template.yaml has {strange:?}, which no callback is called");
    let template = Template::read();
    for callback in Callback::ALL {
        let mapped = &template.section("Mappings")["Functions"][format!("{callback:?}")]["Binary"];
        assert_eq!(mapped, callback.function(), "the mapping Functions of template.yaml, {callback:?}");
    }
}

#[test]
fn the_front_door_knows_every_callback() {
    let template = Template::read();
    let known = variables(template.functions()[FRONT_DOOR].1)["KOOGALLERY_FUNCTIONS"].clone();
    let known: BTreeMap<String, String> = serde_json::from_str(known.strip_prefix("Sub ").unwrap()).unwrap();
    let deployed = callbacks(&template).into_iter().map(|(binary, id)| (binary.to_owned(), format!("${{{id}.Arn}}")));
    assert_eq!(known, deployed.collect());
}

/// A thousand, and some more: each further function with alarms of its own needs about thirty, and the console with its user pool and
/// its way through the HTTP API more than a hundred.
#[test]
fn whoever_reads_it_reads_no_more_than_1450_lines() {
    assert!(text().lines().count() <= 1450);
}

#[test]
fn each_callback_has_a_url_of_its_own_where_the_entrance_is_function_urls() {
    let template = Template::read();
    let mut urls = template.of_type("AWS::Lambda::Url");
    let mut permissions = template.of_type("AWS::Lambda::Permission");
    permissions.retain(|id, _| id.contains("Url"));
    let own = callbacks(&template).into_values().map(|id| (id, "HasFunctionUrls"));
    for (function, condition) in own.chain([
        ("FrontDoorFunction", "HasFunctionUrl"),
        ("SellerApiFunction", "HasSellerApi"),
        ("BuyerPagesFunction", "HasBuyerPages"),
        ("LoginFunction", "HasLogin"),
        ("ConsoleFunction", "HasConsole"),
    ]) {
        let name = function.strip_suffix("Function").unwrap();
        let url = urls.remove(format!("{name}Url").as_str()).unwrap_or_else(|| panic!("{function} has no URL"));
        assert_eq!(url["Condition"], condition, "{name}");
        assert_eq!(plain(&url["Properties"]["TargetFunctionArn"]), format!("Ref {function}"));
        // The signature or the token is what opens: AWS asks nobody who they are.
        assert_eq!(url["Properties"]["AuthType"], "NONE");
        for (kind, action, condition_of_aws) in [
            ("UrlPermission", "lambda:InvokeFunctionUrl", ("FunctionUrlAuthType", Value::from("NONE"))),
            ("UrlInvokePermission", "lambda:InvokeFunction", ("InvokedViaFunctionUrl", Value::from(true))),
        ] {
            let permission = permissions.remove(format!("{name}{kind}").as_str()).unwrap();
            let properties = &permission["Properties"];
            assert_eq!(permission["Condition"], condition, "{name}{kind}");
            assert_eq!(plain(&properties["FunctionName"]), format!("Ref {function}"));
            assert_eq!((&properties["Principal"], &properties["Action"]), (&"*".into(), &action.into()));
            assert_eq!(properties[condition_of_aws.0], condition_of_aws.1, "anybody could invoke {function}");
        }
    }
    assert!(urls.is_empty() && permissions.is_empty(), "{urls:?} {permissions:?}");
    let conditions = template.section("Conditions");
    let told = "Equals [{\"Ref\":\"Entrance\"},\"FunctionUrls\"]";
    assert_eq!(plain(&conditions["HasFunctionUrls"]), told);
    assert!(list(&template.section("Parameters")["Entrance"]["AllowedValues"]).contains(&&"FunctionUrls".into()));
}

#[test]
fn a_function_is_told_where_what_its_role_opens_is() {
    let template = Template::read();
    for (binary, (_, function)) in template.functions() {
        let variables = variables(function);
        let told = |name: &str| variables.get(name).map(String::as_str);
        for (action, target) in template.granted(binary) {
            let (variable, value) = match action.split_once(':').unwrap() {
                // The mapping of the stream knows it, not the function.
                ("dynamodb", _) if target == "GetAtt Table.StreamArn" => continue,
                ("dynamodb", _) => ("KOOGALLERY_TABLE", "Ref Table"),
                ("kms", _) => ("KOOGALLERY_KMS_KEY_ARN", "GetAtt DataKey.Arn"),
                ("sqs", _) if target == "GetAtt EventQueue.Arn" => ("KOOGALLERY_EVENT_QUEUE_URL", "Ref EventQueue"),
                ("sqs", _) if binary == LEARN_ORDER => ("KOOGALLERY_DELAY_QUEUE_URL", "Ref LearnOrderDelays"),
                ("sqs", _) => ("KOOGALLERY_DELAY_QUEUE_URL", "Ref DeliverEventsDelays"),
                ("events", _) => ("KOOGALLERY_EVENT_BUS", "Ref EventBusName"),
                ("sns", _) => ("KOOGALLERY_NOTIFY", "Ref Notify"),
                // A test of its own compares the secrets.
                ("lambda" | "secretsmanager", _) => continue,
                (other, _) => panic!("{binary} may {other} on {target}: what tells it where that is?"),
            };
            assert_eq!(told(variable), Some(value), "{binary}");
        }
    }
    let learning = template.functions()[LEARN_ORDER].1;
    assert!(learning["Condition"].is_null(), "deployed whether or not anybody hears of events");
    // The one that opens nothing that is sealed.
    assert!(!variables(template.functions()[ERASE_PERSONAL_DATA].1).contains_key("KOOGALLERY_SECRET_ARN"));
}

/// Every name that a value refers to: what `cfn-lint` lets pass in a template with a transform.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        Value::Object(members) => {
            for (name, value) in members {
                match (name.as_str(), value) {
                    ("Ref" | "Condition", Value::String(name)) => drop(found.insert(name.clone())),
                    ("Fn::GetAtt" | "Fn::If", Value::Array(path)) => drop(found.insert(plain(&path[0]))),
                    ("Fn::Sub", Value::String(text)) => found.extend(names_in(text)),
                    ("Fn::Sub", Value::Array(told)) => {
                        let own = told[1].as_object().unwrap();
                        found.extend(names_in(told[0].as_str().unwrap()).filter(|name| !own.contains_key(name)));
                    }
                    _ => {}
                }
                references(value, found);
            }
        }
        _ => {}
    }
}

/// The names that a text has to be told: `a-${Name.Arn}`.
fn names_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split("${").skip(1).map(|rest| rest.split(['}', '.']).next().unwrap().to_owned())
}

#[test]
fn every_name_that_is_referred_to_exists() {
    refers_to_nothing_unknown(&Template::read());
}

pub(crate) fn refers_to_nothing_unknown(template: &Template) {
    let mut referred = BTreeSet::new();
    references(template.whole(), &mut referred);
    referred.retain(|name| !name.starts_with("AWS::"));
    assert!(referred.len() > 50);
    let sections = ["Parameters", "Resources", "Conditions"].map(|section| template.section(section));
    for name in referred {
        assert!(sections.iter().any(|section| section.contains_key(name.as_str())), "nothing is called {name}");
    }
}

#[test]
fn roles_are_not_shared_and_hold_no_wildcard() {
    let template = Template::read();
    let mut roles = BTreeSet::new();
    for (binary, (_, function)) in template.functions() {
        assert!(roles.insert(plain(&function["Properties"]["Role"])), "{binary} shares its role");
        assert!(function["Properties"]["Policies"].is_null(), "{binary}: SAM would add a managed policy");
        for (action, target) in template.granted(binary) {
            assert!(!action.contains('*') && !target.contains('*'), "{binary} may {action} {target}");
        }
    }
    // The pipe's is the only other one.
    assert_eq!(template.of_type("AWS::IAM::Role").len(), roles.len() + 1);
}

/// The Rust files below a folder, with what they say.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

#[test]
fn every_variable_that_is_set_is_read() {
    let folders = ["shared/orders/src", "shared/queue/src", "shared/runtime/src", "functions"];
    let sources: String =
        folders.iter().flat_map(|folder| sources(&root().join(folder))).map(|(_, text)| text).collect();
    for (binary, (_, function)) in Template::read().functions() {
        for name in variables(function).keys() {
            assert!(sources.contains(&format!("\"{name}\"")), "{binary}: nothing reads {name}");
        }
    }
}

/// What reads a setting of the deployment is named like this in the functions, and without the variable it would take the default.
#[test]
fn who_reads_a_setting_is_given_it() {
    let template = Template::read();
    let functions = template.functions();
    for (reads, name) in [
        ("OpenApi::of(", "KOOGALLERY_OPEN_API_URL"),
        ("SupervisedProducts::of(", "KOOGALLERY_SUPERVISED_PRODUCTS"),
        ("billing_cycles(", "KOOGALLERY_DAILY_PRODUCTS"),
        ("PageAddresses::of(", "KOOGALLERY_BUYER_PAGES_URL"),
    ] {
        let mut readers = 0;
        for (binary, (_, function)) in &functions {
            let sources = sources(&root().join("functions").join(binary).join("src"));
            if sources.iter().any(|(_, text)| text.contains(reads)) {
                readers += 1;
                assert!(
                    variables(function).contains_key(name),
                    "{binary} reads {name}, which the template does not set"
                );
            }
        }
        assert!(readers > 0, "nothing calls {reads}");
    }
}

#[test]
fn the_version_that_is_told_is_the_workspaces() {
    let told = plain(&Template::read().section("Outputs")["Version"]["Value"]);
    assert_eq!(told, format!("Sub {} ${{Commit}}", koogallery_runtime::VERSION));
}

#[test]
fn the_http_api_has_a_way_to_the_front_door_and_to_whatever_else_is_asked() {
    let template = Template::read();
    let (routes, integrations) =
        (template.of_type("AWS::ApiGatewayV2::Route"), template.of_type("AWS::ApiGatewayV2::Integration"));
    let below = |path| format!("ANY {path}/{{proxy+}}");
    let (api, login, pages) = (below(seller_api::PATH), below(login::PATH), below(console::PATH));
    let of_buyers = below(buyer_pages::PATH);
    // `{proxy+}` is at least one segment.
    let home = format!("ANY {}", console::PATH);
    for (route, key, integration, function, permission) in [
        ("HttpApiRoute", "$default", "HttpApiIntegration", "FrontDoorFunction", "HttpApiPermission"),
        (
            "HttpBuyerPagesRoute",
            &of_buyers,
            "HttpBuyerPagesIntegration",
            "BuyerPagesFunction",
            "HttpBuyerPagesPermission",
        ),
        ("HttpLoginRoute", &*login, "HttpLoginIntegration", "LoginFunction", "HttpLoginPermission"),
        ("HttpConsoleRoute", &pages, "HttpConsoleIntegration", "ConsoleFunction", "HttpConsolePermission"),
        ("HttpConsoleHomeRoute", &home, "HttpConsoleIntegration", "ConsoleFunction", "HttpConsolePermission"),
        ("HttpSellerApiRoute", &api, "HttpSellerApiIntegration", "SellerApiFunction", "HttpSellerApiPermission"),
    ] {
        assert_eq!(routes[route]["Properties"]["RouteKey"], key);
        assert_eq!(plain(&routes[route]["Properties"]["Target"]), format!("Sub integrations/${{{integration}}}"));
        let properties = &integrations[integration]["Properties"];
        assert_eq!(plain(&properties["IntegrationUri"]), format!("GetAtt {function}.Arn"));
        assert_eq!(plain(&template.resource(permission)["Properties"]["FunctionName"]), format!("Ref {function}"));
    }
    let stage = &template.resource("HttpApiStage")["Properties"]["DefaultRouteSettings"];
    assert_eq!(plain(&stage["ThrottlingRateLimit"]), "Ref HttpApiRate");
    assert_eq!(plain(&stage["ThrottlingBurstLimit"]), "Ref HttpApiBurst");
    let address = plain(&template.section("Outputs")["SellerApiAddress"]["Value"]);
    assert!(address.contains(&format!("https://${{DomainName}}{}/", seller_api::PATH)), "{address}");
}

/// Nothing that has no test is built as one, since each such binary is linked with the AWS SDK. What gets a test has to be built.
#[test]
fn what_is_not_built_as_a_test_has_none() {
    let has_test = |text: &str| ["#[test]", "::test]", "proptest!"].iter().any(|mark| text.contains(mark));
    for folder in std::fs::read_dir(root().join("functions")).unwrap().map(|folder| folder.unwrap().path()) {
        let package = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let library = package.split("[[bin]]").next().unwrap();
        let (tested, documented) = (!library.contains("\ntest = false"), !library.contains("\ndoctest = false"));
        for (file, text) in sources(&folder.join("src")) {
            let (is_main, file) = (file.ends_with("src/main.rs"), file.display());
            assert!(!has_test(&text) || tested && !is_main, "{file}: its tests are never run");
            let example = text.lines().any(|line| line.trim() == "/// ```" || line.trim() == "//! ```rust");
            assert!(!example || documented, "{file}: its examples are never run");
        }
    }
}
