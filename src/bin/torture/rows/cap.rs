//! X9: a playbook that matches everybody.

use std::collections::BTreeMap;

use crate::{
    Error,
    rig::Project,
    row::{Measured, Size},
    sink::Sink,
};

/// X9.
pub async fn run(size: Size) -> Result<Measured, Error> {
    let (customers, rounds) = (size.pick(40, 500), size.pick(5, 20));
    let sink = Sink::start(None).await?;
    let project = Project::new("cap", customers, sink.at.port()).await?;
    let model = std::fs::read_to_string(project.path().join("model.yaml"))?;
    project.write("model.yaml", &format!("{model}caps: [{{count: email, at_most: 2 per day, per: contact}}]\n"))?;
    project.write("clock", "2027-03-01T11:00:00+09:00")?;
    // The customers came in under the machine's own clock; so long a gap holds everything.
    for words in [["tick", "--clock", "clock"].as_slice(), &["resume", "--all", "--yes", "--clock", "clock"]] {
        project.must(words).await?;
    }
    for round in 0..rounds {
        for words in
            [["event", "go", &format!("round={round}"), "--clock", "clock"].as_slice(), &["tick", "--clock", "clock"]]
        {
            project.must(words).await?;
        }
        project.write("clock", &format!("2027-03-01T{:02}:{:02}:00+09:00", 11 + round / 60, round % 60 + 1))?;
    }
    let mut got: BTreeMap<String, usize> = BTreeMap::new();
    for mail in sink.accepted() {
        *got.entry(mail.to.join(",")).or_insert(0) += 1;
    }
    let beyond = got.values().filter(|n| **n > 2).count();
    let says = format!(
        "{rounds} times to {customers} contacts on one day, cap 2: beyond it {beyond}, at it {}; one cap over all contacts \
         together does not exist",
        got.values().filter(|n| **n == 2).count()
    );
    Ok(Measured::new(beyond == 0 && got.len() == customers, says))
}
