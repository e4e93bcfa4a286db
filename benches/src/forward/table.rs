//! What everybody's sending on costs, as a table.

use serde::Serialize;

use super::To;
use super::subject::{Cost, Whose};
use crate::report;

const NONE: &str = "-";

/// One row.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Forwarding {
    to: To,
    subject: String,
    /// CPU seconds per million events, all that the process does.
    whole_cpu_s_per_million: f64,
    /// The same without what a run without a destination costs; nothing for that run itself.
    cpu_s_per_million: Option<f64>,
    events_per_cpu_s: Option<f64>,
    /// Seam's events per CPU second divided by these; nothing for Seam.
    seam_to_this: Option<f64>,
}

/// The rows of one destination.
pub(super) fn of(to: To, costs: &[Cost]) -> Vec<Forwarding> {
    let base = |whose: Whose| {
        let base = costs.iter().find(|cost| cost.whose == whose && cost.is_base);
        base.map_or(0.0, |base| base.whole)
    };
    let own = |cost: &Cost| (!cost.is_base).then(|| cost.whole - base(cost.whose));
    let seam = costs.iter().find(|cost| cost.whose == Whose::Seam && !cost.is_base).and_then(own);
    let row = |cost: &Cost| {
        let own = own(cost);
        let others = own.filter(|_| cost.whose != Whose::Seam);
        Forwarding {
            to,
            subject: cost.name.clone(),
            whole_cpu_s_per_million: cost.whole,
            cpu_s_per_million: own,
            events_per_cpu_s: own.map(|own| 1e6 / own),
            seam_to_this: others.zip(seam).map(|(own, seam)| own / seam),
        }
    };
    costs.iter().map(row).collect()
}

pub(super) fn table(rows: &[Forwarding]) -> String {
    let head = ["to", "CPU s/M", "forwarding s/M", "events per CPU s", "seam / this", "subject"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for row in rows {
        let shown = |figure: Option<f64>, digits: usize| {
            figure.map_or_else(|| NONE.to_owned(), |figure| format!("{figure:.digits$}"))
        };
        lines.push(vec![
            row.to.name().to_owned(),
            format!("{:.2}", row.whole_cpu_s_per_million),
            shown(row.cpu_s_per_million, 2),
            shown(row.events_per_cpu_s, 0),
            row.seam_to_this.map_or_else(|| NONE.to_owned(), |ratio| format!("×{ratio:.2}")),
            row.subject.clone(),
        ]);
    }
    report::table(&lines)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    /// Each is charged for what it does beyond its own run without a destination, and a client that
    /// only sends for everything.
    #[test]
    fn only_sending_on_is_compared() {
        let cost = |whose, name: &str, is_base, whole| Cost {
            whose,
            name: name.to_owned(),
            is_base,
            whole,
        };
        let rows = of(
            To::Bulk,
            &[
                cost(Whose::Seam, "seam, no sink", true, 4.0),
                cost(Whose::Seam, "seam", false, 6.0),
                cost(Whose::Otelcol, "otelcol, nop", true, 2.0),
                cost(Whose::Otelcol, "otelcol", false, 10.0),
                cost(Whose::Bare, "bare client", false, 1.0),
            ],
        );
        let ratios: Vec<_> = rows.iter().map(|row| row.seam_to_this).collect();
        assert_eq!(ratios, [None, None, None, Some(4.0), Some(0.5)]);
        assert_eq!(rows[1].events_per_cpu_s, Some(500_000.0));
        assert_eq!(rows[0].events_per_cpu_s, None);
        let text = table(&rows);
        assert!(text.contains("500000") && text.contains("×4.00"), "{text}");
    }
}
