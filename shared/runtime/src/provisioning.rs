//! When a paid order line becomes usable, and who makes it so.

use koogallery::{AppInfo, InstanceId, ProductId};
use koogallery_settings::{AppInfoTemplate, AppInfoTemplateError, Mode, SettingsDocument};
use koogallery_store::World;

use crate::config::{ConfigError, Environment, InvalidValue};

/// `KOOGALLERY_PROVISIONING`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provisioning {
    /// `instant`: the template is the app info.
    Instant(AppInfoTemplate),
    /// `deferred`: the seller's application sends the app info when the instance is ready.
    Deferred {
        /// The app info for debug calls, which never reach the application.
        sample: AppInfoTemplate,
    },
}

impl Provisioning {
    /// Reads `KOOGALLERY_PROVISIONING` and `KOOGALLERY_APP_INFO`. `deferred` needs the template as well: KooGallery counts a
    /// debug call as a success only if the answer is `000000` and, in V1.0, contains an app info.
    pub fn of(environment: &Environment) -> Result<Self, ConfigError> {
        const APP_INFO: &str = "KOOGALLERY_APP_INFO";
        const PROVISIONING: &str = "KOOGALLERY_PROVISIONING";
        let template = |meaning: &'static str| {
            let json = environment.required(APP_INFO, meaning)?;
            json.parse::<AppInfoTemplate>().map_err(|error| ConfigError::refused(APP_INFO, error))
        };
        match environment.required(PROVISIONING, "`instant` or `deferred`")? {
            "instant" => template(
                "how a buyer reaches an instance, as JSON like \
                 {\"frontEndUrl\":\"https://app.example.com/?instance={instanceId}\"}",
            )
            .map(Self::Instant),
            "deferred" => {
                let sample = template(
                    "what KooGallery's debug calls are shown, which never reach your application, as JSON like \
                     {\"frontEndUrl\":\"https://app.example.com/?instance={instanceId}\"}",
                )?;
                Ok(Self::Deferred { sample })
            }
            _ => Err(ConfigError::invalid(PROVISIONING, InvalidValue::Unexpected("`instant` or `deferred`"))),
        }
    }

    /// How an instance of a product is provisioned: as the settings say, and where they say nothing as this does. Give none if the
    /// product is not known.
    #[must_use]
    pub fn of_product(&self, settings: &SettingsDocument, product: Option<&ProductId>) -> Self {
        let (own_mode, own_template) = match self {
            Self::Instant(template) => (Mode::Instant, template),
            Self::Deferred { sample } => (Mode::Deferred, sample),
        };
        let template = settings.app_info(product).unwrap_or(own_template).clone();
        match settings.provisioning(product).unwrap_or(own_mode) {
            Mode::Instant => Self::Instant(template),
            Mode::Deferred => Self::Deferred { sample: template },
        }
    }

    /// The app info of a new instance. Returns none if the application has to send it.
    pub fn app_info(&self, world: World, id: &InstanceId) -> Result<Option<AppInfo>, AppInfoTemplateError> {
        match (self, world) {
            (Self::Instant(template) | Self::Deferred { sample: template }, World::Test)
            | (Self::Instant(template), World::Real) => template.fill(id).map(Some),
            (Self::Deferred { .. }, World::Real) => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_modes_need_an_app_info() {
        for mode in ["instant", "deferred"] {
            let environment = Environment::default().with("KOOGALLERY_PROVISIONING", mode);
            let error = Provisioning::of(&environment).unwrap_err().to_string();
            assert!(error.starts_with("KOOGALLERY_APP_INFO is not set"), "{error}");
            let set = |json: &str| Provisioning::of(&environment.clone().with("KOOGALLERY_APP_INFO", json));
            assert!(set("{}").unwrap_err().to_string().starts_with("KOOGALLERY_APP_INFO cannot be used"));
            assert!(set(r#"{"frontEndUrl":"https://app.example.com/"}"#).is_ok());
        }
    }
}
