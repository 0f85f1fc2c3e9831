//! `template.yaml` as `CloudFormation` reads it: its loops unrolled and its mappings looked up, as the transform
//! `AWS::LanguageExtensions` does, and the tags in their long form (`!Ref Table` as `{"Ref": "Table"}`). It is read as a stack that
//! made its table, key and secret itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use serde_yaml_ng::Value as Yaml;

/// The project's folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The items of each of its loops, by the name that follows `Fn::ForEach::`.
#[must_use]
pub fn loops() -> BTreeMap<String, BTreeSet<String>> {
    fn find(value: &Value, found: &mut BTreeMap<String, BTreeSet<String>>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(name, value)| {
                if let Some(name) = name.strip_prefix("Fn::ForEach::") {
                    found.insert(name.to_owned(), list(&value[1]).into_iter().map(plain).collect());
                }
                find(value, found);
            }),
            Value::Array(values) => values.iter().for_each(|value| find(value, found)),
            _ => {}
        }
    }
    let mut found = BTreeMap::new();
    find(&long_form(serde_yaml_ng::from_str(&text()).unwrap()), &mut found);
    found
}

/// The text of `template.yaml`.
#[must_use]
pub fn text() -> String {
    std::fs::read_to_string(root().join("template.yaml")).unwrap()
}

/// The template, unrolled.
pub struct Template(Value);

impl Template {
    /// Reads and unrolls it.
    #[must_use]
    pub fn read() -> Self {
        Self::of(&text())
    }

    /// Unrolls a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let written = long_form(serde_yaml_ng::from_str(text).unwrap());
        let mappings = written["Mappings"].clone();
        let mut unrolled = Scope { mappings: &mappings, loops: Vec::new() }.unroll(&written);
        let shared = unrolled["Globals"]["Function"]["Environment"]["Variables"].as_object().unwrap().clone();
        for resource in unrolled["Resources"].as_object_mut().unwrap().values_mut() {
            if resource["Type"] == "AWS::Serverless::Function" {
                let variables = &mut resource["Properties"]["Environment"]["Variables"];
                let mut all = shared.clone();
                all.extend(variables.as_object().cloned().unwrap_or_default());
                *variables = Value::Object(all);
            }
        }
        Self(unrolled)
    }

    /// A section, such as `Parameters`.
    #[must_use]
    pub fn section(&self, name: &str) -> &Map<String, Value> {
        self.0[name].as_object().unwrap()
    }

    /// A resource by its logical id.
    #[must_use]
    pub fn resource(&self, id: &str) -> &Value {
        self.section("Resources").get(id).unwrap_or_else(|| panic!("there is no resource {id}"))
    }

    /// The resources of a type, by their logical ids.
    #[must_use]
    pub fn of_type(&self, kind: &str) -> BTreeMap<&str, &Value> {
        let resources = self.section("Resources").iter().filter(|(_, resource)| resource["Type"] == kind);
        resources.map(|(id, resource)| (id.as_str(), resource)).collect()
    }

    /// The functions by their binary's name: logical id and resource.
    #[must_use]
    pub fn functions(&self) -> BTreeMap<&str, (&str, &Value)> {
        let functions = self.of_type("AWS::Serverless::Function").into_iter();
        functions
            .map(|(id, function)| (function["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap(), (id, function)))
            .collect()
    }

    /// What a function's role lets it do but write its own log: actions, each with what it may be done to. An action that
    /// no resource beside it is meant for opens nothing.
    #[must_use]
    pub fn granted(&self, binary: &str) -> BTreeSet<(String, String)> {
        let (id, function) = self.functions()[binary];
        let role = plain(&function["Properties"]["Role"]);
        let role = role.strip_prefix("GetAtt ").and_then(|role| role.strip_suffix(".Arn")).unwrap();
        let own = self.resource(role);
        assert!(own["Properties"]["ManagedPolicyArns"].is_null(), "a managed policy grants more than is needed");
        let inline = own["Properties"]["Policies"].as_array().unwrap().iter();
        let apart = self.of_type("AWS::IAM::RolePolicy").into_values().map(|policy| &policy["Properties"]);
        let apart = apart.filter(|policy| plain(&policy["RoleName"]) == format!("Ref {role}"));
        let mut granted = BTreeSet::new();
        for statement in inline.chain(apart).flat_map(|policy| list(&policy["PolicyDocument"]["Statement"])) {
            // What takes something away is held by [`Self::is_denied`].
            if statement["Effect"] == "Deny" {
                continue;
            }
            assert_eq!(statement["Effect"], "Allow");
            for action in list(&statement["Action"]) {
                let action = action.as_str().unwrap();
                let targets = list(&statement["Resource"]).into_iter().map(plain);
                granted.extend(targets.filter(|to| is_meant_for(action, to)).map(|to| (action.to_owned(), to)));
            }
        }
        let log = format!("GetAtt {}LogGroup.Arn", id.strip_suffix("Function").unwrap());
        for action in ["logs:CreateLogStream", "logs:PutLogEvents"] {
            assert!(granted.remove(&(action.to_owned(), log.clone())), "{binary} cannot write its log");
        }
        granted
    }

    /// Whether a policy of its own denies a role this action on a partition of the table.
    ///
    /// # Panics
    ///
    /// When a denial has another form than those that there are.
    #[must_use]
    pub fn is_denied(&self, policy: &str, action: &str, partition: &str) -> bool {
        let fits = |pattern: &Value| match pattern.as_str().unwrap().split_once('*') {
            Some((begin, rest)) => rest.is_empty() && partition.starts_with(begin),
            None => pattern == partition,
        };
        list(&self.resource(policy)["Properties"]["PolicyDocument"]["Statement"]).into_iter().any(|statement| {
            assert_eq!(statement["Effect"], "Deny");
            let condition = &statement["Condition"]["ForAnyValue:StringNotLike"]["dynamodb:LeadingKeys"];
            let is_meant = list(&statement["Action"]).iter().any(|known| **known == "dynamodb:*" || **known == action);
            is_meant && !list(condition).into_iter().any(fits)
        })
    }

    /// The secrets that a function is told of, by their logical ids.
    #[must_use]
    pub fn secrets(&self, binary: &str) -> BTreeSet<String> {
        let variables = &self.functions()[binary].1["Properties"]["Environment"]["Variables"];
        let told = variables.get("KOOGALLERY_SECRET_ARN").map(plain).unwrap_or_default();
        let ids = told.split_whitespace().filter(|word| !["Ref", "Sub"].contains(word));
        ids.map(|id| id.trim_start_matches("${").trim_end_matches('}').to_owned()).collect()
    }

    /// The whole of it.
    #[must_use]
    pub const fn whole(&self) -> &Value {
        &self.0
    }
}

/// A value in one line: `{"Ref": "Table"}` reads `Ref Table`, `{"Fn::GetAtt": ["Table", "Arn"]}` `GetAtt Table.Arn`.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) if members.len() == 1 => {
            let (name, value) = members.iter().next().unwrap();
            match (name.strip_prefix("Fn::").unwrap_or(name), value) {
                ("GetAtt", Value::Array(path)) => {
                    format!("GetAtt {}", path.iter().map(plain).collect::<Vec<_>>().join("."))
                }
                (name, value) => format!("{name} {}", plain(value)),
            }
        }
        other => other.to_string(),
    }
}

/// The values of a list, or the one that stands alone.
#[must_use]
pub fn list(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |values| values.iter().collect())
}

/// As AWS tells which resource types an action is for: of what is read by key, never an index.
fn is_meant_for(action: &str, resource: &str) -> bool {
    let of = |resource: &str| match resource {
        "GetAtt Table.Arn" | "GetAtt Table.StreamArn" => "dynamodb",
        "GetAtt DataKey.Arn" => "kms",
        secret if secret.starts_with("Ref ") && secret.ends_with("Secret") => "secretsmanager",
        "Ref ConsoleSecretArn" => "secretsmanager",
        "GetAtt EventQueue.Arn" | "GetAtt DeliverEventsDelays.Arn" | "GetAtt LearnOrderDelays.Arn" => "sqs",
        log if log.ends_with("LogGroup.Arn") => "logs",
        function if function.ends_with("Function.Arn") => "lambda",
        bus if bus.contains(":event-bus/") => "events",
        "Ref NotifyTopicArns" => "sns",
        other => panic!("what is {other}?"),
    };
    // The template names none where a function asks no index: it opens nothing.
    if resource.ends_with("/index/none") {
        return false;
    }
    if resource.contains("/index/") {
        return ["dynamodb:Query", "dynamodb:Scan"].contains(&action);
    }
    action.split(':').next() == Some(of(resource))
}

fn long_form(yaml: Yaml) -> Value {
    match yaml {
        Yaml::Tagged(tagged) => {
            let name = tagged.tag.to_string();
            let value = long_form(tagged.value);
            match name.trim_start_matches('!') {
                name @ ("Ref" | "Condition") => json!({ name: value }),
                "GetAtt" if value.is_string() => {
                    let (resource, attribute) = value.as_str().unwrap().split_once('.').unwrap();
                    json!({ "Fn::GetAtt": [resource, attribute] })
                }
                name => json!({ format!("Fn::{name}"): value }),
            }
        }
        Yaml::Mapping(members) => {
            let members =
                members.into_iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), long_form(value)));
            Value::Object(members.collect())
        }
        Yaml::Sequence(values) => values.into_iter().map(long_form).collect(),
        Yaml::Bool(value) => value.into(),
        Yaml::Number(value) => serde_json::from_str(&value.to_string()).unwrap(),
        Yaml::String(value) => value.into(),
        Yaml::Null => Value::Null,
    }
}

/// What names mean inside of loops.
struct Scope<'a> {
    mappings: &'a Value,
    /// Each loop's identifier with the item that it stands for.
    loops: Vec<(String, String)>,
}

impl Scope<'_> {
    fn unroll(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => match members.iter().next() {
                Some((name, value)) if members.len() == 1 && (name == "Ref" || name.starts_with("Fn::")) => {
                    self.call(name, value)
                }
                _ => Value::Object(self.members(members)),
            },
            Value::Array(values) => values.iter().map(|value| self.unroll(value)).collect(),
            other => other.clone(),
        }
    }

    fn members(&self, members: &Map<String, Value>) -> Map<String, Value> {
        let mut unrolled = Map::new();
        for (name, value) in members {
            let made = if name.starts_with("Fn::ForEach::") {
                self.repeat(value)
            } else {
                Map::from_iter([(self.named(name), self.unroll(value))])
            };
            for (name, value) in made {
                assert!(unrolled.insert(name.clone(), value).is_none(), "{name} is there twice");
            }
        }
        unrolled
    }

    /// `[identifier, [item, ...], {"${identifier}...": ...}]`.
    fn repeat(&self, told: &Value) -> Map<String, Value> {
        let (identifier, items, body) = (told[0].as_str().unwrap(), told[1].as_array().unwrap(), &told[2]);
        let mut unrolled = Map::new();
        for item in items {
            let mut loops = self.loops.clone();
            loops.push((identifier.to_owned(), item.as_str().unwrap().to_owned()));
            unrolled.extend(Scope { mappings: self.mappings, loops }.members(body.as_object().unwrap()));
        }
        unrolled
    }

    /// An intrinsic function: its value where it is known by now.
    fn call(&self, name: &str, value: &Value) -> Value {
        if name.starts_with("Fn::ForEach::") {
            return Value::Object(self.repeat(value));
        }
        match (name, self.unroll(value)) {
            ("Ref", Value::String(name)) => match self.loops.iter().find(|(identifier, _)| *identifier == name) {
                Some((_, item)) => item.as_str().into(),
                None => json!({ "Ref": name }),
            },
            ("Fn::Sub", Value::String(text)) => substituted(self.named(&text)),
            ("Fn::Sub", Value::Array(told)) => {
                let (mut text, mut unknown) = (self.named(told[0].as_str().unwrap()), Map::new());
                for (name, value) in told[1].as_object().unwrap() {
                    let known = match plain(value).split_once(' ') {
                        Some(("Ref" | "GetAtt", name)) if value.is_object() => format!("${{{name}}}"),
                        _ if value.is_string() => plain(value),
                        _ => {
                            unknown.insert(name.clone(), value.clone());
                            continue;
                        }
                    };
                    text = text.replace(&format!("${{{name}}}"), &known);
                }
                if unknown.is_empty() { substituted(text) } else { json!({ "Fn::Sub": [text, unknown] }) }
            }
            ("Fn::Join", Value::Array(told))
                if told[1].as_array().is_some_and(|parts| parts.iter().all(Value::is_string)) =>
            {
                let parts: Vec<&str> = told[1].as_array().unwrap().iter().map(|part| part.as_str().unwrap()).collect();
                parts.join(told[0].as_str().unwrap()).into()
            }
            ("Fn::If", Value::Array(told))
                if told[0].as_str().is_some_and(|condition| condition.starts_with("Owns")) =>
            {
                told[1].clone()
            }
            ("Fn::FindInMap", Value::Array(path)) if path.iter().take(3).all(Value::is_string) => {
                let at = |value: &Value, step: usize| value.get(path[step].as_str().unwrap()).cloned();
                let found = at(self.mappings, 0).and_then(|map| at(&map, 1)).and_then(|row| at(&row, 2));
                let default = path.get(3).map(|default| default["DefaultValue"].clone());
                found.or(default).unwrap_or_else(|| panic!("no mapping has {path:?}"))
            }
            (name, value) => json!({ name: value }),
        }
    }

    fn named(&self, text: &str) -> String {
        let replace =
            |text: String, (identifier, item): &(String, String)| text.replace(&format!("${{{identifier}}}"), item);
        self.loops.iter().fold(text.to_owned(), replace)
    }
}

/// What is left to substitute when the stack is made, or the text where that is nothing.
fn substituted(text: String) -> Value {
    if text.contains("${") { json!({ "Fn::Sub": text }) } else { text.into() }
}
