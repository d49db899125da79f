//! What DNS says about a domain that mail is sent from.

use std::{net::SocketAddr, time::Duration};

use hickory_resolver::{
    TokioResolver,
    config::{NameServerConfig, ResolverConfig},
    net::{DnsError, NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::ResponseCode,
        rr::{RData, RecordType},
    },
};

/// So long one answer may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// Look-ups that receivers make for one SPF record at most (RFC 7208, 4.6.4).
pub const LOOKUPS: usize = 10;

/// Nobody answered: not even that there is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoAnswer;

/// Texts below a name; empty = there are none.
pub type Answer = Result<Vec<String>, NoAnswer>;

/// Asks DNS.
pub struct Names(TokioResolver);

impl Names {
    /// Asks `server`, or the system's servers. Errors: there are none.
    pub fn new(server: Option<SocketAddr>) -> Result<Names, NoAnswer> {
        let mut builder = match server {
            None => TokioResolver::builder_tokio().map_err(|_| NoAnswer)?,
            Some(at) => {
                let mut one = NameServerConfig::udp_and_tcp(at.ip());
                one.connections.iter_mut().for_each(|way| way.port = at.port());
                let config = ResolverConfig::from_name_servers(vec![one]);
                TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
            }
        };
        let options = builder.options_mut();
        (options.timeout, options.attempts) = (PATIENCE, 1);
        builder.build().map(Names).map_err(|_| NoAnswer)
    }

    /// The texts (TXT) of a name, aliases followed.
    pub async fn texts(&self, name: &str) -> Answer {
        // With a dot at its end nothing is put behind it.
        match self.0.lookup(format!("{}.", name.trim_end_matches('.')), RecordType::TXT).await {
            Ok(found) => Ok(found.answers().iter().filter_map(|record| text(&record.data)).collect()),
            Err(error) if is_nothing(&error) => Ok(Vec::new()),
            Err(_) => Err(NoAnswer),
        }
    }

    /// The SPF records of a domain, and every domain they include, with the number of look-ups that takes.
    pub async fn spf(&self, domain: &str) -> Result<Spf, NoAnswer> {
        let own: Vec<String> = self.texts(domain).await?.into_iter().filter(|text| is_spf(text)).collect();
        let mut spf = Spf { records: own.clone(), ..Spf::default() };
        let mut open: Vec<String> = own.into_iter().take(1).collect();
        while let Some(record) = open.pop() {
            for term in record.split_whitespace().skip(1).map(|term| term.trim_start_matches(['+', '-', '~', '?'])) {
                spf.lookups += usize::from(looks_up(term));
                let Some(name) = term.strip_prefix("include:").or_else(|| term.strip_prefix("redirect=")) else {
                    continue;
                };
                if spf.lookups <= LOOKUPS && !spf.included.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                    spf.included.push(name.to_owned());
                    open.extend(self.texts(name).await?.into_iter().find(|text| is_spf(text)));
                }
            }
        }
        Ok(spf)
    }

    /// The DMARC records that hold for a domain: its own, else those of the nearest domain above it that has any.
    pub async fn dmarc(&self, domain: &str) -> Answer {
        let mut at = domain;
        loop {
            let found = self.texts(&format!("_dmarc.{at}")).await?;
            let found: Vec<String> = found.into_iter().filter(|text| text.starts_with("v=DMARC1")).collect();
            match at.split_once('.').filter(|(_, above)| above.contains('.')) {
                Some((_, above)) if found.is_empty() => at = above,
                _ => return Ok(found),
            }
        }
    }
}

/// SPF as receivers read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spf {
    /// The domain's own records; one is right.
    pub records: Vec<String>,
    /// Every domain they include, directly or not.
    pub included: Vec<String>,
    /// So many look-ups it takes.
    pub lookups: usize,
}

fn is_spf(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|first| first.eq_ignore_ascii_case("v=spf1"))
}

fn looks_up(term: &str) -> bool {
    let name = term.split([':', '=', '/']).next().unwrap_or_default();
    ["include", "a", "mx", "ptr", "exists", "redirect"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn text(data: &RData) -> Option<String> {
    let RData::TXT(text) = data else { return None };
    Some(text.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect())
}

/// Whether a server said that there is nothing; silence and its own failures say nothing.
fn is_nothing(error: &NetError) -> bool {
    matches!(error, NetError::Dns(DnsError::NoRecordsFound(none))
        if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError))
}
