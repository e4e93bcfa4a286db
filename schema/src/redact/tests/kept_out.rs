//! Formats that had no rule when the rules were written, and have none now: what the rules for
//! names and looks are worth. Rules must not be changed for these.

use serde_json::json;

use super::made_up::{Dice, make};
use super::redactor;

/// Services, the names of their variables, and their formats.
const KEPT_OUT: &[(&str, &str, &str)] = &[
    ("Pinecone", "PINECONE_API_KEY", "pcsk_{A6}_{A63}"),
    ("LangSmith", "LANGSMITH_API_KEY", "lsv2_pt_{h32}_{h10}"),
    ("Tavily", "TAVILY_API_KEY", "tvly-dev-{A32}"),
    ("Jina", "JINA_API_KEY", "jina_{h32}{A28}"),
    ("Cerebras", "CEREBRAS_API_KEY", "csk-{l48}"),
    ("E2B", "E2B_API_KEY", "e2b_{h40}"),
    ("Fly.io", "FLY_API_TOKEN", "fm2_{b160}"),
    ("Buildkite", "BUILDKITE_API_TOKEN", "bkua_{h40}"),
    ("CircleCI", "CIRCLE_TOKEN", "CCIPAT_{A22}_{h40}"),
    ("Pulumi", "PULUMI_ACCESS_TOKEN", "pul-{h40}"),
    ("Sourcegraph", "SRC_ACCESS_TOKEN", "sgp_{h16}_{h40}"),
    ("Contentful", "CONTENTFUL_MANAGEMENT_TOKEN", "CFPAT-{u43}"),
    ("Typeform", "TYPEFORM_TOKEN", "tfp_{A44}_{A14}"),
    ("Brevo", "BREVO_API_KEY", "xkeysib-{h64}-{A16}"),
    ("SonarQube", "SONAR_TOKEN", "sqp_{h40}"),
    ("Dynatrace", "DT_API_TOKEN", "dt0c01.{U24}.{U64}"),
    ("EasyPost", "EASYPOST_API_KEY", "EZAK{A54}"),
    ("HubSpot", "HUBSPOT_ACCESS_TOKEN", "pat-na1-{g}"),
    ("Duffel", "DUFFEL_ACCESS_TOKEN", "duffel_live_{u43}"),
    ("Plaid", "PLAID_ACCESS_TOKEN", "access-sandbox-{g}"),
    ("Docker Swarm", "SWARM_JOIN_TOKEN", "SWMTKN-1-{l50}-{l25}"),
    ("Honeycomb", "HONEYCOMB_API_KEY", "hcaik_01{l58}"),
    ("PostHog", "POSTHOG_PERSONAL_API_KEY", "phx_{A47}"),
    ("Clojars", "CLOJARS_TOKEN", "CLOJARS_{h60}"),
    ("Artifactory", "ARTIFACTORY_API_KEY", "AKCp{A69}"),
    ("Frame.io", "FRAMEIO_TOKEN", "fio-u-{u64}"),
    ("Infracost", "INFRACOST_API_KEY", "ico-{A32}"),
    ("Shippo", "SHIPPO_TOKEN", "shippo_live_{h40}"),
    ("Prefect", "PREFECT_API_KEY", "pnu_{l36}"),
    ("Scalingo", "SCALINGO_API_TOKEN", "tk-us-{u48}"),
    ("Octopus", "OCTOPUS_API_KEY", "API-{U26}"),
    ("ReadMe", "README_API_KEY", "rdme_{l70}"),
    ("Firecrawl", "FIRECRAWL_API_KEY", "fc-{h32}"),
    ("ElevenLabs", "ELEVENLABS_API_KEY", "sk_{h48}"),
    ("Brave", "BRAVE_API_KEY", "BSA{u28}"),
    ("Deepgram", "DEEPGRAM_API_KEY", "{h40}"),
    ("AssemblyAI", "ASSEMBLYAI_API_KEY", "{h32}"),
    ("Infura", "INFURA_PROJECT_SECRET", "{h32}"),
    ("Alchemy", "ALCHEMY_API_KEY", "{u32}"),
    ("Razorpay", "RAZORPAY_KEY_SECRET", "{A24}"),
];

/// Where a secret stands whose name is known.
fn named(service: &str, name: &str, secret: &str) -> Vec<String> {
    let key = name.to_ascii_lowercase();
    vec![
        format!("export {name}={secret}\n"),
        format!("{key}: {secret}\n"),
        json!({ key.clone(): secret, "retries": 3 }).to_string(),
        json!({ "cmd": format!("{name}=\"{secret}\" ./deploy.sh") }).to_string(),
        format!("curl -H 'X-Api-Key: {secret}' https://api.example.com/v1"),
        format!("curl -H \"Authorization: Bearer {secret}\" https://api.example.com/v1"),
        format!("https://api.example.com/v1/items?api_key={secret}&limit=3"),
        format!("My {service} token is {secret}, please deploy."),
    ]
}

/// Where nothing says what it is.
fn bare(secret: &str) -> Vec<String> {
    vec![
        format!("Use {secret} for it."),
        format!("client = Client(\"{secret}\")\n"),
        json!({ "output": format!("> {secret}\n") }).to_string(),
    ]
}

/// Whether the format begins with something that says what it is. Where nothing around them does,
/// the others are random characters like an id or a digest, which stay.
fn has_prefix(format: &str) -> bool {
    let head = format.split('{').next().unwrap_or_default();
    head.ends_with(['_', '-', '.'])
        || format.starts_with("hcaik_01")
        || format.starts_with("dt0c01")
}

struct Found {
    formats: usize,
    all: usize,
    caught: usize,
    missed: Vec<String>,
}

fn found(
    which: impl Fn(&str) -> bool,
    places: impl Fn(&(&str, &str, &str), &str) -> Vec<String>,
) -> Found {
    let mut dice = Dice::new(11);
    let mut found = Found { formats: 0, all: 0, caught: 0, missed: Vec::new() };
    for format in KEPT_OUT.iter().filter(|format| which(format.2)) {
        found.formats += 1;
        for _ in 0..20 {
            let secret = make(format.2, &mut dice).secret;
            for text in places(format, &secret) {
                found.all += 1;
                if redactor().text(&text).text.contains(&secret) {
                    found.missed.push(format!("{}: {text}", format.0));
                } else {
                    found.caught += 1;
                }
            }
        }
    }
    println!("{} of {} in {} formats", found.caught, found.all, found.formats);
    found
}

impl Found {
    fn assert_share(&self, in_hundred: usize) {
        let (caught, all) = (self.caught, self.all);
        assert!(caught * 100 >= all * in_hundred, "{caught} of {all}:\n{}", self.missed.join("\n"));
    }
}

/// Guarantees: 0.95 of the secrets of formats nobody wrote a rule for are found where something
/// says what they are.
#[test]
fn finds_formats_that_were_kept_out() {
    let found = found(|_| true, |format, secret| named(format.0, format.1, secret));
    assert!(found.formats >= 15);
    found.assert_share(95);
}

/// Guarantees: 0.95 of those with a prefix are found where nothing around them says what they are.
#[test]
fn finds_prefixed_formats_without_a_name() {
    let found = found(has_prefix, |_, secret| bare(secret));
    assert!(found.formats >= 15);
    found.assert_share(95);
}

/// What has neither name nor prefix is not found: it cannot be told from an id or a digest. Of all
/// formats together four of five are.
#[test]
fn finds_most_of_all_without_a_name() {
    let found = found(|_| true, |_, secret| bare(secret));
    found.assert_share(80);
}
