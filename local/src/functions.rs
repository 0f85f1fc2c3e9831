//! The functions of all callbacks, in one process.

use std::sync::Arc;

use koogallery::Callback;
use koogallery_runtime::{Answer, ConfigError, Environment, Function, Host, Shared};

macro_rules! functions {
    ($($callback:ident $function:ident)+) => {
        /// The function of each callback.
        pub struct Functions {
            $($function: Host<$function::Handler>,)+
        }

        impl Functions {
            /// Configures all of them.
            pub fn of(environment: &Environment, shared: &Arc<Shared>) -> Result<Self, ConfigError> {
                Ok(Self { $($function: host::<koogallery::$callback, _>(environment, shared)?,)+ })
            }

            /// The one that answers a callback.
            #[must_use]
            pub fn of_callback(&self, callback: Callback) -> &dyn Answer {
                match callback {
                    $(Callback::$callback => &self.$function,)+
                }
            }
        }
    };
}

koogallery::for_each_callback!(functions);

fn host<R, F: Function<Request = R>>(environment: &Environment, shared: &Arc<Shared>) -> Result<Host<F>, ConfigError> {
    Host::of(environment, Arc::clone(shared))
}
