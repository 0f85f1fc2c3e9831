//! What is secret: which function reads which secret, and with which key what is sealed.

use std::collections::BTreeSet;

use koogallery::Callback;
use koogallery_tests::template::{Template, list, plain};

/// Those beside the access keys, which are in `Secret`.
const OTHERS: [&str; 5] = ["RsaKeySecret", "OpenApiSecret", "WebhookSecret", "ApiTokensSecret", "NotifySecret"];

/// The secrets that a function needs.
fn needed(binary: &str) -> BTreeSet<String> {
    let needed: &[&str] = match binary {
        "front-door" | "erase-personal-data" | "buyer-pages" | "login" | "rotate-signing-keys" | "watch" => &[],
        "application-sync" => &["Secret", "RsaKeySecret"],
        // It signs usage with an access key.
        "seller-api" => &["Secret", "OpenApiSecret", "ApiTokensSecret"],
        // It signs usage as well.
        "report-usage" => &["Secret", "OpenApiSecret"],
        // The seller's own, if the identity provider wants to see one.
        "console" => &["ConsoleSecretArn"],
        "learn-order" => &["OpenApiSecret"],
        "deliver-events" => &["WebhookSecret"],
        "notify" => &["NotifySecret"],
        callback => {
            assert!(Callback::ALL.iter().any(|known| known.function() == callback), "what does {callback} need?");
            &["Secret"]
        }
    };
    needed.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn a_function_is_told_of_the_secrets_that_it_needs_and_its_role_reads_no_other() {
    let template = Template::read();
    for binary in template.functions().keys() {
        let granted = template.granted(binary).into_iter().filter(|(action, _)| action.starts_with("secretsmanager:"));
        let read: BTreeSet<String> =
            granted.map(|(_, target)| target.strip_prefix("Ref ").unwrap().to_owned()).collect();
        assert_eq!(read, needed(binary), "{binary}");
        assert_eq!(template.secrets(binary), needed(binary), "{binary}");
    }
}

#[test]
fn a_deployment_never_writes_over_a_secret() {
    let template = Template::read();
    for id in OTHERS.into_iter().chain(["Secret"]) {
        let secret = template.resource(id);
        assert_eq!((&secret["DeletionPolicy"], &secret["UpdateReplacePolicy"]), (&"Retain".into(), &"Retain".into()));
        assert_eq!(secret["Condition"], "OwnsSecret", "{id}");
        // One value for ever: CloudFormation writes it when the secret is made, and again only if it changes.
        let value = &secret["Properties"]["SecretString"];
        assert!(value.is_null() || value == "{}", "{id} {value}");
        let output = format!("{}Arn", if id == "Secret" { "Secret" } else { id });
        assert!(template.section("Outputs").contains_key(&output), "{output}");
    }
}

#[test]
fn the_key_opens_a_data_key_only_for_the_table_that_it_belongs_to() {
    let template = Template::read();
    let policy = &template.resource("DataKey")["Properties"]["KeyPolicy"]["Statement"];
    let denies: Vec<_> = list(policy).into_iter().filter(|statement| statement["Effect"] == "Deny").collect();
    let [deny] = denies[..] else { panic!("{denies:?}") };
    // What the vault calls, without the context that it sends, and not through DynamoDB.
    for action in ["kms:Decrypt", "kms:GenerateDataKeyWithoutPlaintext"] {
        let covers = |pattern: String| action.starts_with(pattern.trim_end_matches('*'));
        assert!(list(&deny["Action"]).into_iter().map(plain).any(covers), "{action}");
    }
    assert_eq!(deny["Principal"], "*");
    let nulls = deny["Condition"]["Null"].as_object().unwrap();
    let names: Vec<_> = nulls.iter().map(|(name, value)| (name.as_str(), plain(value))).collect();
    let expected =
        [("kms:EncryptionContext:koogallery:table", "true".to_owned()), ("kms:ViaService", "true".to_owned())];
    assert_eq!(names, expected);
    let vault =
        std::fs::read_to_string(koogallery_tests::template::root().join("shared/runtime/src/vault.rs")).unwrap();
    assert!(vault.contains(r#"CONTEXT: &str = "koogallery:table""#), "the context has another name");
}

#[test]
fn the_table_may_be_encrypted_with_the_stacks_key() {
    let template = Template::read();
    let parameter = &template.section("Parameters")["TableKey"];
    assert_eq!(
        (plain(&parameter["Default"]), plain(&parameter["AllowedValues"])),
        ("aws".into(), r#"["aws","stack"]"#.into())
    );
    let key = plain(&template.resource("Table")["Properties"]["SSESpecification"]["KMSMasterKeyId"]);
    assert!(key.contains("HasStackTableKey") && key.contains("DataKey"), "{key}");
    let policy = &template.resource("DataKey")["Properties"]["KeyPolicy"]["Statement"];
    let through = list(policy).into_iter().find(|statement| !statement["Condition"]["StringEquals"].is_null()).unwrap();
    let condition = &through["Condition"]["StringEquals"];
    assert_eq!(plain(&condition["kms:CallerAccount"]), "Ref AWS::AccountId");
    assert!(plain(&condition["kms:ViaService"]).starts_with("Sub dynamodb."), "only through DynamoDB");
}
