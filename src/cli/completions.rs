//! `completions`: what a shell needs to complete commands and options, made from the commands themselves.

use std::fmt::Write as _;

use clap::{Command, CommandFactory, ValueEnum};

use super::{Cli, Exit, Failure};

/// Options of `completions`.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// For which shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<Exit, Failure> {
    let command = Cli::command();
    let script = match args.shell {
        Shell::Bash => bash(&command),
        // zsh runs bash's functions after one line.
        Shell::Zsh => format!("autoload -U +X bashcompinit && bashcompinit\n{}", bash(&command)),
        Shell::Fish => fish(&command),
    };
    anstream::print!("{script}");
    Ok(Exit::Done)
}

fn options(command: &Command) -> Vec<String> {
    let long = |arg: &clap::Arg| arg.get_long().map(|name| format!("--{name}"));
    command.get_arguments().filter(|arg| !arg.is_hide_set()).filter_map(long).collect()
}

/// Words that may stand where a value is chosen from a list.
fn values(command: &Command) -> Vec<String> {
    let names =
        |arg: &clap::Arg| arg.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect::<Vec<_>>();
    command.get_positionals().flat_map(names).collect()
}

fn shown(command: &Command) -> impl Iterator<Item = &Command> {
    command.get_subcommands().filter(|sub| !sub.is_hide_set())
}

fn bash(command: &Command) -> String {
    let names: Vec<&str> = shown(command).map(Command::get_name).collect();
    let global = options(command);
    let mut cases = String::new();
    for sub in shown(command) {
        let words: Vec<String> = options(sub).into_iter().chain(values(sub)).chain(global.clone()).collect();
        let _ = writeln!(cases, "    {}) words=\"{}\" ;;", sub.get_name(), words.join(" "));
    }
    format!(
        "_shirube() {{\n  local current=\"${{COMP_WORDS[COMP_CWORD]}}\" word words=\"{} {}\"\n  \
         for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n    case \"$word\" in\n{cases}    esac\n  done\n  \
         COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n}}\ncomplete -o default -F _shirube shirube\n",
        names.join(" "),
        global.join(" ")
    )
}

fn fish(command: &Command) -> String {
    let mut script = String::new();
    for option in options(command) {
        let _ = writeln!(script, "complete -c shirube -l {}", option.trim_start_matches('-'));
    }
    for sub in shown(command) {
        let about = sub.get_about().map(ToString::to_string).unwrap_or_default().replace('\'', "");
        let name = sub.get_name();
        let _ = writeln!(script, "complete -c shirube -n __fish_use_subcommand -a {name} -d '{about}'");
        for option in options(sub) {
            let long = option.trim_start_matches('-');
            let _ = writeln!(script, "complete -c shirube -n '__fish_seen_subcommand_from {name}' -l {long}");
        }
        for value in values(sub) {
            let _ = writeln!(script, "complete -c shirube -n '__fish_seen_subcommand_from {name}' -a {value}");
        }
    }
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_completed_with_its_options() {
        let command = Cli::command();
        for script in [bash(&command), fish(&command)] {
            for word in ["import", "dry-run", "timeline", "guided", "subscriptions"] {
                assert!(script.contains(word), "{word}\n{script}");
            }
            assert!(!script.contains("render-child"), "hidden commands stay hidden");
        }
    }
}
