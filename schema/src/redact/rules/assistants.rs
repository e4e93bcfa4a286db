//! Keys of those who serve models.

use crate::redact::rule::{Rule, Tail, named, near, run, token};

pub(super) const RULES: &[Rule] = &[
    token(
        "openai-api-key",
        "OpenAI project, service account or admin key",
        &["sk-proj-", "sk-svcacct-", "sk-admin-", "sk-None-"],
        r"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_\-]{20,}",
    ),
    token(
        "openai-legacy-key",
        "OpenAI key of the older form",
        &["T3BlbkFJ"],
        r"sk-[A-Za-z0-9_\-]{16,}T3BlbkFJ[A-Za-z0-9_\-]{16,}",
    ),
    token(
        "anthropic-api-key",
        "Anthropic API, admin or OAuth key",
        &["sk-ant-"],
        r"sk-ant-[a-z0-9]{2,12}-[A-Za-z0-9_\-]{20,}",
    ),
    token("openrouter-api-key", "OpenRouter key", &["sk-or-"], r"sk-or-(?:v1-)?[A-Za-z0-9]{32,}"),
    token(
        "sk-api-key",
        "key that begins with sk-, as many services of models hand out",
        &["sk-"],
        r"sk-(?:[a-z]{2,10}-)?[A-Za-z0-9]{20,}",
    )
    .tail(Tail::Token(20))
    .entropy(3.0),
    token(
        "huggingface-token",
        "Hugging Face access token",
        &["hf_", "api_org_"],
        r"(?:hf_|api_org_)[A-Za-z0-9]{30,}",
    )
    .tail(Tail::Token(30)),
    token("groq-api-key", "Groq key", &["gsk_"], r"gsk_[A-Za-z0-9]{40,}"),
    token("xai-api-key", "xAI key", &["xai-"], r"xai-[A-Za-z0-9]{40,}"),
    token("perplexity-api-key", "Perplexity key", &["pplx-"], r"pplx-[A-Za-z0-9]{32,}"),
    run("replicate-api-token", "Replicate token", r"r8_[A-Za-z0-9]{30,}"),
    token("nvidia-api-key", "NVIDIA key", &["nvapi-"], r"nvapi-[A-Za-z0-9_\-]{40,}"),
    run("fireworks-api-key", "Fireworks key", r"fw_[A-Za-z0-9]{20,}"),
    token(
        "google-ai-auth-key",
        "Google AI key of the newer form",
        &["AQ.Ab"],
        r"AQ\.Ab[A-Za-z0-9_\-]{30,}",
    ),
    near(
        "mistral-api-key",
        "Mistral key, known by its name",
        &["mistral_api", "mistralapi", "mistral-api", "mistral api", "mistral_key", "mistral key"],
        named!("mistral", "[a-z0-9]{32}"),
    ),
    near(
        "cohere-api-key",
        "Cohere key, known by its name",
        &["cohere_api", "cohereapi", "cohere-api", "cohere api", "co_api_key", "cohere_key"],
        named!("cohere|co_api", "[a-z0-9]{40}"),
    ),
    near(
        "together-api-key",
        "Together key, known by its name",
        &["together_api", "together-api", "togetherapi", "together_ai", "together api"],
        named!("together", "[a-f0-9]{64}"),
    ),
    near(
        "wandb-api-key",
        "Weights & Biases key, known by its name",
        &["wandb_api", "wandb_key", "wandb-key", "wandb key", "wandb login"],
        r#"(?i)wandb[a-z0-9_. \-]{0,24}["'`]?[ \t]{0,4}(?:=>|:=|=|:|[ \t])[ \t]{0,4}["'`]?([a-f0-9]{40})(?:[^a-z0-9]|$)"#,
    ),
];
