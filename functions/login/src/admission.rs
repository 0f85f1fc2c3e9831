//! Who may enter: a user whom authSync granted, who is enabled, in an instance that is active.

use koogallery::{InstanceId, User, UserName};
use koogallery_store::{ApplicationUsers, Instance, StandingUser, Status, Store, StoreError, World};

use crate::Login;
use crate::identity::Identity;
use crate::pages::Reason;
use crate::registry::Registered;
use crate::stop::Failure;
use crate::tenant::{TenantApplication, find};
use crate::upstream::Person;

/// The answer to a user who logged in.
pub(crate) enum Admission {
    /// The user may enter here; if there are several, the user chooses.
    In(Vec<Entrance>),
    /// The user may not enter.
    No(Reason),
}

/// Where a user may enter.
pub(crate) struct Entrance {
    pub(crate) identity: Identity,
    /// The order that bought the instance: what a user can tell instances apart by.
    pub(crate) order: Option<String>,
}

/// What is known of a user whom authSync named at one instance.
struct Known {
    user: User,
    revoked: bool,
    instance: Option<Instance>,
}

impl Login {
    /// Whether a person may enter at a client. The order of the refusals says what is missing first: the product that the client is
    /// of, the grant, the user's state, the instance.
    pub(crate) async fn admission(
        &self,
        registered: Registered<'_>,
        tenant: &TenantApplication,
        person: &Person,
    ) -> Result<Admission, Failure> {
        let name = person.user_name.as_deref().and_then(|name| name.parse::<UserName>().ok());
        let Some(name) = name else { return Ok(Admission::No(Reason::NotGranted)) };
        if tenant.instances.is_empty() {
            // KooGallery's console tests the login before there is an instance, with accounts of its own.
            return Ok(match tenant.world {
                World::Test => {
                    let identity = Identity::of_a_test(&tenant.tenant_id, &tenant.app_id, person, &name);
                    Admission::In(vec![Entrance { identity, order: None }])
                }
                World::Real => Admission::No(Reason::NoActiveInstance),
            });
        }
        let asked = tenant.instances.iter().map(|instance| self.known(tenant, instance, &name));
        // Beside the users, because the binding may have ended while the user logged in.
        let (bound, known) = tokio::try_join!(find(self.store(), &tenant.tenant_id, &tenant.app_id), all(asked))?;
        let Some(bound) = bound.filter(|bound| bound.world == tenant.world) else {
            return Ok(Admission::No(Reason::TenantUnknown));
        };
        let known = tenant.instances.iter().zip(known).filter(|(id, _)| bound.instances.contains(id));
        let is_for = |instance: &Option<Instance>| registered.is_for(tenant.world, instance.as_ref());
        let known: Vec<_> = known.map(|(_, known)| known).filter(|(_, instance)| is_for(instance)).collect();
        if known.is_empty() && registered.is_of_a_product() {
            return Ok(Admission::No(Reason::ApplicationUnknown));
        }
        let known = known.into_iter().filter_map(|(standing, instance)| {
            let StandingUser { user, revoked } = standing?;
            Some(Known { user, revoked, instance })
        });
        let granted: Vec<Known> = known.filter(|known| !known.revoked).collect();
        if granted.is_empty() {
            return Ok(Admission::No(Reason::NotGranted));
        }
        let enabled: Vec<Known> = granted.into_iter().filter(|known| known.user.enable).collect();
        if enabled.is_empty() {
            return Ok(Admission::No(Reason::Disabled));
        }
        let entrances: Vec<Entrance> = enabled
            .into_iter()
            .filter_map(|Known { user, instance, .. }| {
                let instance = instance.filter(|instance| instance.life.status == Status::Active)?;
                let TenantApplication { world, tenant_id, app_id, .. } = tenant;
                let identity = Identity::granted(*world, tenant_id, app_id, &instance.instance_id, &user);
                Some(Entrance { identity, order: Some(instance.order_id.to_string()) })
            })
            .collect();
        Ok(if entrances.is_empty() { Admission::No(Reason::NoActiveInstance) } else { Admission::In(entrances) })
    }

    async fn known(
        &self,
        tenant: &TenantApplication,
        id: &InstanceId,
        name: &UserName,
    ) -> Result<(Option<StandingUser>, Option<Instance>), StoreError> {
        let store: &Store = self.store();
        let of = ApplicationUsers {
            tenant_id: tenant.tenant_id.clone(),
            instance_id: id.clone(),
            app_id: tenant.app_id.clone(),
        };
        tokio::try_join!(store.user(tenant.world, &of, name, &self.vault), store.instance_in(tenant.world, id))
    }
}

/// The results of several questions that are asked side by side: one round trip for all.
async fn all<T, F: Future<Output = Result<T, StoreError>>>(
    asked: impl Iterator<Item = F>,
) -> Result<Vec<T>, StoreError> {
    futures_util::future::try_join_all(asked).await
}
