//! Every function, in one process.

use std::collections::HashMap;
use std::sync::Arc;

use koogallery_runtime::{Answer, ConfigError, Environment, Function, Host, Shared};

/// The functions by name.
pub struct Functions(HashMap<&'static str, Box<dyn Answer>>);

impl Functions {
    /// Configures all of them.
    pub fn of(environment: &Environment, shared: &Arc<Shared>) -> Result<Self, ConfigError> {
        let mut functions = Self(HashMap::new());
        functions.mount::<all_org_sync::Handler>(environment, shared)?;
        functions.mount::<application_sync::Handler>(environment, shared)?;
        functions.mount::<auth_sync::Handler>(environment, shared)?;
        functions.mount::<change_instance_check::Handler>(environment, shared)?;
        functions.mount::<get_license_async::Handler>(environment, shared)?;
        functions.mount::<new_instance::Handler>(environment, shared)?;
        functions.mount::<order_notify::Handler>(environment, shared)?;
        functions.mount::<query_instance::Handler>(environment, shared)?;
        functions.mount::<refresh_instance::Handler>(environment, shared)?;
        functions.mount::<refresh_license_code::Handler>(environment, shared)?;
        functions.mount::<release_instance::Handler>(environment, shared)?;
        functions.mount::<single_org_sync::Handler>(environment, shared)?;
        functions.mount::<tenant_sync::Handler>(environment, shared)?;
        functions.mount::<release_license_code::Handler>(environment, shared)?;
        functions.mount::<update_instance_status::Handler>(environment, shared)?;
        functions.mount::<update_license_code_status::Handler>(environment, shared)?;
        functions.mount::<upgrade_instance::Handler>(environment, shared)?;
        Ok(functions)
    }

    /// The function of a name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&dyn Answer> {
        self.0.get(name).map(AsRef::as_ref)
    }

    fn mount<F: Function>(&mut self, environment: &Environment, shared: &Arc<Shared>) -> Result<(), ConfigError> {
        use koogallery::Request;
        let host = Host::<F>::of(environment, Arc::clone(shared))?;
        self.0.insert(F::Request::CALLBACK.function(), Box::new(host));
        Ok(())
    }
}
