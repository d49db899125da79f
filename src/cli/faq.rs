//! `ask`: a question to `knowledge/`; `faq`: its articles for customers as pages of plain HTML.

use std::path::PathBuf;

use super::{Cli, Exit, Failure, desk, project::Project};
use crate::{
    app::reload::read_knowledge,
    command::ask,
    knowledge::{
        Library,
        page::{Owner, page},
    },
    model::locale::Locale,
    words::faq as say,
};

/// Options of `ask`.
#[derive(clap::Args, Debug)]
pub struct AskArgs {
    /// The question.
    #[arg(required = true)]
    question: Vec<String>,
    /// The account that asks: a hand-over goes to its CSM.
    #[arg(long = "for", value_name = "ACCOUNT")]
    account: Option<String>,
    /// Open a task: a person shall answer.
    #[arg(long)]
    hand_off: bool,
}

/// Options of `faq`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// The folder to write index.html and the other language's page into.
    #[arg(long, value_name = "DIR", default_value = "faq")]
    out: PathBuf,
}

/// Answers, or hands the question to a person. Nothing found is exit code 1.
pub async fn ask(cli: &Cli, args: &AskArgs) -> Result<Exit, Failure> {
    let (running, who) = (desk::open(cli).await?, desk::asker(cli));
    let question = args.question.join(" ");
    if let Some(name) = &args.account {
        super::ask::account(&running, &who, name).await?;
    }
    let answer = ask::data(&running.shell, &who, &question);
    if cli.json && !args.hand_off {
        desk::json(&answer);
    } else {
        let account = args.account.as_deref();
        desk::print(cli, &ask::ask(&running.shell, &who, &question, account, args.hand_off).await?);
    }
    Ok(if answer.found || args.hand_off { Exit::Done } else { Exit::Finding })
}

/// Writes the pages, and says what is not on them.
pub fn faq(cli: &Cli, args: &Args) -> Result<Exit, Failure> {
    let project = Project::open(&cli.dir)?;
    let library = Library::new(&read_knowledge(&cli.dir)?);
    let locale = project.rulebook()?.0.model.workspace.locale;
    let languages: Vec<Locale> = Locale::ALL.into_iter().filter(|l| library.count(*l, true) > 0).collect();
    if languages.is_empty() {
        return Err(Failure::refused(say::nothing_public(cli.locale())));
    }
    let main = if languages.contains(&locale) { locale } else { languages[0] };
    let company = &project.config.company;
    let owner = Owner { name: company.name.clone(), url: company.url.clone() };
    std::fs::create_dir_all(&args.out)?;
    for language in &languages {
        let name = |l: Locale| if l == main { "index.html".to_owned() } else { format!("{}.html", l.code()) };
        let other = languages.iter().find(|l| *l != language).map(|l| name(*l));
        let path = args.out.join(name(*language));
        std::fs::write(&path, page(&library, *language, &owner, other.as_deref()))?;
        let count = library.count(*language, true);
        anstream::println!("{}", say::page_written(cli.locale(), &path.display().to_string(), count));
    }
    hints(cli.locale(), &library);
    Ok(Exit::Done)
}

fn hints(locale: Locale, library: &Library) {
    for article in &library.articles {
        let twin = || library.articles.iter().any(|a| a.public && a.name == article.name && a.locale != article.locale);
        if !article.public {
            anstream::eprintln!("{}", say::left_out(locale, &article.path));
        } else if !twin() {
            anstream::eprintln!("{}", say::one_language(locale, &article.path));
        }
    }
}
