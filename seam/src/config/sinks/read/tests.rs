//! Sinks as they are written, right and wrong.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;

fn raw(text: &str) -> Vec<RawSink> {
    let mut table: toml::Table = text.parse().unwrap();
    let Some(toml::Value::Array(sinks)) = table.remove("sinks") else { panic!("no sinks") };
    let sink = |sink: toml::Value| RawSink {
        table: sink.as_table().unwrap().clone(),
        source: Source::Default,
    };
    sinks.into_iter().map(sink).collect()
}

fn checked(text: &str, variables: &[(&str, &str)]) -> (Vec<SinkConfig>, Vec<Fault>) {
    let sinks = raw(text);
    let environment: BTreeMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut faults = Vec::new();
    let named = named_variables(&sinks, &environment);
    let found = read(&sinks, &named, &Profiles::default(), &mut faults);
    (found, faults)
}

const SECRET: &str = "hush-55bb";

/// A sink is read with its defaults; its secret is taken from where it was named, and never shown.
#[test]
fn a_sink_is_read() {
    let text = "[[sinks]]\nname = \"siem\"\nkind = \"splunk\"\nurl = \"https://splunk:8088\"\ntoken_env = \"HEC\"\nkinds = [\"prompt\"]\nindexes = { prompt = \"ai\" }\n";
    let (sinks, faults) = checked(text, &[("HEC", SECRET)]);
    assert!(faults.is_empty(), "{faults:?}");
    let sink = sinks.first().unwrap();
    assert_eq!((sink.name.as_str(), sink.kind), ("siem", SinkKind::Splunk));
    assert_eq!(sink.content, Content::Withheld);
    assert_eq!(sink.filter.kinds, Some([Kind::Prompt].into()));
    assert_eq!(sink.pairs("indexes")["prompt"], "ai");
    assert_eq!(sink.number("in_flight"), 4);
    assert_eq!(sink.secret("token").unwrap().read().unwrap().as_ref(), SECRET);
    assert!(!format!("{sinks:?}").contains(SECRET));
}

/// All faults come at once, each under the path of its key.
#[test]
fn all_faults_of_sinks_at_once() {
    let text = "[[sinks]]\nname = \"A b\"\nkind = \"file\"\nfoo = 1\ntoken = \"x\"\nrotate_bytes = 1\nkinds = [\"promt\"]\n\
        [[sinks]]\nname = \"two\"\nkind = \"splunk\"\nurl = \"https://u:p@host\"\ntoken = \"open\"\ntoken_env = \"NONE\"\n\
        [[sinks]]\nname = \"two\"\nkind = \"kafka\"\nbrokers = []\nuser = \"u\"\nredaction = \"mine\"\n[[sinks]]\nkind = \"mail\"\n";
    let (_, faults) = checked(text, &[]);
    let paths: Vec<&str> = faults.iter().map(|fault| fault.path.as_str()).collect();
    for path in [
        "sinks[0].name",
        "sinks[0].foo",
        "sinks[0].token",
        "sinks[0].rotate_bytes",
        "sinks[0].kinds",
        "sinks[0].path",
        "sinks[1].url",
        "sinks[1].token",
        "sinks[1].token_env",
        "sinks[2].name",
        "sinks[2].brokers",
        "sinks[2].topic",
        "sinks[2].user",
        "sinks[2].redaction",
        "sinks[3].kind",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    let open = faults.iter().find(|fault| fault.path == "sinks[1].token").unwrap();
    assert!(open.what.contains("token_file"), "{}", open.what);
}

/// The address of a webhook is a secret, wherever it was said; one that is said twice is a fault.
#[test]
fn the_address_of_a_webhook_is_a_secret() {
    let hook = |line: &str| format!("[[sinks]]\nname = \"pager\"\nkind = \"webhook\"\n{line}\n");
    let address = format!("https://hooks.example/{SECRET}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("url");
    #[expect(clippy::disallowed_methods, reason = "the test's own input")]
    std::fs::write(&file, &address).unwrap();
    for line in [
        format!("url = \"{address}\""),
        "url_env = \"HOOK\"".to_owned(),
        format!("url_file = \"{}\"", file.display()),
    ] {
        let (sinks, faults) = checked(&hook(&line), &[("HOOK", address.as_str())]);
        assert!(faults.is_empty(), "{line}: {faults:?}");
        assert_eq!(sinks[0].url(), address);
        assert!(!format!("{sinks:?}").contains(SECRET), "{sinks:?}");
    }
    let twice = format!("url = \"{address}\"\nurl_env = \"HOOK\"");
    for (line, what) in [
        ("", "missing"),
        (twice.as_str(), "more than once"),
        ("url = 1", "a text"),
        ("url = \"\"", "one line"),
    ] {
        let (_, faults) = checked(&hook(line), &[("HOOK", address.as_str())]);
        assert!(faults.iter().any(|fault| fault.path == "sinks[0].url"), "{line}: {faults:?}");
        assert!(faults.iter().any(|fault| fault.what.contains(what)), "{line}: {faults:?}");
        assert!(!format!("{faults:?}").contains(SECRET));
    }
}

/// No address holds a password, and no key is taken that would be ignored.
#[test]
fn nothing_is_taken_and_ignored() {
    for (lines, path) in [
        ("kind = \"splunk\"\nurl = \"https://u:hush@h\"", "url"),
        ("kind = \"splunk\"\nurl = \"https://h\"\nproxy = \"http://u:hush@p:1\"", "proxy"),
        ("kind = \"splunk\"\nurl = \"https://h\"\nproxy = \"u:hush@p:1\"", "proxy"),
        ("kind = \"kafka\"\noidc_token_url = \"https://u:hush@p\"", "oidc_token_url"),
        ("kind = \"otlp\"\nurl = \"https://h\"\nproxy = \"http://p:1\"", "proxy"),
        ("kind = \"webhook\"\nurl = \"https://h\"\nproxy = \"http://p:1\"", "proxy"),
        ("kind = \"webhook\"\nurl = \"https://h\"\ncertificate_file = \"x\"", "certificate_file"),
        ("kind = \"webhook\"\nurl = \"https://h\"\nkey_file = \"x\"", "key_file"),
        ("kind = \"splunk\"\nurl_env = \"HOOK\"", "url_env"),
        ("kind = \"kafka\"\nmessage_bytes = 16383", "message_bytes"),
    ] {
        let (_, faults) = checked(&format!("[[sinks]]\nname = \"a\"\n{lines}\n"), &[]);
        let path = format!("sinks[0].{path}");
        assert!(faults.iter().any(|fault| fault.path == path), "{lines}: {faults:?}");
        assert!(!format!("{faults:?}").contains("hush"), "{faults:?}");
    }
    let good = "[[sinks]]\nname = \"a\"\nkind = \"otlp\"\nprotocol = \"http\"\ncontent = true\nurl = \"https://h/@x\"\nproxy = \"http://p:1\"\n";
    let (_, faults) = checked(good, &[]);
    assert!(faults.is_empty(), "{faults:?}");
}

/// Every default fits its own shape, and no two keys of one kind have a name in common.
#[test]
fn keys_are_consistent() {
    for kind in SinkKind::ALL {
        let of: Vec<&SinkKey> = SINK_KEYS.iter().filter(|key| key.is_of(kind)).collect();
        let written: BTreeSet<String> = of.iter().flat_map(|key| names(key)).collect();
        assert_eq!(written.len(), of.iter().map(|key| names(key).len()).sum::<usize>());
        for key in of {
            match key.shape {
                SinkShape::Number { min, max } if !key.default.is_empty() => {
                    let number: u64 = key.default.parse().unwrap();
                    assert!((min..=max).contains(&number), "{}", key.name);
                }
                SinkShape::OneOf(words) if !key.required => {
                    assert!(words.contains(&key.default), "{}", key.name);
                }
                SinkShape::Flag => assert!(["true", "false"].contains(&key.default)),
                _ => {}
            }
        }
    }
}
