//! Writes generated sessions as a capture folder: `NNNN-<signal>-http.pb` and `truth.json`.
//!
//! `cargo run -p seam-sessions --example write -- FOLDER [SEED] [SESSIONS]`. A folder has no place
//! for principals and times of arrival: `requests.json` lists them by file.

use std::error::Error;
use std::path::PathBuf;

use seam_sessions::Plan;
use serde_json::json;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("name a folder")?);
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let sessions = arguments.next().map_or(Ok(20), |sessions| sessions.parse())?;
    let scenario = Plan::new(seed, sessions).generate();
    std::fs::create_dir_all(&folder)?;
    let mut requests = Vec::new();
    for (number, request) in scenario.requests.iter().enumerate() {
        let file = format!("{number:04}-{}-http.pb", request.signal.name());
        write(folder.join(&file), &request.body)?;
        requests.push(json!({
            "file": file,
            "principal": request.principal,
            "sent_at_us": request.sent_at_us,
        }));
    }
    let name = format!("generated-{seed}-{sessions}");
    let truth = serde_json::to_vec_pretty(&scenario.truth.to_capture(&name))?;
    write(folder.join("truth.json"), &truth)?;
    write(folder.join("requests.json"), &serde_json::to_vec_pretty(&requests)?)
}

#[expect(clippy::disallowed_methods, reason = "an example for tests, outside any data folder")]
fn write(path: PathBuf, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(path, bytes)?)
}
