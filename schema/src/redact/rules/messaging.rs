//! Chat, telephony and mail.

use crate::redact::rule::{Check, Rule, Tail, named, near, place, run, token};

pub(super) const RULES: &[Rule] = &[
    token(
        "slack-token",
        "Slack token of a bot, a user, a workspace or a configuration",
        &["xoxb-", "xoxp-", "xoxa-", "xoxo-", "xoxs-", "xoxr-", "xoxc-", "xoxd-", "xoxe-", "xoxe."],
        r"xox(?:[abcdeoprs]-|e\.xox[bp]-)[A-Za-z0-9%\-]{10,}",
    )
    .entropy(3.0),
    token("slack-app-token", "Slack app-level token", &["xapp-"], r"xapp-[0-9]-[A-Za-z0-9\-]{20,}"),
    place(
        "slack-webhook",
        "Slack webhook URL",
        &["hooks.slack.com"],
        r"(?i)hooks\.slack\.com/(?:services|workflows|triggers)/([a-z0-9_/+\-]{16,})",
        Check::None,
    )
    .entropy(3.0),
    run(
        "discord-bot-token",
        "Discord bot token",
        r"[MNO][A-Za-z0-9_\-]{23,27}\.[A-Za-z0-9_\-]{6}\.[A-Za-z0-9_\-]{27,40}",
    ),
    place(
        "discord-webhook",
        "Discord webhook URL",
        &["api/webhooks", r"api\/webhooks"],
        r"(?i)discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{5,}/([a-z0-9_\-]{30,})",
        Check::None,
    ),
    token(
        "telegram-bot-token",
        "Telegram bot token",
        &[":AA"],
        r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}",
    )
    .tail(Tail::Token(33)),
    place(
        "teams-webhook",
        "Microsoft Teams webhook URL",
        &["webhook.office.com"],
        r"(?i)webhook\.office\.com/webhookb2/([a-z0-9@\-]{40,}/IncomingWebhook/[a-z0-9]{32}/[a-z0-9\-]{36})",
        Check::None,
    ),
    run("twilio-api-key", "Twilio API key", r"SK[0-9a-f]{32}"),
    near(
        "twilio-auth-token",
        "Twilio auth token, known by its name",
        &["twilio"],
        named!("twilio", "[a-f0-9]{32}"),
    ),
    token(
        "sendgrid-api-key",
        "SendGrid key",
        &["SG."],
        r"SG\.[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{16,64}",
    )
    .tail(Tail::Token(32)),
    token("mailgun-api-key", "Mailgun key", &["key-", "pubkey-"], r"(?:pub)?key-[0-9a-f]{32}")
        .tail(Tail::Token(32)),
    near(
        "mailgun-private-key",
        "Mailgun key of the newer form",
        &["mailgun"],
        named!("mailgun", "[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}"),
    ),
    token(
        "mailchimp-api-key",
        "Mailchimp key",
        &["-us1", "-us2", "-us3", "-us4", "-us5", "-us6", "-us7", "-us8", "-us9"],
        r"[0-9a-f]{32}-us[0-9]{1,2}",
    )
    .tail(Tail::Any),
    run("resend-api-key", "Resend key", r"re_[A-Za-z0-9]{6,12}_[A-Za-z0-9]{16,}"),
    near(
        "postmark-token",
        "Postmark token, known by its name",
        &["postmark"],
        named!("postmark", "[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),
    ),
];
