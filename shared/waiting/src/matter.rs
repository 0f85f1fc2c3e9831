//! One thing that waits: what it is called, what is said of it, and where in the console something is done about it.

use std::fmt::Display;
use std::time::Duration;

use koogallery::{InstanceId, ResultCode};
use koogallery_runtime::Language;
use koogallery_statements::{Finding, Subject as Of};
use koogallery_store::{About, Cause, FailedCall, Stage, Subject, WarningId};
use uuid::Uuid;

use crate::codes::explained;
use crate::kind::Kind;
use crate::names::{name_of, name_of_about, path_of, segment};
use crate::words::{cause, either, filled, finding, rowless, stage};

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matter {
    /// A warning stands.
    Warned {
        /// The warning.
        id: WarningId,
        /// Why.
        cause: Cause,
        /// What it is about.
        about: About,
        /// Of a seller's step: where the supervision stands.
        stage: Option<Stage>,
    },
    /// A call failed a moment ago.
    CallFailed(Box<FailedCall>),
    /// A buyer waits for an instance.
    ProvisioningWaits {
        /// The instance.
        instance: InstanceId,
    },
    /// An event is parked.
    EventParked {
        /// The event.
        event: Uuid,
        /// What it is about.
        subject: Subject,
    },
    /// An event is not delivered for some time.
    EventLate {
        /// The event.
        event: Uuid,
        /// What it is about.
        subject: Subject,
    },
    /// KooGallery refuses an hour of use.
    UsageParked {
        /// The instance.
        instance: InstanceId,
    },
    /// Use should have been reported.
    UsageLate {
        /// Of so many instances, at least.
        instances: usize,
        /// The one that waits longest.
        oldest: InstanceId,
    },
    /// A debug call failed.
    ProbeFailed {
        /// Which.
        callback: String,
        /// Its answer.
        result_code: ResultCode,
    },
    /// A license is asked for.
    LicenseRequested {
        /// The instance, or the order.
        subject: Subject,
    },
    /// A statement and the orders differ.
    MoneyDiffers {
        /// The month.
        month: String,
        /// How.
        finding: Box<Finding>,
    },
    /// A job of the console was left.
    JobRests {
        /// The job.
        id: Uuid,
        /// So many events it has looked at.
        seen: u64,
    },
    /// A signing key was not followed by the next one.
    KeyOld {
        /// Its id.
        key: String,
    },
}

impl Matter {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Warned { cause, .. } => Kind::Warning(*cause),
            Self::CallFailed(call) => Kind::Warning(call.cause()),
            Self::ProvisioningWaits { .. } => Kind::Warning(Cause::ProvisioningWaits),
            Self::EventParked { .. } => Kind::EventParked,
            Self::EventLate { .. } => Kind::EventLate,
            Self::UsageParked { .. } => Kind::UsageParked,
            Self::UsageLate { .. } => Kind::UsageLate,
            Self::ProbeFailed { .. } => Kind::Warning(Cause::ProbeFails),
            Self::LicenseRequested { .. } => Kind::LicenseRequested,
            Self::MoneyDiffers { .. } => Kind::MoneyDiffers,
            Self::JobRests { .. } => Kind::JobRests,
            Self::KeyOld { .. } => Kind::KeyOld,
        }
    }

    /// Its name: the same at each look, as long as it waits. A call that failed keeps it when the watch warns of it.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Warned { id, .. } => format!("warning/{id}"),
            Self::CallFailed(call) => format!("warning/{}", call.warning_id()),
            Self::EventParked { event, .. } | Self::EventLate { event, .. } => format!("{}/{event}", self.kind()),
            Self::ProvisioningWaits { instance } | Self::UsageParked { instance } => {
                format!("{}/{instance}", self.kind())
            }
            Self::UsageLate { .. } => self.kind().to_string(),
            Self::ProbeFailed { callback, .. } => format!("{}/{callback}", self.kind()),
            Self::LicenseRequested { subject } => format!("{}/{}", self.kind(), subject.partition()),
            Self::MoneyDiffers { finding, .. } => format!("{}/{}", self.kind(), finding.id),
            Self::JobRests { id, .. } => format!("{}/{id}", self.kind()),
            Self::KeyOld { key } => format!("{}/{key}", self.kind()),
        }
    }

    /// So long it is left to itself before people are told of it: most of these come well. Pages show it at once.
    #[must_use]
    pub const fn patience(&self) -> Duration {
        match self {
            // As the watch does.
            Self::CallFailed(_) => Duration::from_mins(10),
            Self::ProvisioningWaits { .. } => Duration::from_mins(30),
            Self::JobRests { .. } => Duration::from_hours(1),
            _ => Duration::ZERO,
        }
    }

    /// What is said of it, in a sentence: ids and words, no personal data. Of a license code, only the end.
    #[must_use]
    pub fn say(&self, language: Language) -> String {
        let fill = |zh, en, values: &[&dyn Display]| filled(either(language, zh, en), values);
        match self {
            Self::Warned { cause: why, about, stage: None, .. } => {
                fill("{}：{}", "{}: {}", &[&name_of_about(about), &cause(language, *why)])
            }
            Self::Warned { cause: why, about, stage: Some(at), .. } => {
                let values: [&dyn Display; 3] = [&name_of_about(about), &cause(language, *why), &stage(language, *at)];
                fill("{}：{}（{}）", "{}: {} ({})", &values)
            }
            Self::CallFailed(call) => {
                let answer = explained(language, call.result_code);
                let values: [&dyn Display; 3] = [&call.callback, &name_of(&call.subject), &answer];
                fill("{} 调用失败：{} 应答 {}", "The call {} about {} was answered {}", &values)
            }
            Self::ProvisioningWaits { instance } => fill(
                "实例 {} 等待开通；三小时后云商店会退款",
                "Instance {} waits for its app info. KooGallery refunds the order after three hours",
                &[instance],
            ),
            Self::EventParked { event, subject } => fill(
                "事件 {}（{}）多次投递失败，已停放",
                "Event {} ({}) is parked: all tries failed",
                &[event, &name_of(subject)],
            ),
            Self::EventLate { event, subject } => fill(
                "事件 {}（{}）尚未送达；三天后停放",
                "Event {} ({}) is not delivered yet. It is parked after three days",
                &[event, &name_of(subject)],
            ),
            Self::UsageParked { instance } => {
                fill("实例 {} 有用量未能上报", "A usage hour of instance {} could not be reported", &[instance])
            }
            Self::UsageLate { instances, .. } => fill(
                "{} 个实例的用量超过两小时未上报",
                "The use of {} instances was to be reported two hours ago",
                &[instances],
            ),
            Self::ProbeFailed { callback, result_code } => fill(
                "调试接口 {} 应答 {}；持续五天商品会被下架",
                "The debug call {} was answered {}. After five days KooGallery hides the product",
                &[callback, &explained(language, *result_code)],
            ),
            Self::LicenseRequested { subject } => {
                fill("License 申请等待上传：{}", "A license is asked for: {}", &[&name_of(subject)])
            }
            Self::MoneyDiffers { month, finding: found } => {
                let about = match &found.subject {
                    Of::Order(order) => order,
                    Of::Usage { instance, .. } | Of::Record { instance, .. } => instance,
                    Of::Row(_) => rowless(language),
                };
                let values: [&dyn Display; 3] = [month, &finding(language, found.kind), &about];
                fill("对账 {}：{}（{}）", "Statements of {}: {} ({})", &values)
            }
            Self::JobRests { seen, .. } => {
                fill("批量任务尚未完成：已处理 {} 个事件", "A job has not ended: {} events looked at", &[seen])
            }
            Self::KeyOld { key } => {
                fill("签名密钥 {} 已使用超过 90 天", "The signing key {} has signed for more than 90 days", &[key])
            }
        }
    }

    /// What is to be done: the text of the link to [`Self::path`].
    #[must_use]
    pub const fn act(&self, language: Language) -> &'static str {
        let (zh, en) = match self {
            Self::Warned { stage: Some(_), .. } => ("录入步骤", "Enter a step"),
            Self::Warned { .. } => ("查看并处理", "Look, and answer"),
            Self::CallFailed(_) => ("查看", "Look at it"),
            Self::ProvisioningWaits { .. } => ("填写开通信息", "Hand in the app info"),
            Self::EventParked { .. } | Self::EventLate { .. } => ("查看并重发", "Look, and resend"),
            Self::UsageParked { .. } | Self::UsageLate { .. } => ("查看实例", "Look at the instance"),
            Self::ProbeFailed { .. } => ("查看原因", "Look at the reason"),
            Self::LicenseRequested { .. } => ("查看申请", "Look at the requests"),
            Self::MoneyDiffers { .. } => ("查看对账", "Look at the month"),
            Self::JobRests { .. } => ("继续", "Go on"),
            Self::KeyOld { .. } => ("查看密钥", "Look at the keys"),
        };
        either(language, zh, en)
    }

    /// The path of the console's page where it is done. That of a license code has the whole code: see [`Self::path_for_all`].
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Warned { about: About::Subject(of), stage: Some(_), .. } => format!("{}#step", path_of(of)),
            Self::Warned { id, .. } => format!("/warnings/{id}"),
            Self::CallFailed(call) => path_of(&call.subject),
            Self::ProvisioningWaits { instance } => {
                format!("{}#app-info", path_of(&Subject::Instance(instance.clone())))
            }
            Self::EventParked { event, .. } | Self::EventLate { event, .. } => format!("/events/{event}"),
            Self::UsageParked { instance } | Self::UsageLate { oldest: instance, .. } => {
                path_of(&Subject::Instance(instance.clone()))
            }
            Self::ProbeFailed { .. } => "/probes".to_owned(),
            Self::LicenseRequested { .. } => "/license-requests".to_owned(),
            Self::MoneyDiffers { month, .. } => format!("/money?month={}", segment(month)),
            Self::JobRests { id, .. } => format!("/jobs/{id}"),
            Self::KeyOld { .. } => "/keys".to_owned(),
        }
    }

    /// The same for a message that many can read: a license code is not in it.
    #[must_use]
    pub fn path_for_all(&self) -> String {
        match self {
            Self::CallFailed(call) if matches!(call.subject, Subject::License(_)) => "/".to_owned(),
            _ => self.path(),
        }
    }
}

#[cfg(test)]
mod tests {
    use koogallery::Timestamp;

    use super::*;

    #[test]
    fn a_message_never_has_a_whole_license_code() {
        let call = FailedCall {
            subject: "LICENSE#SECRET-CODE-12345678".parse().unwrap(),
            callback: "refreshLicenseCode".to_owned(),
            result_code: ResultCode::InternalError,
            reason: None,
            first_at: Timestamp::from_millis(0),
            last_at: Timestamp::from_millis(0),
            calls: 1,
        };
        let matter = Matter::CallFailed(Box::new(call));
        assert!(matter.path().contains("SECRET-CODE"));
        for text in [matter.say(Language::English), matter.say(Language::Chinese), matter.path_for_all(), matter.id()] {
            assert!(!text.contains("SECRET-CODE"), "{text}");
        }
        assert_eq!(matter.patience(), Duration::from_mins(10));
    }
}
