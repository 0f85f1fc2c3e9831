//! When and by whom a paid order line is made usable.

use koogallery::{AppInfo, InstanceId};
use koogallery_store::World;

use crate::app_info::{AppInfoTemplate, AppInfoTemplateError};
use crate::config::{ConfigError, Environment};

/// `KOOGALLERY_PROVISIONING`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisioning {
    /// `instant`: the template says how a buyer reaches an instance.
    Instant(AppInfoTemplate),
    /// `deferred`: the seller's application says so when it is ready.
    Deferred {
        /// What debug calls are shown: they never reach the application.
        sample: AppInfoTemplate,
    },
}

const SAMPLE: &str = r#"{"frontEndUrl":"https://example.com/instances/{instanceId}"}"#;

impl Provisioning {
    /// Reads `KOOGALLERY_PROVISIONING` and `KOOGALLERY_APP_INFO`. The template is needed for `instant`; for
    /// `deferred` it is only what debug calls are shown, with a default.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        const APP_INFO: &str = "KOOGALLERY_APP_INFO";
        const PROVISIONING: &str = "KOOGALLERY_PROVISIONING";
        let template = |json: &str| json.parse().map_err(|error| ConfigError::invalid(APP_INFO, error));
        match environment.required(PROVISIONING, "`instant` or `deferred`")? {
            "instant" => {
                let meaning = "how a buyer reaches an instance, as JSON like \
                               {\"frontEndUrl\":\"https://app.example.com/?instance={instanceId}\"}";
                template(environment.required(APP_INFO, meaning)?).map(Self::Instant)
            }
            "deferred" => {
                let sample = template(environment.get(APP_INFO).unwrap_or(SAMPLE))?;
                Ok(Self::Deferred { sample })
            }
            other => Err(ConfigError::invalid(PROVISIONING, format!("`{other}` is neither `instant` nor `deferred`"))),
        }
    }

    /// How the buyer reaches an instance from the start; none where the application has yet to say so.
    pub fn app_info(&self, world: World, id: &InstanceId) -> Result<Option<AppInfo>, AppInfoTemplateError> {
        match (self, world) {
            (Self::Instant(template) | Self::Deferred { sample: template }, World::Test)
            | (Self::Instant(template), World::Real) => template.fill(id).map(Some),
            (Self::Deferred { .. }, World::Real) => Ok(None),
        }
    }
}
