//! authSync: which users may use an application.

use koogallery::{AppId, AuthSync, InstanceId, TenantId, Timestamp, User, UserName, UsersChange};

use crate::kit::bucket::{Became, Entry};
use crate::kit::directory::{Directory, Sync, names_that};
use crate::model::changed::Changed;
use crate::model::event::Event;
use crate::model::event_type::EventType;
use crate::model::world::World;
use crate::table::call::Call;
use crate::table::client::{Store, StoreError};
use crate::table::data_keys::DataKeys;
use crate::table::stamp::Stamp;

/// Identifies the users of one application of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationUsers {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The instance.
    pub instance_id: InstanceId,
    /// The application.
    pub app_id: AppId,
}

impl ApplicationUsers {
    fn directory(&self, world: World) -> Directory<'_> {
        let Self { tenant_id, instance_id, app_id } = self;
        Directory { world, tenant: tenant_id, instance: Some(instance_id), app: Some(app_id) }
    }
}

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct StandingUser {
    /// The user's data, as last sent.
    pub user: User,
    /// Whether access to the application was revoked.
    pub revoked: bool,
}

impl Store {
    /// Grants, changes, revokes or deletes users. Each user is ordered by the sync's own time: an older sync never overwrites a
    /// newer one. A grant ends a revocation, a change does not. `keys` seal and open the users' data.
    pub async fn sync_users(
        &self,
        call: &Call,
        request: &AuthSync,
        keys: &impl DataKeys,
    ) -> Result<Changed, StoreError> {
        let AuthSync { tenant_id, instance_id, app_id, change, sync_time, .. } = request;
        let instance = Some(instance_id);
        let directory = Directory { world: call.world(), tenant: tenant_id, instance, app: Some(app_id) };
        let (at, came) = (call.stamp(*sync_time), call.now());
        let told = |users: &[User], entry: fn(Stamp, User) -> Entry<User>| -> Vec<(String, Entry<User>)> {
            users.iter().map(|user| (user.user_name.to_string(), entry(at, user.clone()))).collect()
        };
        let each = |names: &[UserName], entry: fn(Stamp, Timestamp) -> Entry<User>| {
            names.iter().map(|name| (name.to_string(), entry(at, came))).collect()
        };
        let entries = match change {
            UsersChange::Grant(users) => told(users, Entry::is),
            UsersChange::Change(users) => told(users, Entry::changed),
            UsersChange::Revoke(names) => each(names, Entry::revoked),
            UsersChange::Delete(names) => each(names, Entry::gone),
        };
        let takes_away = matches!(change, UsersChange::Revoke(_) | UsersChange::Delete(_));
        let events = |changed: &[(String, Became)]| {
            let of = |became, event_type| {
                let names = names_that(changed, &[became]);
                let event = Event::of_tenant(call.now(), event_type, tenant_id, instance, Some(app_id));
                (!names.is_empty()).then(|| event.about(names.len(), Some(("userNames", &names))))
            };
            let types = [
                (Became::Given, EventType::UsersGranted),
                (Became::Changed, EventType::UsersChanged),
                (Became::Revoked, EventType::UsersRevoked),
                (Became::Gone, EventType::UsersDeleted),
            ];
            types.into_iter().filter_map(|(became, event_type)| of(became, event_type)).collect()
        };
        let sync = Sync { all_at: None, entries };
        self.sync_directory(call, directory, call.needs(instance, takes_away), sync, keys, events).await
    }

    /// One user, revoked or not.
    pub async fn user(
        &self,
        world: World,
        of: &ApplicationUsers,
        name: &UserName,
        keys: &impl DataKeys,
    ) -> Result<Option<StandingUser>, StoreError> {
        let known = self.in_directory(of.directory(world), name.as_str(), keys).await?;
        Ok(known.map(|(user, revoked)| StandingUser { user, revoked }))
    }

    /// Up to `limit` users after `after`, in the order of their names, revoked ones too, all read at one moment.
    pub async fn users(
        &self,
        world: World,
        of: &ApplicationUsers,
        after: Option<&UserName>,
        limit: usize,
        keys: &impl DataKeys,
    ) -> Result<Vec<StandingUser>, StoreError> {
        let page = self.directory_page(of.directory(world), after.map(UserName::as_str), limit, keys).await?;
        Ok(page.into_iter().map(|(_, user, revoked)| StandingUser { user, revoked }).collect())
    }
}
