//! AWS China gets `template-china.yaml`, which is made of `template.yaml`.

use koogallery_tests::china::template_of_china;
use koogallery_tests::template::{Template, plain, root, text};

use crate::functions::refers_to_nothing_unknown;

/// Variables whose values come from the user pool elsewhere, and the parameters with the same in AWS China.
const OF_THE_POOL: [(&str, &str); 2] =
    [("KOOGALLERY_CONSOLE_ISSUER", "ConsoleIssuer"), ("KOOGALLERY_CONSOLE_CLIENT_ID", "ConsoleClientId")];
/// Set to write the file instead of comparing it.
const WRITE: &str = "KOOGALLERY_TEST_WRITE";

#[test]
fn chinas_template_is_made_of_the_template() {
    let (file, made) = (root().join("template-china.yaml"), template_of_china(&text()));
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let same = std::fs::read_to_string(&file).is_ok_and(|written| written == made);
    assert!(same, "template-china.yaml is stale: {WRITE}=1 cargo test --workspace --test template china");
}

#[test]
fn nothing_in_it_needs_a_function_url() {
    let made = template_of_china(&text());
    let template = Template::of(&made);
    refers_to_nothing_unknown(&template);
    assert!(template.of_type("AWS::Lambda::Url").is_empty());
    for word in ["FunctionUrl", "in AWS China:", "# --- "] {
        assert!(!made.contains(word), "{word}");
    }
    let entrance = &template.section("Parameters")["Entrance"];
    assert_eq!(
        (plain(&entrance["Default"]), plain(&entrance["AllowedValues"])),
        ("HttpApi".into(), r#"["HttpApi"]"#.into())
    );
    for (output, path) in [
        ("ProductionAddress", "/"),
        ("SellerApiAddress", "/seller-api/"),
        ("BuyerPagesAddress", "/buyer"),
        ("LoginAddress", "/login"),
        ("ConsoleAddress", "/console"),
    ] {
        assert_eq!(plain(&template.section("Outputs")[output]["Value"]), format!("Sub https://${{DomainName}}{path}"));
    }
    // All else is the same, but for the user pool, which AWS China does not have either.
    let all = Template::read();
    for id in template.section("Resources").keys() {
        let (mut here, mut there) = (template.resource(id).clone(), all.resource(id).clone());
        if id == "ConsoleFunction" {
            for (name, parameter) in OF_THE_POOL {
                let value =
                    |function: &mut serde_json::Value| function["Properties"]["Environment"]["Variables"][name].take();
                assert_eq!(plain(&value(&mut here)), format!("Ref {parameter}"));
                value(&mut there);
            }
        }
        assert_eq!(here, there, "{id}");
    }
    let lacks = |id: &str| id.contains("Url") || id.contains("UserPool");
    let lacking = all.section("Resources").keys().filter(|id| lacks(id)).count();
    assert_eq!(template.section("Resources").len(), all.section("Resources").len() - lacking);
    assert!(!made.contains("AWS::Cognito::"), "AWS China has none");
}

#[test]
fn each_partition_has_its_console_and_its_site() {
    let partitions = &Template::read().section("Mappings")["Partitions"].clone();
    for (partition, site) in [("aws", "international"), ("aws-cn", "china"), ("aws-eusc", "europe")] {
        assert_eq!(partitions[partition]["OpenApi"], site);
    }
    assert_eq!(partitions["aws-cn"]["Console"], "console.amazonaws.cn");
    for partition in partitions.as_object().unwrap().values() {
        let site: Result<koogallery_open_api::BaseUrl, _> = partition["OpenApi"].as_str().unwrap().parse();
        assert!(site.is_ok(), "{partition}");
    }
}
