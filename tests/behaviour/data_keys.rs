//! Data keys rotate: what is sealed opens with the key that sealed it, wherever the table stands and whatever its name is.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use koogallery::{AccessKeys, AppInfo, InterfaceType};
use koogallery_local::keys::LOCAL_KEY;
use koogallery_local::marketplace::SignedCall;
use koogallery_local::open_api::StandIn;
use koogallery_open_api::Credentials;
use koogallery_runtime::{Environment, Vault, now};
use koogallery_store::{
    DataKeyId, LicenseKept, Provisioned, Sealed, ToldBy, World, license_details_place, license_place,
    order_details_place, purchase_details_place, schema,
};
use koogallery_tests::application::Post;
use koogallery_tests::bodies::ID;
use koogallery_tests::kit::{RSA_PRIVATE_KEY, application, auth, department, one_of_each, user, users_of};
use koogallery_tests::kms::{ARN, Kms};
use koogallery_tests::{KEYS, Seller};
use serde_json::{Value, json};
use uuid::Uuid;

/// The order that bought the instance, and the one that bought a license: the open API's stand-in knows them.
const ORDER: &str = "MOCKPERIODYEARNEW";
const LICENSE_ORDER: &str = "MOCKONETIMENEW";
const PRODUCT: &str = "p-1";

/// What keeps the key that wraps data keys.
fn local(environment: Environment) -> Environment {
    environment.with("KOOGALLERY_LOCAL_KEY", LOCAL_KEY).with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
}

fn vault() -> Vault {
    Vault::of(&local(Environment::default())).unwrap()
}

async fn say_v1(seller: &Seller, signer: InterfaceType, parameters: &[(&str, &str)]) {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let call = SignedCall::basic_v1(keys.current(signer).unwrap(), parameters, now());
    let reply: Value = serde_json::from_slice(&seller.marketplace.send(&call).await.unwrap().body).unwrap();
    assert!(["000000", "000004"].contains(&reply["resultCode"].as_str().unwrap()), "{reply}");
}

/// All that is sealed in a seller's table comes to stand there.
async fn seal_everything(seller: &Seller, post: &Post, vault: &Vault) {
    let buyer = [("customerName", "Example Buyer"), ("productId", PRODUCT), ("customerId", "c-1")];
    let instance = [("activity", "newInstance"), ("businessId", ID), ("orderId", ORDER)];
    say_v1(seller, InterfaceType::Basic, &[&instance[..], &buyer].concat()).await;
    let license = [("activity", "getLicense"), ("businessId", "b-9"), ("orderId", LICENSE_ORDER)];
    say_v1(seller, InterfaceType::License, &[&license[..], &buyer].concat()).await;
    seller.sync_all(one_of_each()).await;
    let (order, product) = (LICENSE_ORDER.parse().unwrap(), PRODUCT.parse().unwrap());
    let store = seller.host.store();
    let sealed = vault.seal(store, &license_place(&order, Some(&product)), b"the license").await.unwrap();
    let kept = store.keep_license(&order, Some(&product), &sealed, now()).await.unwrap();
    assert!(matches!(kept, LicenseKept::Kept), "{kept:?}");
    let info = json!({ "frontEndUrl": "https://app.example.com/", "password": "first-password" });
    let info = AppInfo::read(&info).unwrap();
    let provisioned = store.provision(&ID.parse().unwrap(), &info, ToldBy::SellerApi, vault).await.unwrap();
    assert_eq!(provisioned, Provisioned::Applied);
    post.learn(seller).await;
}

/// All that is sealed, opened.
async fn open_everything(seller: &Seller, vault: &Vault) -> Vec<String> {
    let store = seller.host.store();
    let open = async |place: String, sealed: Option<Sealed>| {
        let opened = vault.open(store, &place, &sealed.unwrap_or_else(|| panic!("nothing at {place}"))).await;
        format!("{place}: {}", String::from_utf8(opened.unwrap_or_else(|error| panic!("{place}: {error}"))).unwrap())
    };
    let (order, license_order) = (ORDER.parse().unwrap(), LICENSE_ORDER.parse().unwrap());
    let (tenant, app, product) = ("t-1".parse().unwrap(), "a-1".parse().unwrap(), PRODUCT.parse().unwrap());

    let purchase = store.purchase_details(World::Real, &ID.parse().unwrap()).await.unwrap();
    let told = store.license_details(&license_order, Some(&product)).await.unwrap();
    let of_order = store.order_details(&order, None, now()).await.unwrap().map(|kept| kept.sealed);
    let application = store.application(World::Real, &tenant, &app, None).await.unwrap().unwrap();
    let secret = application.client_secret_place(World::Real);
    let place = license_place(&license_order, Some(&product));
    let another = vault.seal(store, &place, b"another").await.unwrap();
    let kept = store.keep_license(&license_order, Some(&product), &another, now()).await.unwrap();
    let LicenseKept::Standing(license) = kept else { panic!("{kept:?}") };
    let users = store.users(World::Real, &users_of(), None, usize::MAX, vault).await.unwrap();
    let of = koogallery_store::TenantDepartments { tenant_id: tenant, instance_id: Some(ID.parse().unwrap()) };
    let departments = store.departments(World::Real, &of, None, usize::MAX, vault).await.unwrap();
    assert!(!users.is_empty() && !departments.is_empty());
    let instance = seller.instance(ID).await.unwrap();
    let (id, kept) = (&instance.instance_id, instance.app_info.unwrap());
    let app_info = store.open_app_info(World::Real, id, kept, vault).await.unwrap();
    assert_eq!(app_info.password.as_ref().unwrap().as_str(), "first-password");
    vec![
        open(purchase_details_place(&order), purchase).await,
        open(license_details_place(&license_order, Some(&product)), told).await,
        open(order_details_place(&order, None), of_order).await,
        open(secret, Some(application.client_secret)).await,
        open(place, Some(license)).await,
        format!("{users:?}"),
        format!("{departments:?}"),
        format!("{app_info:?}"),
    ]
}

/// Which of these data keys sealed something that stands in the table.
async fn in_use(seller: &Seller, keys: &[DataKeyId]) -> BTreeSet<DataKeyId> {
    fn sealed(value: &AttributeValue, found: &mut BTreeSet<DataKeyId>) {
        match value {
            AttributeValue::B(bytes) => found.extend(Sealed::from_bytes(bytes.as_ref().to_vec()).data_key().ok()),
            AttributeValue::M(members) => members.values().for_each(|member| sealed(member, found)),
            _ => {}
        }
    }
    let (items, mut found) = (seller.everything().await, BTreeSet::new());
    let values = items.iter().filter(|item| !item.contains_key("wrapped")).flat_map(|item| item.values());
    values.for_each(|value| sealed(value, &mut found));
    found.retain(|id| keys.contains(id));
    found
}

async fn post(seller: &Seller, stand_in: &StandIn, keeper: impl Fn(Environment) -> Environment) -> Post {
    Post::of(seller, |environment| {
        keeper(environment.with("KOOGALLERY_LOCAL_KEY", ""))
            .with("KOOGALLERY_OPEN_API_URL", stand_in.endpoint().to_string())
            .with("KOOGALLERY_ACCESS_KEY_ID", "LOCALTEST")
            .with("KOOGALLERY_SECRET_ACCESS_KEY", "sk")
    })
    .await
}

async fn stand_in() -> StandIn {
    let keys = AccessKeys::from_json(KEYS).unwrap();
    StandIn::start(Credentials::new("LOCALTEST", "sk").unwrap(), keys, now).await.unwrap()
}

#[tokio::test]
async fn another_wrapping_key_than_the_deployment_s_rotates_nothing() {
    let seller = Seller::with(local).await;
    let store = seller.host.store();
    let first = vault().current(store).await.unwrap().id();
    let another = Vault::of(&Environment::default().with("KOOGALLERY_LOCAL_KEY", "5".repeat(64))).unwrap();
    assert!(another.rotate(store).await.is_err(), "nobody could open what it seals");
    assert_eq!(store.current_data_key().await.unwrap().unwrap().id, first);
}

#[tokio::test]
async fn every_key_opens_what_it_sealed_and_the_newest_seals() {
    let seller = Seller::with(local).await;
    let (store, stand_in) = (seller.host.store(), stand_in().await);
    let post = post(&seller, &stand_in, local).await;
    seal_everything(&seller, &post, &vault()).await;
    let first = vault().current(store).await.unwrap().id();
    let before = open_everything(&seller, &vault()).await;

    let second = vault().rotate(store).await.unwrap();
    assert_eq!(vault().current(store).await.unwrap().id(), second);
    assert_ne!(first, second);
    assert_eq!(
        in_use(&seller, &[first, second]).await,
        BTreeSet::from([first]),
        "a rotation touches nothing that stands"
    );
    assert_eq!(open_everything(&seller, &vault()).await, before);

    // A sandbox that is new seals with the new key, also what it only adds to.
    let other = Seller::at(Some(seller.dynamodb_endpoint()), |environment| {
        local(environment.with("KOOGALLERY_TABLE", store.table()))
    })
    .await;
    other.sync_all([auth(1, [user(1)], 20), department(1, "o-9", "Ninth", 20), application(2, "changed", 20)]).await;
    assert_eq!(in_use(&seller, &[first, second]).await, BTreeSet::from([first, second]));
    let after = open_everything(&seller, &vault()).await;
    assert_eq!(after[..3], before[..3]);
    assert!(after[3].ends_with("changed") && after[6].contains("Ninth"), "{after:?}");
    // One that has run for long opens what the new key sealed, and goes on.
    seller.sync_all([auth(1, [user(1)], 21), department(1, "o-9", "Tenth", 21), application(2, "again", 21)]).await;

    let third = vault().rotate(store).await.unwrap();
    let after = open_everything(&other, &vault()).await;
    assert!(after[3].ends_with("again") && after[6].contains("Tenth"), "{after:?}");
    assert_eq!(vault().current(store).await.unwrap().id(), third);
    assert_eq!(after[..3], before[..3]);
}

#[tokio::test]
async fn a_vault_hears_of_a_rotation_within_ten_minutes() {
    let seller = Seller::with(local).await;
    let (store, long_running) = (seller.host.store(), vault());
    let first = long_running.current(store).await.unwrap().id();
    let second = vault().rotate(store).await.unwrap();
    assert_eq!(long_running.current(store).await.unwrap().id(), first);
    tokio::time::pause();
    tokio::time::advance(Duration::from_mins(10)).await;
    tokio::time::resume();
    assert_eq!(long_running.current(store).await.unwrap().id(), second);
}

#[tokio::test]
async fn a_table_that_is_restored_under_another_name_works() {
    let kms = Kms::start().await;
    let kept_by_kms = |environment: Environment| {
        environment
            .with("KOOGALLERY_RSA_PRIVATE_KEY", RSA_PRIVATE_KEY)
            .with("KOOGALLERY_KMS_KEY_ARN", ARN)
            .with("AWS_ENDPOINT_URL_KMS", kms.endpoint())
    };
    let vault = || Vault::of(&kept_by_kms(Environment::default())).unwrap();
    let (seller, stand_in) = (Seller::with(kept_by_kms).await, stand_in().await);
    let before = {
        let post = post(&seller, &stand_in, kept_by_kms).await;
        seal_everything(&seller, &post, &vault()).await;
        open_everything(&seller, &vault()).await
    };

    let (client, name) = (seller.host.store().client(), format!("restored-{}", Uuid::new_v4()));
    schema::create(client, &name).await.unwrap();
    for item in seller.everything().await {
        client.put_item().table_name(&name).set_item(Some(item)).send().await.unwrap();
    }
    let endpoint = seller.dynamodb_endpoint();
    let restored =
        Seller::at(Some(endpoint), |environment| kept_by_kms(environment.with("KOOGALLERY_TABLE", &name))).await;
    assert_eq!(restored.host.store().table(), name);
    assert_eq!(open_everything(&restored, &vault()).await, before);

    // Delivery goes on with what was undelivered, and with what happens now.
    restored.sync_all([auth(1, [user(1)], 20), application(2, "changed", 20)]).await;
    let post = post(&restored, &stand_in, kept_by_kms).await;
    let mut pump = post.pump(&restored).await;
    post.deliver(&mut pump).await;
    let account = post.account(&restored).await;
    assert_eq!((account.lost, account.out_of_order), (0, 0), "{account:?}");
    let taken = post.application.taken();
    let created = taken.iter().find(|event| event.body["type"] == "instance.created").unwrap();
    assert_eq!(created.body["data"]["order"]["orderId"], ORDER);
    assert!(taken.iter().any(|event| event.body["type"] == "application.modified"), "{}", taken.len());
}
